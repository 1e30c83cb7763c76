package dev.oversqlite4j.simulator.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TimeZone;
import org.junit.jupiter.api.Test;

class DeterministicFunctionsTest {

  private static final long START = Instant.parse("2031-02-03T04:05:06.789Z").toEpochMilli();
  private long nowMillis = START;

  @Test
  void nowIsVirtualTimeInDefaultsAndTriggersWhateverTheZoneAndLocale() throws SQLException {
    TimeZone zone = TimeZone.getDefault();
    Locale locale = Locale.getDefault();
    try {
      TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kathmandu"));
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      List<String> first = contentWrittenByDefaultAndTrigger(7);
      assertEquals(
          "id=1, at='2031-02-03T04:05:06.789Z', stamp='2031-02-03 04:05:06'",
          first.get(0).substring(0, first.get(0).indexOf(", token")));
      assertEquals(
          "id=1, at='2031-02-03T04:05:06.789Z', day='2031-02-03'",
          first.get(1).substring(0, first.get(1).indexOf(", token")));
      TimeZone.setDefault(zone);
      Locale.setDefault(locale);
      assertEquals(first, contentWrittenByDefaultAndTrigger(7));
      assertNotEquals(first, contentWrittenByDefaultAndTrigger(8));
    } finally {
      TimeZone.setDefault(zone);
      Locale.setDefault(locale);
    }
  }

  private List<String> contentWrittenByDefaultAndTrigger(long seed) throws SQLException {
    try (Connection connection = connection(seed);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE t (id INTEGER PRIMARY KEY,"
              + " at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),"
              + " stamp TEXT DEFAULT CURRENT_TIMESTAMP,"
              + " token BLOB DEFAULT (randomblob(8)), dice INTEGER DEFAULT (random()))");
      statement.execute(
          "CREATE TABLE log (id, at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),"
              + " day, token)");
      statement.execute(
          "CREATE TRIGGER note AFTER INSERT ON t BEGIN"
              + " INSERT INTO log(id, day, token) VALUES (NEW.id, date('now'), randomblob(4)); END");
      statement.execute("INSERT INTO t(id) VALUES (1)");
      Map<String, List<String>> content = LogicalContent.complete().dump(connection);
      return List.of(content.get("t").get(0), content.get("log").get(0));
    }
  }

  @Test
  void timeAdvancesWithTheClock() throws SQLException {
    try (Connection connection = connection(1)) {
      assertEquals("04:05:06", value(connection, "time('now')"));
      nowMillis += 1_500;
      assertEquals("04:05:08", value(connection, "time('now')"));
    }
  }

  @Test
  void everyFormOfNowIsVirtual() throws SQLException {
    try (Connection connection = connection(1)) {
      for (String form :
          List.of(
              "datetime()",
              "datetime('NOW')",
              "datetime('now', 'localtime')",
              "datetime('now', 'utc')",
              "strftime('%F %T')",
              "CURRENT_TIMESTAMP",
              "CURRENT_DATE || ' ' || CURRENT_TIME")) {
        assertEquals("2031-02-03 04:05:06", value(connection, form), form);
      }
      assertEquals("2031-02-03 04:05:06.789", value(connection, "datetime('subsec')"));
      assertEquals("2031-02-03 04:05:06.789", value(connection, "datetime('now', 'subsec')"));
      assertEquals(
          (int) (START / 1000), ((Number) value(connection, "unixepoch('now')")).intValue());
      assertEquals(
          "+0000-00-01 00:00:00.000",
          value(connection, "timediff('now', datetime('now', 'subsec', '-1 day'))"));
    }
  }

  @Test
  void whatDoesNotAskForNowIsComputedBySqliteItself() throws SQLException {
    try (Connection virtual = connection(1);
        Connection plain = DriverManager.getConnection("jdbc:sqlite::memory:")) {
      for (String expression :
          List.of(
              "datetime('2024-01-31', '+1 month', 'start of month', '-1 second')",
              "strftime('%j %W %s %J %%', '2024-12-31T23:59:59.999')",
              "julianday('2000-01-01 12:00:00')",
              "date(2460000.5)",
              "date(1700000000, 'unixepoch')",
              "time('12:34', '+25 hours')",
              "unixepoch('2024-01-01', 'subsec')",
              "date('not a date')",
              "date(NULL)",
              "strftime(NULL, 'now')")) {
        assertEquals(value(plain, expression), value(virtual, expression), expression);
      }
    }
  }

  @Test
  void randomValuesHaveSqlitesShape() throws SQLException {
    try (Connection connection = connection(1)) {
      assertEquals(1, value(connection, "length(randomblob(-5))"));
      assertEquals(16, value(connection, "length(randomblob(16))"));
      // Two calls in one statement are two draws.
      assertEquals(0, value(connection, "random() = random()"));
    }
    try (Connection lowest = DriverManager.getConnection("jdbc:sqlite::memory:")) {
      DeterministicFunctions.register(lowest, () -> Long.MIN_VALUE, () -> 0);
      assertEquals(0, value(lowest, "abs(random())"));
    }
  }

  @Test
  void dateExpressionsCanStillBeIndexed() throws SQLException {
    try (Connection connection = connection(1);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (at TEXT)");
      statement.execute("CREATE INDEX by_day ON t (date(at))");
      statement.execute("INSERT INTO t VALUES ('2024-05-06 07:08:09')");
      assertEquals("2024-05-06", value(connection, "(SELECT date(at) FROM t ORDER BY date(at))"));
    }
  }

  private Connection connection(long seed) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
    DeterministicFunctions.register(connection, new SplittableRandom(seed), () -> nowMillis);
    return connection;
  }

  private static Object value(Connection connection, String expression) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT " + expression)) {
      rows.next();
      return rows.getObject(1);
    }
  }
}
