package dev.oversqlite4j.fsm;

/**
 * A step that was asked for and refused.
 *
 * @param machine key of the machine
 * @param state name of the state it is in
 * @param trigger name of the trigger it refused
 * @param reason why, as a clause fit for an error message
 */
public record RefusedStep(String machine, String state, String trigger, String reason) {}
