package dev.oversqlite4j.persistence;

import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.BundleStage;
import dev.oversqlite4j.spi.RowKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Rows of one bundle in {@code _fsm_pull_stage} or {@code _fsm_push_stage}. A stage is complete
 * once it has a row of ordinal -1, which holds the bundle's hash for a key, the number of rows for
 * a version and their digest for a payload.
 */
final class BundleStageTable implements BundleStage {

  static final String PULL = "_fsm_pull_stage";
  static final String PUSH = "_fsm_push_stage";

  private static final String COLUMNS =
      " (bundle_seq, row_ordinal, schema_name, table_name, key_json, op, row_version, payload)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
  private static final int SEAL = -1;

  private final Sql sql;
  private final ManagedSchema schema;
  private final String table;

  BundleStageTable(Sql sql, ManagedSchema schema, String table) {
    this.sql = sql;
    this.schema = schema;
    this.table = table;
  }

  static void createIfMissing(Sql sql, Map<String, String> existing) {
    for (String name : new String[] {PULL, PUSH}) {
      if (!existing.containsKey(name)) {
        sql.execute(
            "CREATE TABLE "
                + name
                + """
                 (
                  bundle_seq INTEGER NOT NULL,
                  row_ordinal INTEGER NOT NULL,
                  schema_name TEXT NOT NULL,
                  table_name TEXT NOT NULL,
                  key_json TEXT NOT NULL,
                  op TEXT NOT NULL,
                  row_version INTEGER NOT NULL,
                  payload TEXT,
                  PRIMARY KEY (bundle_seq, row_ordinal)
                ) STRICT""");
      }
    }
  }

  @Override
  public void clear() {
    sql.update("DELETE FROM " + table);
  }

  @Override
  public void append(long bundleSeq, List<Row> rows) {
    sql.updateAll(
        "INSERT INTO " + table + COLUMNS,
        rows.stream()
            .map(
                row ->
                    new Object[] {
                      bundleSeq,
                      row.ordinal(),
                      schema.name(),
                      row.key().table(),
                      row.key().keyJson(),
                      row.op().name(),
                      row.rowVersion(),
                      row.wirePayload().orElse(null)
                    })
            .toList());
  }

  @Override
  public void complete(long bundleSeq, String bundleHash, long rowCount, String digest) {
    sql.update(
        "INSERT INTO " + table + COLUMNS,
        bundleSeq,
        SEAL,
        schema.name(),
        "",
        bundleHash,
        "",
        rowCount,
        digest);
  }

  @Override
  public Optional<Complete> complete(long bundleSeq, String bundleHash) {
    return sql.first(
            "SELECT row_version, payload FROM "
                + table
                + " WHERE bundle_seq = ? AND row_ordinal = ? AND key_json = ?",
            row -> new Complete(row.getLong(1), row.getString(2)),
            bundleSeq,
            SEAL,
            bundleHash)
        .filter(
            complete ->
                sql.number(
                        "SELECT count(*) FROM "
                            + table
                            + " WHERE bundle_seq = ? AND row_ordinal >= 0",
                        bundleSeq)
                    == complete.rowCount());
  }

  @Override
  public List<Row> page(long bundleSeq, long afterOrdinal, int maxRows, long maxBytes) {
    return sql.list(
        "SELECT row_ordinal, table_name, key_json, op, row_version, payload FROM (SELECT *,"
            + " sum(coalesce(octet_length(payload), 0)) OVER (ORDER BY row_ordinal) AS bytes FROM"
            + " (SELECT * FROM "
            + table
            + " WHERE bundle_seq = ?1 AND row_ordinal > ?2 ORDER BY row_ordinal LIMIT ?3))"
            + " WHERE bytes <= ?4 OR row_ordinal = ?2 + 1 ORDER BY row_ordinal",
        row ->
            new Row(
                row.getLong(1),
                new RowKey(row.getString(2), row.getString(3)),
                RowOperation.valueOf(row.getString(4)),
                row.getLong(5),
                Optional.ofNullable(row.getString(6))),
        bundleSeq,
        afterOrdinal,
        maxRows,
        maxBytes);
  }
}
