package dev.oversqlite4j.fsm;

import java.util.OptionalLong;

/**
 * A step that was taken.
 *
 * @param from the state before
 * @param to the state after
 * @param seq the journal row of the step; empty if the trigger is ignored in this state
 */
public record Fired<S extends Enum<S>>(S from, S to, OptionalLong seq) {}
