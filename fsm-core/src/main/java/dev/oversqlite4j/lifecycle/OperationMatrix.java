package dev.oversqlite4j.lifecycle;

import static dev.oversqlite4j.lifecycle.OperationMatrix.Cell.ATTACH_REQUIRED;
import static dev.oversqlite4j.lifecycle.OperationMatrix.Cell.BINDING_CONFLICT;
import static dev.oversqlite4j.lifecycle.OperationMatrix.Cell.CLOSED;
import static dev.oversqlite4j.lifecycle.OperationMatrix.Cell.IGNORED;
import static dev.oversqlite4j.lifecycle.OperationMatrix.Cell.LOCAL_CONFLICT;
import static dev.oversqlite4j.lifecycle.OperationMatrix.Cell.OPEN_REQUIRED;
import static dev.oversqlite4j.lifecycle.OperationMatrix.Cell.PENDING_REPLAY;
import static dev.oversqlite4j.lifecycle.OperationMatrix.Cell.PERMITTED;
import static dev.oversqlite4j.lifecycle.OperationMatrix.Cell.REBUILD;
import static dev.oversqlite4j.lifecycle.OperationMatrix.Cell.REPLACE_PENDING;
import static dev.oversqlite4j.lifecycle.OperationMatrix.Cell.SOURCE_RECOVERY;
import static dev.oversqlite4j.lifecycle.OperationMatrix.Cell.SYNC_TRANSITION_PENDING;

import dev.oversqlite4j.AttachBindingConflictException;
import dev.oversqlite4j.AttachLocalStateConflictException;
import dev.oversqlite4j.AttachRequiredException;
import dev.oversqlite4j.ClientClosedException;
import dev.oversqlite4j.OpenRequiredException;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.PendingPushReplayException;
import dev.oversqlite4j.RebuildRequiredException;
import dev.oversqlite4j.RemoteReplacePendingException;
import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.SourceRecoveryRequiredException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.Operation;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which public call is possible in which state (spec 9.2), column by column; beside the calls, what
 * happens without one.
 */
public final class OperationMatrix {

  /** A public call, as far as the matrix tells calls apart. */
  public enum Call {
    OPEN(SyncOperation.OPEN),
    ATTACH_SAME_USER(SyncOperation.ATTACH),
    ATTACH_OTHER_USER(SyncOperation.ATTACH),
    PUSH_PENDING(SyncOperation.PUSH_PENDING),
    PULL_TO_STABLE(SyncOperation.PULL_TO_STABLE),
    SYNC(SyncOperation.SYNC),
    REBUILD(SyncOperation.REBUILD),
    DETACH(SyncOperation.DETACH),
    SYNC_THEN_DETACH(SyncOperation.SYNC_THEN_DETACH),
    SOURCE_INFO(SyncOperation.SOURCE_INFO),
    SYNC_STATUS(SyncOperation.SYNC_STATUS),
    UNINSTALL_SYNC(SyncOperation.UNINSTALL_SYNC),
    /** All four of {@code pauseUploads}, {@code resumeUploads} and those of downloads. */
    PAUSE_RESUME(SyncOperation.PAUSE_RESUME),
    /** One pull of automatic downloads, which the app did not call. */
    AUTO_TICK(SyncOperation.AUTOMATIC_DOWNLOADS),
    /** Not a call: the triggers in the file answer it, whether or not a client is open. */
    LOCAL_APP_WRITE(SyncOperation.LOCAL_ACCESS),
    CLOSE(SyncOperation.CLOSE);

    private final SyncOperation operation;

    Call(SyncOperation operation) {
      this.operation = operation;
    }

    public SyncOperation operation() {
      return operation;
    }
  }

  /** What the matrix says. */
  public enum Cell {
    PERMITTED,
    /** Succeeds without a durable change (the journal apart). */
    IGNORED,
    OPEN_REQUIRED,
    ATTACH_REQUIRED,
    REPLACE_PENDING,
    LOCAL_CONFLICT,
    BINDING_CONFLICT,
    PENDING_REPLAY,
    REBUILD,
    SOURCE_RECOVERY,
    /** A trigger raises it, as an {@code SQLException} of the app's own statement. */
    SYNC_TRANSITION_PENDING,
    CLOSED
  }

  private static final List<DurableState> COLUMNS =
      List.of(
          DurableState.UNOPENED,
          DurableState.OPENED,
          DurableState.DETACHED,
          DurableState.REPLACE_PENDING,
          DurableState.REPLACE_STAGED,
          DurableState.SEEDING,
          DurableState.ATTACHED,
          DurableState.PUSH_PREPARED,
          DurableState.PUSH_COMMITTED,
          DurableState.REBUILD_REQUIRED,
          DurableState.REBUILD_COMMITTED,
          DurableState.SOURCE_RECOVERY,
          DurableState.CLOSED);

  private static final Map<Call, Map<DurableState, Cell>> CELLS = declare();

  private OperationMatrix() {}

  /** The cell of a call in a state. */
  public static Cell cell(Call call, DurableState state) {
    return CELLS.get(call).get(state);
  }

  /**
   * The typed error of a refused cell.
   *
   * @param requestedUser the user an attach asks for
   * @return empty if the cell permits or ignores the call, or leaves the refusal to a trigger
   */
  public static Optional<OversqliteException> refusal(
      Call call, DurableState state, ControlState control, Optional<String> requestedUser) {
    SyncOperation op = call.operation();
    return switch (cell(call, state)) {
      case PERMITTED, IGNORED, SYNC_TRANSITION_PENDING -> Optional.empty();
      case OPEN_REQUIRED -> Optional.of(new OpenRequiredException(op));
      case ATTACH_REQUIRED -> Optional.of(new AttachRequiredException(op));
      case REPLACE_PENDING ->
          Optional.of(
              new RemoteReplacePendingException(
                  control.operation() instanceof Operation.RemoteReplace r
                      ? r.targetUserId()
                      : ""));
      case LOCAL_CONFLICT ->
          Optional.of(
              new AttachLocalStateConflictException(
                  AttachLocalStateConflictException.Reason.OTHER_TARGET_USER));
      case BINDING_CONFLICT ->
          Optional.of(
              new AttachBindingConflictException(
                  control.attached().map(ControlState.Attached::userId).orElse(""),
                  requestedUser.orElse("")));
      case PENDING_REPLAY ->
          Optional.of(
              new PendingPushReplayException(
                  control.outbox().frozen().map(b -> b.rowCount()).orElse(0L)));
      case REBUILD -> Optional.of(new RebuildRequiredException(op));
      case SOURCE_RECOVERY ->
          Optional.of(
              new SourceRecoveryRequiredException(
                  control.operation() instanceof Operation.SourceRecovery r
                      ? r.reason()
                      : SourceRecoveryReason.SOURCE_SEQUENCE_CHANGED));
      case CLOSED -> Optional.of(new ClientClosedException(op));
    };
  }

  /** Declares it anew; always the same. */
  static Map<Call, Map<DurableState, Cell>> declare() {
    Map<Call, Map<DurableState, Cell>> m = new EnumMap<>(Call.class);
    Cell p = PERMITTED;
    Cell i = IGNORED;
    Cell open = OPEN_REQUIRED;
    Cell att = ATTACH_REQUIRED;
    Cell rr = REPLACE_PENDING;
    Cell loc = LOCAL_CONFLICT;
    Cell bind = BINDING_CONFLICT;
    Cell replay = PENDING_REPLAY;
    Cell src = SOURCE_RECOVERY;
    Cell tran = SYNC_TRANSITION_PENDING;
    Cell x = CLOSED;
    // In the order of COLUMNS: U O D RR0 RR1 AS A AP AC RC RCC RS X.
    row(m, Call.OPEN, p, i, i, i, i, i, i, i, i, i, i, i, x);
    row(m, Call.ATTACH_SAME_USER, open, p, p, p, p, i, i, i, i, i, i, i, x);
    row(
        m,
        Call.ATTACH_OTHER_USER,
        open,
        p,
        p,
        loc,
        loc,
        bind,
        bind,
        bind,
        bind,
        bind,
        bind,
        bind,
        x);
    row(m, Call.PUSH_PENDING, open, att, att, rr, rr, p, p, p, p, REBUILD, REBUILD, src, x);
    row(m, Call.PULL_TO_STABLE, open, att, att, rr, rr, p, p, replay, replay, p, p, src, x);
    row(m, Call.SYNC, open, att, att, rr, rr, p, p, p, p, p, p, src, x);
    row(m, Call.REBUILD, open, att, att, rr, rr, p, p, p, p, p, p, p, x);
    row(m, Call.DETACH, open, i, i, p, p, p, p, p, p, p, p, p, x);
    row(m, Call.SYNC_THEN_DETACH, open, att, att, rr, rr, p, p, p, p, p, p, src, x);
    row(m, Call.SOURCE_INFO, open, i, i, i, i, i, i, i, i, i, i, i, x);
    row(m, Call.SYNC_STATUS, open, att, att, rr, rr, i, i, i, i, i, i, i, x);
    // What is pending decides too; a closed client is the only one that cannot even ask.
    row(m, Call.UNINSTALL_SYNC, p, p, p, p, p, p, p, p, p, p, p, p, x);
    row(m, Call.PAUSE_RESUME, i, i, i, i, i, i, i, i, i, i, i, i, i);
    row(m, Call.AUTO_TICK, open, att, att, i, i, p, p, i, i, p, p, i, x);
    row(m, Call.LOCAL_APP_WRITE, p, p, p, tran, tran, p, p, p, p, p, p, tran, p);
    row(m, Call.CLOSE, p, p, p, p, p, p, p, p, p, p, p, p, i);
    return m;
  }

  static void row(Map<Call, Map<DurableState, Cell>> matrix, Call call, Cell... cells) {
    if (cells.length != COLUMNS.size()) {
      throw new IllegalStateException("The row of " + call + " does not decide every state.");
    }
    Map<DurableState, Cell> row = new EnumMap<>(DurableState.class);
    for (int column = 0; column < cells.length; column++) {
      row.put(COLUMNS.get(column), cells[column]);
    }
    matrix.put(call, row);
  }
}
