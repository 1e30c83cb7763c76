package dev.oversqlite4j.persistence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.KeyPolicy;
import dev.oversqlite4j.QuarantineCause;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.spi.DecodedPayload;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.RowAuthority;
import dev.oversqlite4j.spi.RowCodec;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.spi.WireRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/** The codec of spec 6 over a validated schema. Immutable and thread-safe. */
final class SqliteRowCodec implements RowCodec {

  private final ManagedSchema schema;
  private final KeyPolicy keyPolicy;

  SqliteRowCodec(ManagedSchema schema, KeyPolicy keyPolicy) {
    this.schema = schema;
    this.keyPolicy = keyPolicy;
  }

  @Override
  public String schemaName() {
    return schema.name();
  }

  @Override
  public List<ManagedTable> tables() {
    return schema.tables().stream()
        .map(table -> new ManagedTable(table.name(), table.key().name()))
        .toList();
  }

  @Override
  public Encoding encode(DirtyRow row, Optional<RowAuthority> authority) {
    Optional<TableShape> managed = schema.find(row.key().table());
    if (managed.isEmpty()) {
      return new Unsendable(QuarantineCause.VALUE_NOT_ENCODABLE);
    }
    TableShape table = managed.get();
    try {
      String wireKey = encodeKey(table, row.key(), authority);
      if (row.op() == RowOperation.DELETE) {
        return new Encoded(wireKey, Optional.empty());
      }
      ObjectNode payload =
          row.payload()
              .flatMap(JsonText::object)
              .filter(object -> LocalForm.hasColumnsOf(table, object))
              .orElseThrow(() -> new WireForm.NotSendable(QuarantineCause.VALUE_NOT_ENCODABLE));
      StringJoiner wire = new StringJoiner(",", "{", "}");
      for (Column column : table.columns()) {
        wire.add(
            JsonText.quoted(column.name())
                + ':'
                + WireForm.encode(column, payload.get(column.name())));
      }
      return new Encoded(wireKey, Optional.of(wire.toString()));
    } catch (WireForm.NotSendable unsendable) {
      return new Unsendable(unsendable.quarantineCause());
    }
  }

  private String encodeKey(TableShape table, RowKey key, Optional<RowAuthority> authority)
      throws WireForm.NotSendable {
    Object value = LocalForm.key(table, key);
    if (value instanceof byte[] bytes && bytes.length == WireForm.UUID_BYTES) {
      return JsonText.member(table.key().name(), WireForm.dashed(HexFormat.of().formatHex(bytes)));
    }
    if (table.key().kind() != Kind.TEXT || !(value instanceof String text) || text.isBlank()) {
      throw new WireForm.NotSendable(QuarantineCause.KEY_POLICY);
    }
    // The server has the keys that have an authority, so they are fit for it (spec 4.4.7).
    if (keyPolicy == KeyPolicy.UUID && authority.isEmpty() && !WireForm.isUuid(text)) {
      throw new WireForm.NotSendable(QuarantineCause.KEY_POLICY);
    }
    WireForm.requireSendable(text);
    return JsonText.member(table.key().name(), text);
  }

  @Override
  public DecodedRow decode(WireRow row) {
    if (!row.schema().equals(schema.name())) {
      throw rejected("a row belongs to another schema");
    }
    TableShape table = table(row.table());
    if (row.rowVersion() <= 0) {
      throw rejected(
          "a row of table " + WireForm.printable(table.name()) + " has no positive version");
    }
    if (row.payload().isPresent() == (row.op() == RowOperation.DELETE)) {
      throw rejected(
          "a row of table "
              + WireForm.printable(table.name())
              + " has the wrong payload for its operation");
    }
    RowKey key = localKey(table, row.key());
    return new DecodedRow(
        key,
        row.op(),
        row.rowVersion(),
        row.payload().map(payload -> decodePayload(table, key, payload)));
  }

  /** The server writes a snapshot anew, so none of its own columns can be missing. */
  @Override
  public RowKey snapshotKey(WireRow row) {
    RowKey key = decode(row).key();
    if (row.payload()
        .map(payload -> payload.size() < table(row.table()).columns().size())
        .orElse(true)) {
      throw rejected(
          "a snapshot row of table " + WireForm.printable(key.table()) + " lacks a column");
    }
    return key;
  }

  @Override
  public DecodedPayload decodeStaged(RowKey key, String wirePayload) {
    TableShape table = table(key.table());
    ObjectNode payload =
        JsonText.object(wirePayload)
            .orElseThrow(
                () ->
                    rejected(
                        "a payload of table "
                            + WireForm.printable(table.name())
                            + " is no object"));
    return decodePayload(table, key, payload);
  }

  @Override
  public RowKey localKey(String table, ObjectNode wireKey) {
    return localKey(table(table), wireKey);
  }

  private RowKey localKey(TableShape table, ObjectNode wireKey) {
    Iterator<Map.Entry<String, JsonNode>> members = wireKey.properties().iterator();
    Map.Entry<String, JsonNode> only = members.hasNext() ? members.next() : null;
    if (only == null
        || members.hasNext()
        || !TableInspection.lower(only.getKey()).equals(table.key().name())
        || !only.getValue().isTextual()
        || only.getValue().asText().isBlank()) {
      throw rejected(
          "a key of table "
              + WireForm.printable(table.name())
              + " is not its key column with a text");
    }
    return keyOf(table, WireForm.decode(table, table.key(), only.getValue()));
  }

  private static RowKey keyOf(TableShape table, Object value) {
    String text = value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : (String) value;
    return new RowKey(table.name(), JsonText.member(table.key().name(), text));
  }

  private DecodedPayload decodePayload(TableShape table, RowKey key, ObjectNode payload) {
    Map<String, JsonNode> members = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> member : payload.properties()) {
      if (members.put(TableInspection.lower(member.getKey()), member.getValue()) != null) {
        throw rejected(
            "a payload of table " + WireForm.printable(table.name()) + " names a column twice");
      }
    }
    List<Object> values = new ArrayList<>();
    for (Column column : table.columns()) {
      JsonNode value = members.remove(column.name());
      if (value == null && column.nullability() == Column.Nullability.NOT_NULL) {
        throw WireForm.rejected(table, column, "is missing");
      }
      // What is older than the column does not have it (spec 4.9a).
      Object decoded = value == null ? null : WireForm.decode(table, column, value);
      if (column.equals(table.key()) && (decoded == null || !keyOf(table, decoded).equals(key))) {
        throw WireForm.rejected(table, column, "differs from the key of its row");
      }
      values.add(decoded);
    }
    if (!members.isEmpty()) {
      throw rejected(
          "a payload of table "
              + WireForm.printable(table.name())
              + " has a column that this database lacks: "
              + WireForm.printable(members.keySet().iterator().next()));
    }
    return new DecodedPayload(values);
  }

  private TableShape table(String name) {
    return schema
        .find(TableInspection.lower(name))
        .orElseThrow(() -> rejected("a row belongs to a table that is not registered"));
  }

  @Override
  public boolean equivalent(String table, String localPayload, String otherLocalPayload) {
    TableShape shape = schema.get(table);
    Optional<DecodedPayload> one = LocalForm.payload(shape, localPayload);
    Optional<DecodedPayload> other = LocalForm.payload(shape, otherLocalPayload);
    if (one.isEmpty() || other.isEmpty()) {
      return localPayload.equals(otherLocalPayload);
    }
    for (int i = 0; i < shape.columns().size(); i++) {
      if (!sameValue(one.get().values().get(i), other.get().values().get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean sameValue(Object one, Object other) {
    if (one instanceof byte[] bytes && other instanceof byte[] otherBytes) {
      return Arrays.equals(bytes, otherBytes);
    }
    if (one instanceof Double number && other instanceof Double otherNumber) {
      // As primitives: zero equals negative zero.
      return number.doubleValue() == otherNumber.doubleValue();
    }
    return one == null ? other == null : one.equals(other);
  }

  @Override
  public boolean madeOf(String table, DecodedPayload committed, String sentPayload) {
    TableShape shape = schema.get(table);
    ObjectNode sent = JsonText.object(sentPayload).orElseThrow();
    for (int i = 0; i < shape.columns().size(); i++) {
      Column column = shape.columns().get(i);
      // A column that came after the freeze was not sent.
      if (sent.has(column.name())
          && !ServerMade.of(
              WireForm.decode(shape, column, sent.get(column.name())), committed.values().get(i))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public Optional<String> normaliseLocal(RowKey key, ObjectNode merged) {
    TableShape table = schema.get(key.table());
    if (!LocalForm.hasColumnsOf(table, merged)) {
      return Optional.empty();
    }
    StringJoiner local = new StringJoiner(",", "{", "}");
    for (Column column : table.columns()) {
      JsonNode node = merged.get(column.name());
      try {
        // What cannot be sent is not in local encodings, apart from what the app stored itself.
        WireForm.encode(column, node);
      } catch (WireForm.NotSendable unsendable) {
        return Optional.empty();
      }
      Object value = LocalForm.bindable(column, node);
      if (column.equals(table.key()) && (value == null || !keyOf(table, value).equals(key))) {
        return Optional.empty();
      }
      local.add(JsonText.quoted(column.name()) + ':' + localJson(value));
    }
    return Optional.of(local.toString());
  }

  private static String localJson(Object value) {
    if (value == null) {
      return "null";
    }
    if (value instanceof byte[] bytes) {
      return JsonText.quoted(HexFormat.of().formatHex(bytes));
    }
    return JsonText.quoted(
        value instanceof Double number ? Numbers.canonical(number) : value.toString());
  }

  private static RemoteResponseSemanticException rejected(String reason) {
    return new RemoteResponseSemanticException(SyncOperation.SYNC, reason);
  }
}
