package dev.oversqlite4j.persistence;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.UncheckedControl;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Reads the singletons and checks the invariants I1 to I10 of spec 2.3, the outbox by counts only:
 * whoever sends it recomputes its hash.
 */
final class ControlStateReader {

  private static final String APPLY = "_sync_apply_state";
  private static final String ATTACHMENT = "_sync_attachment_state";
  private static final String OPERATION = "_sync_operation_state";
  private static final String SOURCES = "_sync_source_state";
  private static final String BUNDLE = "_sync_outbox_bundle";
  private static final String FROZEN = "_sync_outbox_rows";

  private static final Predicate<String> VISIBLE_ASCII =
      Pattern.compile("[!-~]+").asMatchPredicate();
  private static final Predicate<String> SHA_256 =
      Pattern.compile("[0-9a-f]{64}").asMatchPredicate();

  private final Sql sql;
  private final ManagedSchema schema;

  private final BooleanSupplier applying;

  /**
   * @param applying whether this transaction is writing authoritative rows
   */
  ControlStateReader(Sql sql, ManagedSchema schema, BooleanSupplier applying) {
    this.sql = sql;
    this.schema = schema;
    this.applying = applying;
  }

  private record AttachmentRow(
      String source,
      String binding,
      String user,
      String schema,
      long checkpoint,
      long rebuild,
      String lease) {}

  private record OperationRow(
      String kind,
      String targetUser,
      String snapshotId,
      long bundleSeq,
      long rowCount,
      long byteCount,
      long complete,
      String reason,
      String replacement) {}

  private record BundleRow(
      String state,
      String source,
      long bundleId,
      String lease,
      String hash,
      long rowCount,
      String remoteHash,
      long remoteSeq) {}

  private record SourceRow(long next, String replacedBy) {}

  private record FrozenRows(long count, long minOrdinal, long maxOrdinal, long otherBundles) {}

  ControlState read() {
    AttachmentRow attachment =
        singleton(
            ATTACHMENT,
            "current_source_id, binding_state, attached_user_id, schema_name,"
                + " last_bundle_seq_seen, rebuild_required, pending_initialization_id",
            row ->
                new AttachmentRow(
                    row.getString(1),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4),
                    row.getLong(5),
                    row.getLong(6),
                    row.getString(7)));
    OperationRow operation =
        singleton(
            OPERATION,
            "kind, target_user_id, staged_snapshot_id, snapshot_bundle_seq, snapshot_row_count,"
                + " snapshot_byte_count, snapshot_stage_complete, reason, replacement_source_id",
            row ->
                new OperationRow(
                    row.getString(1),
                    row.getString(2),
                    row.getString(3),
                    row.getLong(4),
                    row.getLong(5),
                    row.getLong(6),
                    row.getLong(7),
                    row.getString(8),
                    row.getString(9)));
    BundleRow bundle =
        singleton(
            BUNDLE,
            "state, source_id, source_bundle_id, initialization_id, canonical_request_hash,"
                + " row_count, remote_bundle_hash, remote_bundle_seq",
            row ->
                new BundleRow(
                    row.getString(1),
                    row.getString(2),
                    row.getLong(3),
                    row.getString(4),
                    row.getString(5),
                    row.getLong(6),
                    row.getString(7),
                    row.getLong(8)));
    long applyMode = singleton(APPLY, "apply_mode", row -> row.getLong(1));
    require(applyMode == 0 || applying.getAsBoolean(), APPLY, "apply mode was left on (I2)");
    Map<String, SourceRow> sources = new LinkedHashMap<>();
    sql.list(
            "SELECT source_id, next_source_bundle_id, replaced_by_source_id FROM " + SOURCES,
            row -> Map.entry(row.getString(1), new SourceRow(row.getLong(2), row.getString(3))))
        .forEach(source -> sources.put(source.getKey(), source.getValue()));

    Optional<String> source = source(attachment, sources);
    ControlState.Binding binding = binding(attachment);
    OutboxState outbox = outbox(bundle, attachment, sources);
    return new ControlState(
        source, binding, operation(operation, attachment, sources, outbox), outbox);
  }

  /** What the singletons say, believed as far as it can be read. */
  UncheckedControl unchecked() {
    boolean frozen = sql.exists("SELECT 1 FROM " + BUNDLE + " WHERE state <> 'none'");
    Optional<String> kind = sql.first("SELECT kind FROM " + OPERATION, row -> row.getString(1));
    Optional<String> reason = sql.first("SELECT reason FROM " + OPERATION, row -> row.getString(1));
    boolean recovering = kind.filter("source_recovery"::equals).isPresent();
    return sql.first(
            "SELECT current_source_id, binding_state, attached_user_id, last_bundle_seq_seen,"
                + " rebuild_required, pending_initialization_id FROM "
                + ATTACHMENT,
            row ->
                new UncheckedControl(
                    row.getString(1),
                    row.getString(2).equals("attached")
                        ? Optional.of(
                            new ControlState.Attached(
                                row.getString(3),
                                row.getLong(4),
                                row.getLong(5) != 0,
                                Optional.of(row.getString(6)).filter(lease -> !lease.isEmpty())))
                        : Optional.empty(),
                    kind.filter("remote_replace"::equals).isPresent(),
                    frozen,
                    recovering,
                    reason
                        .filter(text -> recovering)
                        .flatMap(text -> Codes.parse(SourceRecoveryReason.class, text))))
        .orElseGet(
            () ->
                new UncheckedControl("", Optional.empty(), false, frozen, false, Optional.empty()));
  }

  /** I1. */
  private <T> T singleton(String table, String columns, Sql.RowReader<T> reader) {
    List<T> rows = sql.list("SELECT " + columns + " FROM " + table, reader);
    require(rows.size() == 1, table, "it has not exactly one row (I1)");
    return rows.get(0);
  }

  /** I4. */
  private static Optional<String> source(AttachmentRow attachment, Map<String, SourceRow> sources) {
    String current = attachment.source();
    if (current.isEmpty()) {
      return Optional.empty();
    }
    require(VISIBLE_ASCII.test(current), ATTACHMENT, "the source id is malformed (I4)");
    SourceRow own = sources.get(current);
    require(own != null, SOURCES, "the current source has no row (I4)");
    require(own.replacedBy().isEmpty(), SOURCES, "the current source was replaced (I4)");
    require(own.next() >= 1, SOURCES, "the next bundle id is not positive (I4)");
    Set<String> leadToCurrent = new HashSet<>(Set.of(current));
    for (Map.Entry<String, SourceRow> entry : sources.entrySet()) {
      Set<String> walked = new HashSet<>();
      String at = entry.getKey();
      SourceRow row = entry.getValue();
      if (row.replacedBy().isEmpty()) {
        continue;
      }
      while (!leadToCurrent.contains(at)) {
        require(
            row != null && !row.replacedBy().isEmpty() && walked.add(at),
            SOURCES,
            "the lineage does not end at the current source (I4)");
        at = row.replacedBy();
        row = sources.get(at);
      }
      leadToCurrent.addAll(walked);
    }
    return Optional.of(current);
  }

  /** I3. */
  private ControlState.Binding binding(AttachmentRow row) {
    boolean attached = row.binding().equals("attached");
    require(attached != row.user().isBlank(), ATTACHMENT, "binding and user disagree (I3)");
    require(
        row.rebuild() == 0 || row.rebuild() == 1, ATTACHMENT, "the rebuild gate is no flag (I3)");
    require(row.checkpoint() >= 0, ATTACHMENT, "the checkpoint is negative (I3)");
    if (attached) {
      require(
          row.schema().equals(schema.name()), ATTACHMENT, "it is attached for another schema (I3)");
      require(!row.source().isEmpty(), ATTACHMENT, "it is attached without a source (I4)");
      return new ControlState.Attached(
          row.user(),
          row.checkpoint(),
          row.rebuild() == 1,
          Optional.of(row.lease()).filter(lease -> !lease.isEmpty()));
    }
    require(
        row.checkpoint() == 0 && row.rebuild() == 0 && row.lease().isEmpty(),
        ATTACHMENT,
        "an anonymous database has a checkpoint, a rebuild gate or a lease (I3)");
    return new ControlState.Anonymous();
  }

  /** I5 and I6. */
  private Operation operation(
      OperationRow row,
      AttachmentRow attachment,
      Map<String, SourceRow> sources,
      OutboxState outbox) {
    switch (row.kind()) {
      case "none" -> {
        Optional<Operation.CheckpointRecoveryReason> reason =
            Codes.parse(Operation.CheckpointRecoveryReason.class, row.reason());
        require(
            reason.isPresent() || row.reason().isEmpty(),
            OPERATION,
            "the reason of a checkpoint recovery is unknown");
        return new Operation.None(reason);
      }
      case "remote_replace" -> {
        require(
            attachment.binding().equals("anonymous"),
            OPERATION,
            "a remote replace is pending while attached (I5)");
        require(!row.targetUser().isBlank(), OPERATION, "a remote replace has no user (I5)");
        require(
            outbox instanceof OutboxState.Empty,
            OPERATION,
            "a remote replace is pending beside a frozen bundle (I5)");
        require(
            !sql.exists("SELECT 1 FROM _sync_dirty_rows LIMIT 1"),
            OPERATION,
            "a remote replace is pending beside dirty rows (I5)");
        return new Operation.RemoteReplace(row.targetUser(), stage(row));
      }
      case "source_recovery" -> {
        SourceRecoveryReason reason =
            Codes.parse(SourceRecoveryReason.class, row.reason())
                .orElseThrow(() -> corrupt(OPERATION, "the recovery reason is unknown (I6)"));
        require(
            attachment.binding().equals("attached") && attachment.rebuild() == 1,
            OPERATION,
            "a source recovery without attachment or rebuild gate (I6)");
        SourceRow replacement = sources.get(row.replacement());
        require(
            VISIBLE_ASCII.test(row.replacement())
                && !row.replacement().equals(attachment.source())
                && replacement != null
                && replacement.next() == 1
                && replacement.replacedBy().isEmpty(),
            OPERATION,
            "the reserved replacement source is not fresh (I6)");
        return new Operation.SourceRecovery(reason, row.replacement());
      }
      default -> throw corrupt(OPERATION, "the kind of the operation is unknown");
    }
  }

  private static Optional<Operation.StagedSnapshot> stage(OperationRow row) {
    if (row.snapshotId().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Operation.StagedSnapshot(
            row.snapshotId(),
            row.bundleSeq(),
            row.rowCount(),
            row.byteCount(),
            row.complete() == 1));
  }

  /** I7 to I10. */
  private OutboxState outbox(
      BundleRow row, AttachmentRow attachment, Map<String, SourceRow> sources) {
    FrozenRows frozen =
        sql.first(
                "SELECT count(*), coalesce(min(row_ordinal), 0), coalesce(max(row_ordinal), 0),"
                    + " coalesce(sum(source_bundle_id <> ?), 0) FROM "
                    + FROZEN,
                found ->
                    new FrozenRows(
                        found.getLong(1), found.getLong(2), found.getLong(3), found.getLong(4)),
                row.bundleId())
            .orElseThrow();
    if (row.state().equals("none")) {
      require(
          row.equals(new BundleRow("none", "", 0, "", "", 0, "", 0)),
          BUNDLE,
          "an empty outbox has left-over columns (I7)");
      require(frozen.count() == 0, FROZEN, "it has rows of no bundle (I7)");
      return new OutboxState.Empty();
    }
    require(
        row.source().equals(attachment.source()) && row.bundleId() >= 1,
        BUNDLE,
        "the bundle is not of the current source (I8)");
    require(SHA_256.test(row.hash()), BUNDLE, "the request hash is malformed (I8)");
    require(
        row.rowCount() >= 1
            && frozen.count() == row.rowCount()
            && frozen.otherBundles() == 0
            && frozen.minOrdinal() == 0
            && frozen.maxOrdinal() == row.rowCount() - 1,
        FROZEN,
        "the frozen rows are not those of the bundle (I8)");
    OutboxState.Bundle bundle =
        new OutboxState.Bundle(
            row.source(),
            row.bundleId(),
            Optional.of(row.lease()).filter(lease -> !lease.isEmpty()),
            row.hash(),
            row.rowCount());
    if (row.state().equals("prepared")) {
      require(
          row.remoteSeq() == 0 && row.remoteHash().isEmpty(),
          BUNDLE,
          "a prepared bundle has a remote identity (I9)");
      long next = sources.get(row.source()).next();
      // Other clients count a bundle that they bound to a fresh source as sent (W-22).
      require(
          row.bundleId() == next || (row.bundleId() == 1 && next == 2),
          BUNDLE,
          "a prepared bundle is not the next of its source (I10)");
      return new OutboxState.Prepared(bundle);
    }
    require(
        row.state().equals("committed_remote")
            && row.remoteSeq() > 0
            && !row.remoteHash().isBlank(),
        BUNDLE,
        "a committed bundle has no remote identity (I9)");
    return new OutboxState.CommittedRemote(bundle, row.remoteSeq(), row.remoteHash());
  }

  private static void require(boolean holds, String table, String reason) {
    if (!holds) {
      throw corrupt(table, reason);
    }
  }

  private static CorruptLocalStateException corrupt(String table, String reason) {
    return new CorruptLocalStateException(table, reason);
  }
}
