package dev.oversqlite4j.fsm;

/** A condition on a transition. Reads only; asked at most once per step, before any effect. */
@FunctionalInterface
public interface Guard {

  /** Whether the transition may happen. Whatever it throws fails the step. */
  boolean holds(GuardContext context);
}
