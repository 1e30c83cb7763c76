package dev.oversqlite4j;

/**
 * The local state changed between the download of a snapshot and its application. Nothing was
 * applied. Retryable: the same call may succeed later.
 */
public final class SnapshotFinalApplyGateException extends OversqliteException {
  private final RebuildMode mode;
  private final Reason reason;

  /**
   * Reports the failure.
   *
   * @param mode what the apply was to do
   * @param reason what changed
   */
  public SnapshotFinalApplyGateException(RebuildMode mode, Reason reason) {
    this(mode, reason, null);
  }

  /**
   * Reports the failure.
   *
   * @param mode what the apply was to do
   * @param reason what changed
   * @param cause what failed underneath; its text is not repeated
   */
  public SnapshotFinalApplyGateException(RebuildMode mode, Reason reason, Throwable cause) {
    super(
        ErrorCategory.STATE,
        Recovery.RETRYABLE,
        "Cannot apply the snapshot ("
            + mode
            + "): "
            + reason
            + ". Nothing was changed; call the operation again.",
        cause);
    this.mode = mode;
    this.reason = reason;
  }

  /** What the apply was to do. */
  public RebuildMode mode() {
    return mode;
  }

  /** What changed. */
  public Reason reason() {
    return reason;
  }

  /** What changed. */
  public enum Reason {
    /** The state now calls for another mode. */
    MODE_CHANGED,
    /** User, source or checkpoint. */
    ATTACHMENT_CHANGED,
    /** The pending transition. */
    OPERATION_CHANGED,
    /** The frozen bundle. */
    OUTBOX_CHANGED,
    /** Local edits arrived where the mode allows none. */
    DIRTY_ROWS_CHANGED,
    /** The snapshot is older than the bundle the server already committed for us. */
    SNAPSHOT_BEHIND_OUTBOX
  }
}
