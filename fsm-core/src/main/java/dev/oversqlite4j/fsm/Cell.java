package dev.oversqlite4j.fsm;

import java.util.List;
import java.util.Optional;

/** What a definition decided about one trigger in one state. */
public sealed interface Cell<S extends Enum<S>> {

  /**
   * The first branch whose guard holds is taken; if none holds, {@code otherwise} makes the error.
   *
   * @param otherwise empty exactly if the last branch has no guard
   */
  record Permitted<S extends Enum<S>>(List<Branch<S>> branches, Optional<StepRefusal> otherwise)
      implements Cell<S> {}

  /** The trigger succeeds and does nothing: no effect, no journal row. */
  record Ignored<S extends Enum<S>>() implements Cell<S> {}

  /** The trigger fails with this error. */
  record Refused<S extends Enum<S>>(StepRefusal error) implements Cell<S> {}

  /** One way a permitted trigger may go. */
  record Branch<S extends Enum<S>>(Optional<NamedGuard> guard, S to) {}

  /** A guard and what it is called in diagrams and messages. */
  record NamedGuard(String name, Guard guard) {}
}
