package dev.oversqlite4j;

/**
 * The local checkpoint no longer fits the server's history; nothing can be pushed before a rebuild.
 * The message says what to do first.
 */
public final class RebuildRequiredException extends OversqliteException {
  private final SyncOperation op;

  /**
   * Reports the failure.
   *
   * @param op what was asked for
   */
  public RebuildRequiredException(SyncOperation op) {
    super(
        ErrorCategory.STATE,
        Recovery.ACTION_NEEDED,
        "Cannot "
            + op.label()
            + ": the state is REBUILD_REQUIRED. Call sync() or pullToStable(), which recover by themselves, or rebuild().",
        null);
    this.op = op;
  }

  /** What was asked for. */
  public SyncOperation op() {
    return op;
  }
}
