package dev.oversqlite4j;

/**
 * The server committed our bundle but does not show it yet, after all attempts. Retryable: the same
 * call may succeed later.
 */
public final class CommittedBundleNotFoundException extends OversqliteException {
  private final int attempts;

  /**
   * Reports the failure.
   *
   * @param attempts requests made
   */
  public CommittedBundleNotFoundException(int attempts) {
    super(
        ErrorCategory.NETWORK,
        Recovery.RETRYABLE,
        "Cannot fetch the committed bundle: the server does not show it after "
            + attempts
            + " attempts. The upload is safe; call sync() later.",
        null);
    this.attempts = attempts;
  }

  /** Requests made. */
  public int attempts() {
    return attempts;
  }
}
