package dev.oversqlite4j;

import java.util.Set;

/**
 * The control tables violate one of their invariants: another program changed them, or the file is
 * damaged. {@code sourceInfo()}, {@code pendingSyncStatus()}, {@code journal()}, {@code detach()},
 * {@code uninstallSync()} and an {@code attach()} of the attached user stay usable. If what waits
 * to be sent is damaged, {@code rebuild()} tells it from the app's rows again. Terminal: nothing
 * may retry by itself.
 */
public final class CorruptLocalStateException extends OversqliteException {
  /** The tables of local intent, which {@code rebuild()} can mend (W-34). */
  private static final Set<String> INTENT =
      Set.of("_sync_dirty_rows", "_sync_outbox_bundle", "_sync_outbox_rows");

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
            + ". Nothing was changed. "
            + (INTENT.contains(table)
                ? "If a user is attached, call attach() and rebuild(), which mends it; else"
                    + " uninstallSync(), which keeps the app's rows."
                : "No sync operation can mend it: leave the user with detach(), or call"
                    + " uninstallSync(), which keeps the app's rows."),
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
