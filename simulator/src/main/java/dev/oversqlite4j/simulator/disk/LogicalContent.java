package dev.oversqlite4j.simulator.disk;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.sqlite.SQLiteConfig;

/**
 * What a database says, whatever its pages look like: tables by name, rows in a fixed order, values
 * with their storage class.
 *
 * <p>A row is text, {@code column=literal} pairs in column order; the literals of SQL tell the
 * storage classes apart (1, 1.0, '1', x'31', NULL). Immutable and thread-safe.
 */
public final class LogicalContent {

  /**
   * Columns that tell when something happened, or depend on it: two states that differ only there
   * lead to the same future.
   */
  public static final Set<String> TIMES_AND_CHAIN =
      Set.of("updated_at", "created_at", "at", "chain");

  private enum Tables {
    ALL,
    NONE
  }

  private final Tables tables;
  private final Set<String> columnsLeftOut;

  private LogicalContent(Tables tables, Set<String> columnsLeftOut) {
    this.tables = tables;
    this.columnsLeftOut = Collections.unmodifiableSet(new TreeSet<>(columnsLeftOut));
  }

  /**
   * Every column of every table.
   *
   * @return the strictest view
   */
  public static LogicalContent complete() {
    return new LogicalContent(Tables.ALL, Set.of());
  }

  /**
   * Nothing at all: the hash is a constant and costs nothing. For runs whose trace nobody compares,
   * because reading every table after every commit costs more than the commit.
   *
   * @return the emptiest view
   */
  public static LogicalContent none() {
    return new LogicalContent(Tables.NONE, Set.of());
  }

  /**
   * Every column except some.
   *
   * @param columns names to leave out of every table, for example {@link #TIMES_AND_CHAIN}
   * @return the view
   */
  public static LogicalContent without(Set<String> columns) {
    return new LogicalContent(Tables.ALL, columns);
  }

  /**
   * The SHA-256 of the content.
   *
   * @param connection is read, in its open transaction if it has one, and not changed
   * @return 64 lower-case hexadecimal digits
   * @throws SQLException if the database cannot be read
   */
  public String hash(Connection connection) throws SQLException {
    return hash(dump(connection));
  }

  /**
   * The SHA-256 of the content of a file, which is left as it is.
   *
   * @param file the database, its {@code -wal} beside it if it has one
   * @return 64 lower-case hexadecimal digits
   * @throws SQLException if the database cannot be read
   */
  public String hash(Path file) throws SQLException {
    try (Connection connection = reading(file)) {
      return hash(connection);
    }
  }

  /**
   * The content itself, to show differences.
   *
   * @param connection is read, in its open transaction if it has one, and not changed
   * @return table name to its rows, both sorted
   * @throws SQLException if the database cannot be read
   */
  public SortedMap<String, List<String>> dump(Connection connection) throws SQLException {
    try (ContentReader reader = new ContentReader(this, connection)) {
      return reader.dump();
    }
  }

  /**
   * The content of a file, which is left as it is.
   *
   * @param file the database, its {@code -wal} beside it if it has one
   * @return table name to its rows, both sorted
   * @throws SQLException if the database cannot be read
   */
  public SortedMap<String, List<String>> dump(Path file) throws SQLException {
    try (Connection connection = reading(file)) {
      return dump(connection);
    }
  }

  private static Connection reading(Path file) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    // A connection that may write would move the WAL into the main file when it closes.
    config.setReadOnly(true);
    return config.createConnection("jdbc:sqlite:" + file);
  }

  boolean isNone() {
    return tables == Tables.NONE;
  }

  boolean leavesOut(String column) {
    return columnsLeftOut.contains(column);
  }

  static String hash(SortedMap<String, List<String>> tables) {
    MessageDigest digest = sha256();
    for (Map.Entry<String, List<String>> table : tables.entrySet()) {
      frame(digest, table.getKey());
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(table.getValue().size()).array());
      for (String row : table.getValue()) {
        frame(digest, row);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** A value as the SQL literal that tells its storage class. */
  public static String literal(Object value) {
    StringBuilder text = new StringBuilder();
    appendLiteral(text, value);
    return text.toString();
  }

  static void appendLiteral(StringBuilder row, Object value) {
    if (value == null) {
      row.append("NULL");
    } else if (value instanceof byte[] blob) {
      row.append("x'").append(HexFormat.of().formatHex(blob)).append('\'');
    } else if (value instanceof Double real) {
      row.append(realLiteral(real));
    } else if (value instanceof Number integer) {
      row.append(integer.longValue());
    } else {
      row.append('\'').append(value.toString().replace("'", "''")).append('\'');
    }
  }

  // Exact: Double.toString gives other digits from Java 19 on.
  private static String realLiteral(double real) {
    if (Double.isInfinite(real)) {
      return real > 0 ? "9e999" : "-9e999";
    }
    String digits = new BigDecimal(real).toString();
    String sign = real == 0 && 1 / real < 0 ? "-" : "";
    return sign + (digits.contains(".") || digits.contains("E") ? digits : digits + ".0");
  }

  private static void frame(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    digest.update(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}
