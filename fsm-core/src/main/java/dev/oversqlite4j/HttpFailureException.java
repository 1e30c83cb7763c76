package dev.oversqlite4j;

/**
 * The server answered with a status that has no meaning of its own here. Category {@link
 * ErrorCategory#AUTH} for 401 and 403, else {@link ErrorCategory#NETWORK}. Retryable for 5xx only.
 */
public final class HttpFailureException extends OversqliteException {
  private final SyncOperation op;
  private final int status;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   * @param status the HTTP status
   */
  public HttpFailureException(SyncOperation op, int status) {
    super(
        isAuth(status) ? ErrorCategory.AUTH : ErrorCategory.NETWORK,
        status >= 500 && status <= 599 ? Recovery.RETRYABLE : Recovery.ACTION_NEEDED,
        "Cannot " + op.label() + ": the server answered " + status + ". " + next(status),
        null);
    this.op = op;
    this.status = status;
  }

  private static boolean isAuth(int status) {
    return status == 401 || status == 403;
  }

  private static String next(int status) {
    if (isAuth(status)) {
      return "Renew the credentials of the HTTP client, then call again.";
    }
    return status >= 500 && status <= 599
        ? "Nothing was lost; call again later."
        : "Check the base URL and what answers in the server's place.";
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }
}
