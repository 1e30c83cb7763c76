package dev.oversqlite4j;

/**
 * The server does not offer the connect lifecycle that {@code attach} needs. Terminal: nothing may
 * retry by itself.
 */
public final class AttachLifecycleUnsupportedException extends OversqliteException {
  private final Reason reason;

  /**
   * Reports the failure.
   *
   * @param reason how that showed
   */
  public AttachLifecycleUnsupportedException(Reason reason) {
    super(
        ErrorCategory.STATE,
        Recovery.TERMINAL,
        "Cannot attach: the server "
            + (reason == Reason.FEATURE_MISSING
                ? "does not list the feature connect_lifecycle"
                : "does not know the endpoint")
            + ". Nothing was changed. Upgrade the server, or check the base URL.",
        null);
    this.reason = reason;
  }

  /** How that showed. */
  public Reason reason() {
    return reason;
  }

  /** How the missing support showed. */
  public enum Reason {
    /** The capabilities do not list {@code features.connect_lifecycle}. */
    FEATURE_MISSING,
    /** Capabilities or connect answered 404, 405 or 501. */
    ENDPOINT_MISSING
  }
}
