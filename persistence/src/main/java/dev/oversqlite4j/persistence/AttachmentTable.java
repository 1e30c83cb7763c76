package dev.oversqlite4j.persistence;

import dev.oversqlite4j.spi.Attachment;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.Operation;
import java.util.Optional;

/** The singletons {@code _sync_attachment_state} and {@code _sync_operation_state}. */
final class AttachmentTable implements Attachment {

  /** All that I3 demands of an anonymous attachment. */
  static final String RESET_TO_ANONYMOUS =
      "binding_state = 'anonymous', attached_user_id = '', schema_name = '',"
          + " last_bundle_seq_seen = 0, rebuild_required = 0, pending_initialization_id = ''";

  private static final String OPERATION =
      "UPDATE _sync_operation_state SET kind = ?, target_user_id = ?, staged_snapshot_id = ?,"
          + " snapshot_bundle_seq = ?, snapshot_row_count = ?, snapshot_byte_count = ?,"
          + " snapshot_stage_complete = ?, reason = ?, replacement_source_id = ?"
          + " WHERE singleton_key = 1";

  private final Sql sql;
  private final ManagedSchema schema;

  AttachmentTable(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
  }

  @Override
  public void bindSource(String sourceId) {
    sql.update(
        "UPDATE _sync_attachment_state SET current_source_id = ? WHERE singleton_key = 1",
        sourceId);
  }

  @Override
  public void bind(ControlState.Binding binding) {
    if (binding instanceof ControlState.Attached attached) {
      sql.update(
          "UPDATE _sync_attachment_state SET binding_state = 'attached', attached_user_id = ?,"
              + " schema_name = ?, last_bundle_seq_seen = ?, rebuild_required = ?,"
              + " pending_initialization_id = ? WHERE singleton_key = 1",
          attached.userId(),
          schema.name(),
          attached.checkpoint(),
          attached.rebuildRequired() ? 1 : 0,
          attached.lease().orElse(""));
    } else {
      sql.update(
          "UPDATE _sync_attachment_state SET " + RESET_TO_ANONYMOUS + " WHERE singleton_key = 1");
    }
  }

  @Override
  public String userHash(String userId) {
    return MetaTable.saltedHash(sql, userId);
  }

  @Override
  public void operation(Operation operation) {
    if (operation instanceof Operation.RemoteReplace replace) {
      Optional<Operation.StagedSnapshot> stage = replace.stage();
      sql.update(
          OPERATION,
          "remote_replace",
          replace.targetUserId(),
          stage.map(Operation.StagedSnapshot::snapshotId).orElse(""),
          stage.map(Operation.StagedSnapshot::bundleSeq).orElse(0L),
          stage.map(Operation.StagedSnapshot::rowCount).orElse(0L),
          stage.map(Operation.StagedSnapshot::byteCount).orElse(0L),
          stage.map(Operation.StagedSnapshot::complete).orElse(false) ? 1 : 0,
          "",
          "");
    } else if (operation instanceof Operation.SourceRecovery recovery) {
      String reason = Codes.of(recovery.reason());
      sql.update(
          OPERATION, "source_recovery", "", "", 0, 0, 0, 0, reason, recovery.replacementSourceId());
    } else if (operation instanceof Operation.None none) {
      String reason = none.recoveryReason().map(Codes::of).orElse("");
      sql.update(OPERATION, "none", "", "", 0, 0, 0, 0, reason, "");
    }
  }
}
