package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A table of a simulated app, as far as the simulator has to know it.
 *
 * @param name its name in SQL, lower-case
 * @param key its key column
 * @param keyForm how the key is stored
 * @param columns the other columns, in the order of their declaration
 * @param marks the columns that together say which write a content came from
 */
public record AppTable(
    String name, String key, KeyForm keyForm, List<Column> columns, List<String> marks) {

  /** How a table stores its keys, which are UUIDs on the wire. */
  public enum KeyForm {
    /** As 36 characters. */
    TEXT,
    /** As 16 bytes. */
    BLOB
  }

  /** What a column holds, besides NULL. */
  public enum Kind {
    /** Text. */
    TEXT,
    /** A whole number of 64 bits. */
    INTEGER,
    /** A binary64 number. */
    REAL,
    /** Bytes; base64 on the wire. */
    BLOB,
    /**
     * The 16 bytes of a UUID, as a reference to a {@link KeyForm#BLOB} key is; text on the wire.
     */
    UUID_BLOB
  }

  /**
   * A column.
   *
   * @param references the table whose key it holds
   * @param unique whether no two rows may hold the same
   */
  public record Column(
      String name,
      Kind kind,
      Optional<String> references,
      Nullability nullability,
      boolean unique) {

    /** A column that refers to nothing. */
    public Column(String name, Kind kind) {
      this(name, kind, Optional.empty());
    }

    /** A column that may be NULL and need not be unique. */
    public Column(String name, Kind kind, Optional<String> references) {
      this(name, kind, references, Nullability.NULLABLE, false);
    }
  }

  /**
   * A column that the app's first version does not have; nullable, and the last of its table. The
   * server knows it from the beginning.
   */
  public record Later(String table, String column) {}

  /** Copies the lists. */
  public AppTable {
    columns = List.copyOf(columns);
    marks = List.copyOf(marks);
  }

  /** A column by its name. */
  Column column(String wanted) {
    return columns.stream().filter(c -> c.name().equals(wanted)).findFirst().orElseThrow();
  }

  /** The tables without a row of which none can be written here. */
  List<String> requiredParents() {
    return columns.stream()
        .filter(c -> c.nullability() == Nullability.NOT_NULL)
        .flatMap(c -> c.references().stream())
        .toList();
  }

  /** True if a row of this table may hold the key of a row of the other one. */
  public boolean refersTo(AppTable other) {
    return columns.stream().anyMatch(c -> c.references().equals(Optional.of(other.name)));
  }

  /** The wire key of a row number: the same on every device, so that devices collide. */
  public String wireKey(int row) {
    return UUID.nameUUIDFromBytes((name + "#" + row).getBytes(StandardCharsets.UTF_8)).toString();
  }

  /** The key of a row number as the table stores it. */
  public Object sqlKey(int row) {
    UUID uuid = UUID.fromString(wireKey(row));
    return keyForm == KeyForm.BLOB
        ? ByteBuffer.allocate(16)
            .putLong(uuid.getMostSignificantBits())
            .putLong(uuid.getLeastSignificantBits())
            .array()
        : uuid.toString();
  }

  /** The wire key of a local {@code key_json} value. */
  String wireKeyOfLocal(String localKey) {
    return keyForm == KeyForm.BLOB ? uuidOfHex(localKey) : localKey;
  }

  static String uuidOfHex(String hex) {
    ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(hex));
    return new UUID(bytes.getLong(), bytes.getLong()).toString();
  }
}
