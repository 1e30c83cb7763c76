package dev.oversqlite4j;

/**
 * Anything this library cannot do, one final subclass per reason. Unchecked. Its message names what
 * could not be done, in which state, and what to call next; it never holds a payload, key, user,
 * source id, token or text of the server. What a program needs to decide is in the accessors.
 *
 * <p>Immutable and safe to share between threads, apart from the mutable parts every {@link
 * Throwable} has.
 */
public abstract class OversqliteException extends RuntimeException {
  private final ErrorCategory category;
  private final Recovery recovery;

  OversqliteException(
      ErrorCategory category, Recovery recovery, String message, Throwable causeOrNull) {
    super(message, causeOrNull);
    this.category = category;
    this.recovery = recovery;
  }

  /** Stable label for telemetry. */
  public final ErrorCategory category() {
    return category;
  }

  /** Whether the same call may succeed later with no other action. */
  public final boolean retryable() {
    return recovery == Recovery.RETRYABLE;
  }

  /** Whether no loop may keep retrying because a person or a change of the app is needed. */
  public final boolean terminal() {
    return recovery == Recovery.TERMINAL;
  }

  /**
   * Whether the app only has to bring the client into the right state first: open it, attach a
   * user, let a transition finish, or rebuild.
   */
  public final boolean isLifecyclePrecondition() {
    return this instanceof OpenRequiredException
        || this instanceof AttachRequiredException
        || this instanceof DestructiveTransitionInProgressException
        || this instanceof SourceRecoveryRequiredException;
  }

  /** What it takes to succeed; an error is never both retryable and terminal. */
  enum Recovery {
    RETRYABLE,
    ACTION_NEEDED,
    TERMINAL
  }
}
