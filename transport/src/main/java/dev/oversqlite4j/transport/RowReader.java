package dev.oversqlite4j.transport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.spi.WireRow;
import java.util.Iterator;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The checks that every row of every answer has to pass (wire-protocol 7.1, common and BundleRow).
 */
final class RowReader {
  /** Exists in every server table and must never be on the wire (wire-protocol 0). */
  private static final String HIDDEN_COLUMN = "_sync_scope_id";

  private final String schema;
  private final Set<String> tables;

  RowReader(SyncSchema configured) {
    schema = lower(configured.name());
    tables =
        configured.tables().stream()
            .map(table -> lower(table.name()))
            .collect(Collectors.toUnmodifiableSet());
  }

  /** The schema as it is spelled on the wire. */
  String schema() {
    return schema;
  }

  /** A row of a committed or pulled bundle. */
  WireRow bundleRow(Fields row) {
    RowOperation op = operation(row);
    boolean delete = op == RowOperation.DELETE;
    if (delete) {
      row.require(
          !row.has("payload") || row.nullableObject("payload").isEmpty(), "a DELETE has a payload");
    }
    return row(row, op, delete ? Optional.empty() : Optional.of(payload(row)));
  }

  /** A row of a snapshot, which has no operation: it is simply there. */
  WireRow snapshotRow(Fields row) {
    return row(row, RowOperation.INSERT, Optional.of(payload(row)));
  }

  private WireRow row(Fields row, RowOperation op, Optional<ObjectNode> payload) {
    String rowSchema = row.text("schema");
    String table = row.text("table");
    row.require(lower(rowSchema).equals(schema), "a row is of another schema");
    row.require(tables.contains(lower(table)), "a row is of a table that is not registered");
    ObjectNode key = key(row);
    long version = row.integer("row_version");
    row.require(version > 0, "a row version is not above 0");
    return new WireRow(rowSchema, table, key, op, version, payload);
  }

  static RowOperation operation(Fields row) {
    return switch (row.text("op")) {
      case "INSERT" -> RowOperation.INSERT;
      case "UPDATE" -> RowOperation.UPDATE;
      case "DELETE" -> RowOperation.DELETE;
      default -> {
        row.require(false, "a row operation is unknown");
        throw new AssertionError("require(false) throws");
      }
    };
  }

  static ObjectNode key(Fields row) {
    ObjectNode key = row.object("key");
    row.require(key.size() == 1, "a row key does not have exactly one member");
    requireNoHiddenColumn(row, key);
    JsonNode value = key.elements().next();
    if (!value.isTextual()) {
      throw row.decodeFailure();
    }
    row.require(!value.textValue().isBlank(), "a row key is blank");
    return key;
  }

  static ObjectNode payload(Fields row) {
    ObjectNode payload = row.object("payload");
    requireNoHiddenColumn(row, payload);
    return payload;
  }

  static void requireNoHiddenColumn(Fields row, ObjectNode columns) {
    for (Iterator<String> names = columns.fieldNames(); names.hasNext(); ) {
      row.require(!lower(names.next()).equals(HIDDEN_COLUMN), "a row shows a hidden column");
    }
  }

  static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
