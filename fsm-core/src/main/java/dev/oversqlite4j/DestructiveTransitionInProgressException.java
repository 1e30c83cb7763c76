package dev.oversqlite4j;

/**
 * A transition that this version does not know holds the database. The message says what to do
 * first.
 */
public final class DestructiveTransitionInProgressException extends OversqliteException {
  private final String kind;

  /**
   * Reports the failure.
   *
   * @param kind the kind as stored
   */
  public DestructiveTransitionInProgressException(String kind) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot sync: the transition "
            + Redaction.identifier(kind)
            + " is in progress. It was begun by another version; finish it there, or call detach() or uninstallSync().",
        null);
    this.kind = kind;
  }

  /** The kind as stored. */
  public String kind() {
    return kind;
  }
}
