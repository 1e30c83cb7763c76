package dev.oversqlite4j;

/**
 * The snapshot is larger than the server allows a session to be. The message says what to do first.
 */
public final class SnapshotSessionLimitExceededException extends OversqliteException {
  private final String dimension;
  private final long actual;
  private final long limit;

  /**
   * Reports the failure.
   *
   * @param dimension what is limited, such as rows or bytes
   * @param actual its size
   * @param limit the limit, in the same unit
   */
  public SnapshotSessionLimitExceededException(String dimension, long actual, long limit) {
    super(
        ErrorCategory.PROTOCOL,
        Recovery.ACTION_NEEDED,
        "Cannot download a snapshot: it has "
            + actual
            + " "
            + Redaction.identifier(dimension)
            + ", the limit is "
            + limit
            + ". Raise the limit on the server.",
        null);
    this.dimension = dimension;
    this.actual = actual;
    this.limit = limit;
  }

  /** What is limited, such as rows or bytes. */
  public String dimension() {
    return dimension;
  }

  /** Its size. */
  public long actual() {
    return actual;
  }

  /** The limit, in the same unit. */
  public long limit() {
    return limit;
  }
}
