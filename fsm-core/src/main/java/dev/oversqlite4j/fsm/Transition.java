package dev.oversqlite4j.fsm;

import java.util.Optional;

/**
 * One declared edge.
 *
 * @param guard name of the guard that has to hold, empty if the edge is unconditional
 */
public record Transition<S extends Enum<S>, T extends Enum<T>>(
    S from, T trigger, Optional<String> guard, S to) {}
