package dev.oversqlite4j;

/**
 * Automatic recovery of the checkpoint found local work that it could not upload first. Retryable:
 * the same call may succeed later.
 */
public final class CheckpointRecoveryBlockedException extends OversqliteException {
  private final Reason reason;
  private final long dirty;
  private final long outbound;
  private final ReplayState replayState;

  /**
   * Reports the failure.
   *
   * @param reason why the work could not be uploaded
   * @param dirty captured rows not yet frozen
   * @param outbound rows in the outbox
   * @param replayState how far the outbox had come
   */
  public CheckpointRecoveryBlockedException(
      Reason reason, long dirty, long outbound, ReplayState replayState) {
    this(reason, dirty, outbound, replayState, null);
  }

  /**
   * Reports the failure.
   *
   * @param reason why the work could not be uploaded
   * @param dirty captured rows not yet frozen
   * @param outbound rows in the outbox
   * @param replayState how far the outbox had come
   * @param cause what failed underneath; its text is not repeated
   */
  public CheckpointRecoveryBlockedException(
      Reason reason, long dirty, long outbound, ReplayState replayState, Throwable cause) {
    super(
        ErrorCategory.STATE,
        Recovery.RETRYABLE,
        "Cannot recover the checkpoint (state REBUILD_REQUIRED): "
            + reason
            + " with "
            + dirty
            + " dirty and "
            + outbound
            + " outbound rows ("
            + replayState
            + "). "
            + reason.next,
        cause);
    this.reason = reason;
    this.dirty = dirty;
    this.outbound = outbound;
    this.replayState = replayState;
  }

  /** Why the work could not be uploaded. */
  public Reason reason() {
    return reason;
  }

  /** Captured rows not yet frozen. */
  public long dirty() {
    return dirty;
  }

  /** Rows in the outbox. */
  public long outbound() {
    return outbound;
  }

  /** How far the outbox had come. */
  public ReplayState replayState() {
    return replayState;
  }

  /** Why the local work could not be uploaded. */
  public enum Reason {
    /** Uploads are paused. */
    UPLOAD_PAUSED("Call resumeUploads(), then sync()."),
    /** Rows were left, or came in, after the upload. */
    PENDING_WORK("Call sync() again."),
    /** The upload failed; the cause says how. */
    PUSH_FAILED("See the cause, then call sync() again or rebuild().");

    private final String next;

    Reason(String next) {
      this.next = next;
    }
  }

  /** How far the outbox had come. */
  public enum ReplayState {
    /** It is empty. */
    NONE,
    /** Frozen, not known to be committed. */
    PREPARED,
    /** Committed by the server, not yet replayed here. */
    COMMITTED_REMOTE
  }
}
