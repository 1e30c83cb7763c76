package dev.oversqlite4j.fsm;

/**
 * What a guard may look at: durable state, through the open transaction, and the facts of the step.
 */
public record GuardContext(JournalTransaction transaction, Facts facts) {}
