package dev.oversqlite4j.simulator.planted;

import static dev.oversqlite4j.simulator.planted.Tampering.in;
import static dev.oversqlite4j.simulator.planted.Tampering.of;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.RowCodec;
import dev.oversqlite4j.spi.Rows;
import dev.oversqlite4j.spi.SyncServer;
import dev.oversqlite4j.spi.WireRow;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Defects of what is sent, of what is made of an answer, and of what a row refers to. */
final class WireBugs {

  private WireBugs() {}

  static List<PlantedBug> all() {
    return List.of(
        PlantedBug.slip(
            "text-cut-on-the-wire",
            "a text is sent up to its first line break",
            of(
                SyncServer.class,
                "uploadChunk",
                call -> {
                  List<FrozenRow> rows = call.arg(2);
                  return call.proceedWith(2, rows.stream().map(WireBugs::cut).toList());
                })),
        PlantedBug.slip(
            "hash-of-something-else",
            "the hash that is announced is not that of the rows",
            of(
                SyncServer.class,
                "createPush",
                call -> {
                  OutboxState.Bundle b = call.arg(0);
                  return call.proceedWith(
                      0,
                      new OutboxState.Bundle(
                          b.sourceId(),
                          b.sourceBundleId(),
                          b.lease(),
                          new StringBuilder(b.requestHash()).reverse().toString(),
                          b.rowCount()));
                })),
        PlantedBug.slip(
            "garbage-taken-for-an-empty-account",
            "an answer that cannot be read starts an empty account",
            of(
                SyncServer.class,
                "connect",
                call -> {
                  try {
                    return call.proceed();
                  } catch (RemoteResponseDecodeException garbage) {
                    return new SyncServer.ConnectAnswer.InitializeEmpty();
                  }
                })),
        PlantedBug.slip(
            "replayed-rows-are-edits",
            "a row that comes back from the server waits to be sent again",
            in(
                "Replay.replayUploaded",
                Rows.class,
                "setAuthority",
                call -> {
                  call.proceed();
                  call.sql(
                      "INSERT OR IGNORE INTO _sync_dirty_rows(schema_name, table_name, key_json,"
                          + " op, base_row_version, payload, dirty_ordinal, updated_at)"
                          + " SELECT schema_name, table_name, key_json, 'UPDATE', 1, local_payload,"
                          + " 1000 + row_ordinal, '2026-01-01T00:00:00Z' FROM _sync_outbox_rows"
                          + " WHERE op <> 'DELETE'");
                  return null;
                })),
        PlantedBug.slip(
            "snapshot-totals-believed",
            "the last page of a snapshot makes up what its session declared",
            of(
                SyncServer.class,
                "snapshotPage",
                call -> {
                  SyncServer.SnapshotSession session = call.arg(1);
                  SyncServer.SnapshotPage page = (SyncServer.SnapshotPage) call.proceed();
                  long bytes =
                      (Long) call.process().memory().getOrDefault(session.snapshotId(), 0L);
                  call.process().memory().put(session.snapshotId(), bytes + page.byteCount());
                  return page.hasMore()
                      ? page
                      : new SyncServer.SnapshotPage(
                          page.rows(), session.rowCount(), session.byteCount() - bytes, false);
                })),
        PlantedBug.slip(
            "keys-of-any-spelling",
            "a key in upper case is taken for the one in lower case",
            of(
                RowCodec.class,
                "decode",
                call -> {
                  WireRow row = call.arg(0);
                  ObjectNode key = row.key().deepCopy();
                  row.key()
                      .properties()
                      .forEach(
                          member ->
                              key.put(
                                  member.getKey(),
                                  member.getValue().asText().toLowerCase(Locale.ROOT)));
                  return call.proceedWith(
                      0,
                      new WireRow(
                          row.schema(),
                          row.table(),
                          key,
                          row.op(),
                          row.rowVersion(),
                          row.payload()));
                })),
        PlantedBug.statement(
            "old-key-forgotten",
            "a row that gets a later key is not deleted under the old one",
            sql ->
                sql.startsWith("CREATE TRIGGER") && sql.contains("AFTER UPDATE")
                    ? sql.replace(" <> ", " > ")
                    : sql),
        PlantedBug.statement(
            "file-marked-before-validation",
            "the file says that it was opened before the configuration is looked at",
            sql -> sql.replace("PRAGMA foreign_keys = ON", "PRAGMA user_version = 7")),
        PlantedBug.statement(
            "foreign-keys-off",
            "SQLite does not look after foreign keys",
            sql -> sql.replace("PRAGMA foreign_keys = ON", "PRAGMA foreign_keys = OFF")));
  }

  private static FrozenRow cut(FrozenRow row) {
    Optional<String> payload = row.wirePayload().map(text -> text.replaceAll("\\\\n[^\"]*", ""));
    return new FrozenRow(
        row.ordinal(),
        row.key(),
        row.wireKeyJson(),
        row.op(),
        row.baseRowVersion(),
        row.localPayload(),
        payload);
  }
}
