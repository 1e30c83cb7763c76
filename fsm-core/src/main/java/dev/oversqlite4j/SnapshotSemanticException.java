package dev.oversqlite4j;

/** A snapshot violates the protocol. The message says what to do first. */
public final class SnapshotSemanticException extends OversqliteException {
  private final String kind;

  /**
   * Reports the failure.
   *
   * @param kind which rule, in words of this library
   */
  public SnapshotSemanticException(String kind) {
    super(
        ErrorCategory.PROTOCOL,
        Recovery.ACTION_NEEDED,
        "Cannot use the snapshot: "
            + kind
            + ". Nothing was changed; report this to whoever runs the server.",
        null);
    this.kind = kind;
  }

  /** Which rule, in words of this library. */
  public String kind() {
    return kind;
  }
}
