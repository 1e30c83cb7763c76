package dev.oversqlite4j;

/**
 * The control tables violate one of their invariants: another program changed them, or the file is
 * damaged. {@code sourceInfo()}, {@code journal()}, {@code detach()} and {@code uninstallSync()}
 * stay usable. Terminal: nothing may retry by itself.
 */
public final class CorruptLocalStateException extends OversqliteException {
  private final String table;
  private final String reason;

  /**
   * Reports the failure.
   *
   * @param table the control table
   * @param reason which invariant fails, in words of this library and without data
   */
  public CorruptLocalStateException(String table, String reason) {
    super(
        ErrorCategory.STATE,
        Recovery.TERMINAL,
        "Cannot trust the sync state in table "
            + Redaction.identifier(table)
            + ": "
            + reason
            + ". Nothing was changed. Call rebuild() if the client is attached, else detach() or uninstallSync().",
        null);
    this.table = table;
    this.reason = reason;
  }

  /** The control table. */
  public String table() {
    return table;
  }

  /** Which invariant fails, in words of this library and without data. */
  public String reason() {
    return reason;
  }
}
