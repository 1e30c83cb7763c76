package dev.oversqlite4j.persistence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.spi.RowKey;
import java.util.List;
import java.util.Optional;

/**
 * Local payloads that wait outside the dirty rows while their table changes: frozen or in
 * quarantine. Each of them may have to be compared, written into the table again or sent, so it
 * takes the table's present columns (spec 4.9a). What goes out with a frozen bundle is another text
 * and stays as it was frozen.
 */
final class OlderPayloads {

  private record Stored(long id, RowKey key, ObjectNode payload) {}

  private final Sql sql;
  private final ManagedSchema schema;

  OlderPayloads(Sql sql, ManagedSchema schema) {
    this.sql = sql;
    this.schema = schema;
  }

  void renew(TableShape table) {
    renew(table, "_sync_outbox_rows", "local_payload", this::frozen);
    renew(table, "_fsm_quarantine", "payload", this::live);
  }

  /** The value of a column that a payload does not know. */
  private interface Missing {
    JsonNode value(TableShape table, Column column, Stored row);
  }

  private void renew(TableShape table, String place, String column, Missing missing) {
    List<Optional<Stored>> stored =
        sql.list(
            "SELECT rowid, key_json, "
                + column
                + " FROM "
                + place
                + " WHERE schema_name = ? AND table_name = ? AND "
                + column
                + " IS NOT NULL",
            row -> {
              RowKey key = new RowKey(table.name(), row.getString(2));
              long id = row.getLong(1);
              return JsonText.object(row.getString(3)).map(older -> new Stored(id, key, older));
            },
            schema.name(),
            table.name());
    stored.stream()
        .flatMap(Optional::stream)
        .filter(row -> !LocalForm.hasColumnsOf(table, row.payload()))
        .forEach(
            row ->
                sql.update(
                    "UPDATE " + place + " SET " + column + " = ? WHERE rowid = ?",
                    renewed(table, row, missing),
                    row.id()));
  }

  private static String renewed(TableShape table, Stored row, Missing missing) {
    ObjectNode renewed = row.payload().objectNode();
    for (Column column : table.columns()) {
      JsonNode said = row.payload().get(column.name());
      renewed.set(column.name(), said == null ? missing.value(table, column, row) : said);
    }
    return renewed.toString();
  }

  /** It went out without it. So what the row has by now is newer and will be sent. */
  private JsonNode frozen(TableShape table, Column column, Stored row) {
    return column.nullability() == Column.Nullability.NULLABLE
        ? row.payload().nullNode()
        : live(table, column, row);
  }

  private JsonNode live(TableShape table, Column column, Stored row) {
    Optional<String> live =
        LocalForm.isKey(table, row.key())
            ? sql.first(
                table.sql().live(), found -> found.getString(1), LocalForm.key(table, row.key()))
            : Optional.empty();
    return live.flatMap(JsonText::object)
        .map(now -> now.get(column.name()))
        .orElseGet(row.payload()::nullNode);
  }
}
