package dev.oversqlite4j.fsm;

/** States and triggers of a door. */
final class Door {

  enum State {
    OPEN,
    CLOSED,
    LOCKED
  }

  enum Trigger {
    SHUT,
    PULL,
    TURN_KEY,
    KNOCK
  }

  static final class NoKey extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoKey(RefusedStep step) {
      super(step.toString());
    }
  }

  static final class Stuck extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Every kind of cell: plain, guarded, branching, staying, ignored, refused. */
  static MachineDefinition<State, Trigger> definition() {
    return MachineDefinition.named("door", State.class, Trigger.class)
        .initial(State.OPEN)
        .from(State.OPEN)
        .on(Trigger.SHUT)
        .to(State.CLOSED)
        .ignore(Trigger.PULL)
        .reject(Trigger.TURN_KEY, Stuck::new)
        .from(State.CLOSED)
        .ignore(Trigger.SHUT)
        .on(Trigger.PULL)
        .to(State.OPEN)
        .on(Trigger.TURN_KEY)
        .when("has key", context -> context.facts().json().path("key").asBoolean())
        .otherwise(NoKey::new)
        .to(State.LOCKED)
        .from(State.LOCKED)
        .ignore(Trigger.SHUT)
        .on(Trigger.PULL)
        .when("breaks", context -> context.facts().json().path("force").asLong() > 9)
        .to(State.OPEN)
        .orWhen("gives way", context -> context.facts().json().path("force").asLong() > 5)
        .to(State.CLOSED)
        .otherwiseTo(State.LOCKED)
        .reject(Trigger.TURN_KEY, step -> new NoKey(step))
        .from(State.OPEN, State.CLOSED, State.LOCKED)
        .on(Trigger.KNOCK)
        .toSame()
        .build();
  }

  private Door() {}
}
