package dev.oversqlite4j.spi;

import java.util.Optional;

/**
 * The durable state that decides what may happen next, read from the control tables in one go. A
 * value of this type satisfies the invariants I1 to I11 of spec 2.3 that concern singletons.
 *
 * @param sourceId the current source, empty before the first {@code open()}
 */
public record ControlState(
    Optional<String> sourceId, Binding binding, Operation operation, OutboxState outbox) {

  /** Whose data this database holds. */
  public sealed interface Binding {}

  /** No user. */
  public record Anonymous() implements Binding {}

  /**
   * Attached to a user.
   *
   * @param checkpoint the highest bundle applied contiguously ({@code last_bundle_seq_seen})
   * @param lease the lease of an unfinished first seed
   */
  public record Attached(
      String userId, long checkpoint, boolean rebuildRequired, Optional<String> lease)
      implements Binding {

    public Attached withCheckpoint(long newCheckpoint) {
      return new Attached(userId, newCheckpoint, rebuildRequired, lease);
    }

    /** The same with the rebuild gate set. */
    public Attached gated() {
      return new Attached(userId, checkpoint, true, lease);
    }

    public Attached withLease(Optional<String> newLease) {
      return new Attached(userId, checkpoint, rebuildRequired, newLease);
    }
  }

  /** Source, user and lease are never printed. */
  @Override
  public String toString() {
    return "ControlState["
        + binding.getClass().getSimpleName()
        + ", "
        + operation.getClass().getSimpleName()
        + ", "
        + outbox.getClass().getSimpleName()
        + "]";
  }

  /** The binding when it is attached. */
  public Optional<Attached> attached() {
    return binding instanceof Attached a ? Optional.of(a) : Optional.empty();
  }
}
