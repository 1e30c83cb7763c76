package dev.oversqlite4j.transport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.HttpFailureException;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.SnapshotCapacityExhaustedException;
import dev.oversqlite4j.SnapshotSessionLimitExceededException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import java.util.Optional;
import java.util.Set;

/**
 * What an answer other than 200 means: status and code together, per endpoint (appendix A). A code
 * with another status, or on another endpoint, means nothing.
 */
final class Refusals {
  private static final Set<String> LIMIT_DIMENSIONS =
      Set.of("row_count", "byte_count", "row_byte_count");

  private final ProtocolRevision revision;

  Refusals(ProtocolRevision revision) {
    this.revision = revision;
  }

  /**
   * What the request said that an error has to agree with.
   *
   * @param chunkBytes byte budget of a snapshot page; 0 for other requests
   */
  record Asked(String sourceId, long chunkBytes) {
    Asked(String sourceId) {
      this(sourceId, 0);
    }
  }

  /** The error to throw for it. */
  RuntimeException of(Reply reply, Asked asked) {
    Optional<Fields> error = Json.readError(reply);
    if (error.isPresent()) {
      String statusAndCode = reply.status() + " " + code(error.get());
      if (reply.op() == SyncOperation.CREATE_SNAPSHOT_SESSION
          && statusAndCode.equals("409 snapshot_session_limit_exceeded")) {
        return sessionLimitExceeded(error.get());
      }
      Optional<Refusal> refusal = known(reply.op(), statusAndCode, error.get(), asked);
      if (refusal.isPresent()) {
        return new RefusedException(refusal.get());
      }
    }
    if (reply.op() == SyncOperation.COMMIT_PUSH_SESSION && reply.status() >= 500) {
      return new RefusedException(new Refusal.CommitFailed(reply.status()));
    }
    return new HttpFailureException(reply.op(), reply.status());
  }

  /** The bundle exists by all we know, and is not visible yet. */
  static boolean isCommittedBundleNotFound(Reply reply) {
    return reply.status() == 404
        && Json.readError(reply)
            .map(error -> code(error).equals("committed_bundle_not_found"))
            .orElse(false);
  }

  /** The server has no capacity for a snapshot right now. */
  static Optional<SnapshotCapacityExhaustedException.Code> snapshotCapacity(Reply reply) {
    boolean snapshot =
        reply.op() == SyncOperation.CREATE_SNAPSHOT_SESSION
            || reply.op() == SyncOperation.FETCH_SNAPSHOT_CHUNK;
    if (!snapshot || reply.status() != 429) {
      return Optional.empty();
    }
    String code = Json.readError(reply).map(Refusals::code).orElse("");
    for (SnapshotCapacityExhaustedException.Code known :
        SnapshotCapacityExhaustedException.Code.values()) {
      if (known.wireName().equals(code)) {
        return Optional.of(known);
      }
    }
    return Optional.empty();
  }

  private Optional<Refusal> known(
      SyncOperation op, String statusAndCode, Fields error, Asked asked) {
    return Optional.ofNullable(
        switch (op) {
          case CREATE_PUSH_SESSION -> create(statusAndCode, error, asked);
          case UPLOAD_PUSH_CHUNK -> chunk(statusAndCode);
          case COMMIT_PUSH_SESSION -> commit(statusAndCode, error, asked);
          case FETCH_COMMITTED_BUNDLE ->
              statusAndCode.equals("409 history_pruned") ? new Refusal.HistoryPruned() : null;
          case PULL_BUNDLES -> pull(statusAndCode);
          case CREATE_SNAPSHOT_SESSION -> createSnapshot(statusAndCode, error, asked);
          case FETCH_SNAPSHOT_CHUNK -> snapshotChunk(statusAndCode, error, asked);
          case WATCH_BUNDLES ->
              statusAndCode.equals("403 bundle_change_watch_forbidden")
                  ? new Refusal.WatchForbidden()
                  : null;
          default -> null;
        });
  }

  private Refusal create(String statusAndCode, Fields error, Asked asked) {
    return switch (statusAndCode) {
      case "400 push_session_invalid" -> new Refusal.PushSessionInvalid();
      case "409 scope_uninitialized" -> new Refusal.ScopeUninitialized();
      case "409 scope_initializing" -> new Refusal.ScopeInitializing();
      case "409 history_pruned" -> new Refusal.HistoryPruned();
      case "409 source_sequence_out_of_order" -> new Refusal.SourceSequenceOutOfOrder();
      case "409 source_retired" -> revision.sourceRetired(error, asked.sourceId());
      default -> lease(statusAndCode);
    };
  }

  private static Refusal chunk(String statusAndCode) {
    return switch (statusAndCode) {
      // A chunk that arrived although its answer did not: only a new session leads on.
      case "409 push_chunk_out_of_order" -> new Refusal.PushSessionGone();
      default -> session(statusAndCode);
    };
  }

  private Refusal commit(String statusAndCode, Fields error, Asked asked) {
    return switch (statusAndCode) {
      case "409 push_conflict" -> revision.uniform(conflict(error.fields("conflict")));
      case "409 source_sequence_changed" -> new Refusal.SourceSequenceChanged();
      case "409 source_retired" -> revision.sourceRetired(error, asked.sourceId());
      default -> session(statusAndCode);
    };
  }

  private static Refusal session(String statusAndCode) {
    return switch (statusAndCode) {
      case "404 push_session_not_found", "410 push_session_expired" ->
          new Refusal.PushSessionGone();
      default -> lease(statusAndCode);
    };
  }

  private static Refusal lease(String statusAndCode) {
    return switch (statusAndCode) {
      case "409 initialization_stale" ->
          new Refusal.LeaseInvalid(Refusal.LeaseInvalid.Code.INITIALIZATION_STALE);
      case "410 initialization_expired" ->
          new Refusal.LeaseInvalid(Refusal.LeaseInvalid.Code.INITIALIZATION_EXPIRED);
      default -> null;
    };
  }

  private static Refusal pull(String statusAndCode) {
    return switch (statusAndCode) {
      case "409 history_pruned" -> new Refusal.HistoryPruned();
      case "409 checkpoint_ahead" -> new Refusal.CheckpointAhead();
      case "409 scope_uninitialized" -> new Refusal.ScopeUninitialized();
      case "409 scope_initializing" -> new Refusal.ScopeInitializing();
      default -> null;
    };
  }

  private Refusal createSnapshot(String statusAndCode, Fields error, Asked asked) {
    return switch (statusAndCode) {
      case "409 source_retired" -> revision.sourceRetired(error, asked.sourceId());
      case "409 source_replacement_invalid" -> new Refusal.SourceReplacementInvalid();
      case "409 scope_uninitialized" -> new Refusal.ScopeUninitialized();
      case "409 scope_initializing" -> new Refusal.ScopeInitializing();
      case "409 history_pruned" -> new Refusal.HistoryPruned();
      case "409 source_sequence_out_of_order" -> new Refusal.SourceSequenceOutOfOrder();
      case "409 source_sequence_changed" -> new Refusal.SourceSequenceChanged();
      default -> null;
    };
  }

  private static Refusal snapshotChunk(String statusAndCode, Fields error, Asked asked) {
    return switch (statusAndCode) {
      case "404 snapshot_session_not_found", "410 snapshot_session_expired" ->
          new Refusal.SnapshotSessionGone();
      case "400 snapshot_chunk_too_small" -> {
        long required = error.integer("required_byte_count");
        error.require(
            required > asked.chunkBytes(), "the budget asked for is no larger than the one given");
        yield new Refusal.SnapshotChunkTooSmall(required);
      }
      default -> null;
    };
  }

  private static Refusal.PushConflict conflict(Fields conflict) {
    String schema = conflict.text("schema");
    String table = conflict.text("table");
    conflict.require(!schema.isBlank() && !table.isBlank(), "a conflict names no table");
    RowOperation op = RowReader.operation(conflict);
    ObjectNode key = RowReader.key(conflict);
    long base = conflict.integer("base_row_version");
    long version = conflict.integer("server_row_version");
    conflict.require(base >= 0 && version >= 0, "a conflict has a negative row version");
    Optional<ObjectNode> serverRow = conflict.nullableObject("server_row");
    serverRow.ifPresent(row -> RowReader.requireNoHiddenColumn(conflict, row));
    return new Refusal.PushConflict(
        schema, table, key, op, base, version, conflict.flag("server_row_deleted"), serverRow);
  }

  private static RuntimeException sessionLimitExceeded(Fields error) {
    String dimension = error.text("dimension");
    long actual = error.integer("actual");
    long limit = error.integer("limit");
    error.require(LIMIT_DIMENSIONS.contains(dimension), "the limited dimension is unknown");
    error.require(limit > 0 && actual > limit, "the limit said to be exceeded is not");
    return new SnapshotSessionLimitExceededException(dimension, actual, limit);
  }

  private static String code(Fields error) {
    JsonNode code = error.node().path("error");
    return code.isTextual() ? code.textValue() : "";
  }
}
