package dev.oversqlite4j.simulator.disk;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.sqlite.Function;
import org.sqlite.core.Codes;

/**
 * Takes chance and the clock out of SQL: {@code random}, {@code randomblob}, every date and time
 * function and the {@code CURRENT_…} keywords of one connection, in DEFAULTs and triggers too.
 *
 * <p>What does not ask for the current time is computed by SQLite itself, on a plain connection. A
 * simulated process lives in UTC: the modifiers {@code localtime} and {@code utc} change nothing.
 */
public final class DeterministicFunctions {

  private static final DateTimeFormatter NOW =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final Set<String> FRACTION_MODIFIERS = Set.of("subsec", "subsecond");
  private static final Set<String> ZONE_MODIFIERS = Set.of("localtime", "utc");

  private DeterministicFunctions() {}

  /**
   * Overrides the functions on one connection.
   *
   * @param connection the driver's own connection
   * @param random where random values come from; one per connection or shared, as the simulation
   *     wants its streams
   * @param nowMillis the current time in milliseconds since 1970-01-01T00:00Z
   * @throws SQLException if the driver refuses
   */
  public static void register(Connection connection, RandomGenerator random, LongSupplier nowMillis)
      throws SQLException {
    Function.create(connection, "random", new RandomInteger(random), 0, 0);
    Function.create(connection, "randomblob", new RandomBlob(random), 1, 0);
    // Marked deterministic although they read a clock: virtual time stands still during a
    // statement, as SQLite's own does, and indexes on date expressions stay possible.
    int flags = Function.FLAG_DETERMINISTIC;
    Clock clock = new Clock(nowMillis);
    for (String name : List.of("date", "time", "datetime", "julianday", "unixepoch")) {
      Function.create(connection, name, new DateFunction(name, 0, clock), -1, flags);
    }
    Function.create(connection, "strftime", new DateFunction("strftime", 1, clock), -1, flags);
    Function.create(connection, "timediff", new TimeDifference(clock), 2, flags);
    Function.create(
        connection, "current_timestamp", new DateFunction("datetime", 0, clock), 0, flags);
    Function.create(connection, "current_date", new DateFunction("date", 0, clock), 0, flags);
    Function.create(connection, "current_time", new DateFunction("time", 0, clock), 0, flags);
  }

  private static final class RandomInteger extends Function {
    private final RandomGenerator random;

    RandomInteger(RandomGenerator random) {
      this.random = random;
    }

    @Override
    protected void xFunc() throws SQLException {
      long value = random.nextLong();
      // SQLite never answers the one value that abs() cannot take.
      result(value < 0 ? -(value & Long.MAX_VALUE) : value);
    }
  }

  private static final class RandomBlob extends Function {
    private final RandomGenerator random;

    RandomBlob(RandomGenerator random) {
      this.random = random;
    }

    @Override
    protected void xFunc() throws SQLException {
      byte[] bytes = new byte[(int) Math.min(Math.max(value_long(0), 1), Integer.MAX_VALUE - 8)];
      random.nextBytes(bytes);
      result(bytes);
    }
  }

  /** Virtual time, and what has been computed for the present millisecond. */
  private static final class Clock {
    private static final int REMEMBERED_MAX = 64;

    private final LongSupplier nowMillis;
    private final Map<List<Object>, Object> remembered = new LinkedHashMap<>();
    private long millis;
    private String text;

    Clock(LongSupplier nowMillis) {
      this.nowMillis = nowMillis;
    }

    String now() {
      long current = nowMillis.getAsLong();
      if (text == null || current != millis) {
        millis = current;
        text = NOW.format(Instant.ofEpochMilli(current));
        remembered.clear();
      }
      return text;
    }

    // Every captured row asks for the same text: one question per millisecond is enough.
    Object compute(String function, List<Object> arguments) throws SQLException {
      List<Object> question = new ArrayList<>(arguments);
      question.add(function);
      if (remembered.containsKey(question)) {
        return remembered.get(question);
      }
      Object answer = Plain.evaluate(function, arguments);
      if (remembered.size() < REMEMBERED_MAX) {
        remembered.put(question, answer);
      }
      return answer;
    }
  }

  private abstract static class TimeFunction extends Function {

    final Clock clock;

    TimeFunction(Clock clock) {
      this.clock = clock;
    }

    final List<Object> arguments() throws SQLException {
      List<Object> arguments = new ArrayList<>();
      for (int i = 0; i < args(); i++) {
        arguments.add(argument(i));
      }
      return arguments;
    }

    private Object argument(int index) throws SQLException {
      switch (value_type(index)) {
        case Codes.SQLITE_INTEGER:
          return value_long(index);
        case Codes.SQLITE_FLOAT:
          return value_double(index);
        case Codes.SQLITE_NULL:
          return null;
        default:
          return value_text(index);
      }
    }

    final void answer(String function, List<Object> arguments) throws SQLException {
      Object value = clock.compute(function, arguments);
      if (value == null) {
        result();
      } else if (value instanceof Double real) {
        result(real.doubleValue());
      } else if (value instanceof Number integer) {
        result(integer.longValue());
      } else {
        result(value.toString());
      }
    }

    final Object inVirtualTime(Object timeValue) {
      return word(timeValue).equals("now") ? clock.now() : timeValue;
    }

    static String word(Object argument) {
      return argument instanceof String text ? text.strip().toLowerCase(Locale.ROOT) : "";
    }
  }

  private static final class DateFunction extends TimeFunction {
    private final String function;
    private final int timeValueIndex;

    DateFunction(String function, int timeValueIndex, Clock clock) {
      super(clock);
      this.function = function;
      this.timeValueIndex = timeValueIndex;
    }

    @Override
    protected void xFunc() throws SQLException {
      clock.now();
      List<Object> arguments = arguments();
      if (arguments.size() == timeValueIndex) {
        arguments.add("now");
      } else if (arguments.size() > timeValueIndex
          && FRACTION_MODIFIERS.contains(word(arguments.get(timeValueIndex)))) {
        // SQLite's short form: the modifier alone stands for 'now' with it.
        arguments.add(timeValueIndex, "now");
      }
      if (arguments.size() > timeValueIndex) {
        arguments.set(timeValueIndex, inVirtualTime(arguments.get(timeValueIndex)));
        List<Object> modifiers = arguments.subList(timeValueIndex + 1, arguments.size());
        modifiers.removeIf(modifier -> ZONE_MODIFIERS.contains(word(modifier)));
      }
      answer(function, arguments);
    }
  }

  private static final class TimeDifference extends TimeFunction {

    TimeDifference(Clock clock) {
      super(clock);
    }

    @Override
    protected void xFunc() throws SQLException {
      clock.now();
      List<Object> arguments = arguments();
      arguments.replaceAll(this::inVirtualTime);
      answer("timediff", arguments);
    }
  }

  /**
   * SQLite's own functions on a connection of their own. One for the whole program, because it
   * holds no data and what it is asked no longer depends on time, zone or chance.
   */
  private static final class Plain {
    private static Connection connection;
    private static final Map<String, PreparedStatement> STATEMENTS = new TreeMap<>();

    private Plain() {}

    static synchronized Object evaluate(String function, List<Object> arguments)
        throws SQLException {
      String sql =
          IntStream.range(0, arguments.size())
              .mapToObj(i -> "?")
              .collect(Collectors.joining(", ", "SELECT " + function + "(", ")"));
      PreparedStatement statement = STATEMENTS.get(sql);
      if (statement == null) {
        if (connection == null) {
          connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        }
        statement = connection.prepareStatement(sql);
        STATEMENTS.put(sql, statement);
      }
      for (int i = 0; i < arguments.size(); i++) {
        statement.setObject(i + 1, arguments.get(i));
      }
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        return rows.getObject(1);
      }
    }
  }
}
