package dev.oversqlite4j.sync;

import dev.oversqlite4j.Resolution;
import dev.oversqlite4j.RowOperation;
import java.util.Optional;

/**
 * What a resolution means for the conflicting row: the table of spec 4.4.3 step 4, as a function.
 */
sealed interface ConflictPlan {

  /** The server's row as the conflict reports it. */
  sealed interface ServerRow {
    /** It exists. */
    record Present(long version) implements ServerRow {}

    /** It was deleted. */
    record Deleted(long version) implements ServerRow {}

    /** The server never had it. */
    record Missing() implements ServerRow {}
  }

  /** Take the server's row, drop the local intent. */
  record TakeServer() implements ConflictPlan {}

  /** Keep the local intent and send it again on top of {@code base}. */
  record SendAgain(RowOperation op, long base) implements ConflictPlan {}

  /** Both sides agree that the row is gone; nothing is left to send. */
  record BothDeleted() implements ConflictPlan {}

  /** Not possible for this shape of conflict. */
  record Illegal(String reason) implements ConflictPlan {}

  static ConflictPlan of(RowOperation localOp, Resolution resolution, ServerRow server) {
    if (resolution instanceof Resolution.AcceptServer) {
      return new TakeServer();
    }
    if (localOp == RowOperation.DELETE) {
      return resolution instanceof Resolution.KeepMerged
          ? new Illegal("a deletion cannot be merged")
          : deletionKept(server);
    }
    return upsertKept(localOp, server);
  }

  private static ConflictPlan deletionKept(ServerRow server) {
    return present(server)
        .<ConflictPlan>map(version -> new SendAgain(RowOperation.DELETE, version))
        .orElseGet(BothDeleted::new);
  }

  private static ConflictPlan upsertKept(RowOperation localOp, ServerRow server) {
    Optional<Long> live = present(server);
    if (live.isPresent()) {
      return new SendAgain(RowOperation.UPDATE, live.get());
    }
    if (localOp == RowOperation.INSERT && server instanceof ServerRow.Deleted deleted) {
      return new SendAgain(RowOperation.INSERT, deleted.version());
    }
    return new Illegal("the server has no row to build on");
  }

  private static Optional<Long> present(ServerRow server) {
    return server instanceof ServerRow.Present row ? Optional.of(row.version()) : Optional.empty();
  }

  /**
   * An edit made while the push was in flight goes on, whatever was decided about the frozen one:
   * it is re-based on the server's row (spec 4.4.3 step 5).
   */
  static ConflictPlan rebase(RowOperation newerOp, ServerRow server) {
    if (newerOp == RowOperation.DELETE) {
      return deletionKept(server);
    }
    if (server instanceof ServerRow.Present row) {
      return new SendAgain(RowOperation.UPDATE, row.version());
    }
    return new SendAgain(
        RowOperation.INSERT, server instanceof ServerRow.Deleted deleted ? deleted.version() : 0);
  }
}
