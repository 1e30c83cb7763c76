package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.JournalFailedException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JournalTableTest {

  private final JournalTable table = new JournalTable(Orders.CLOCK);
  private Connection connection;

  @BeforeEach
  void fill() throws SQLException {
    connection = DriverManager.getConnection("jdbc:sqlite::memory:");
    table.createIfMissing(connection);
    table.createIfMissing(connection);
    for (String machine : new String[] {"a", "b"}) {
      table.append(
          JournalTable.Statements.once(connection),
          machine,
          "GO",
          "X",
          "Y",
          "op-1",
          Facts.of("n", 1));
      table.append(
          JournalTable.Statements.once(connection), machine, "GO", "Y", "Z", "", Facts.none());
      table.append(
          JournalTable.Statements.once(connection),
          machine,
          "BACK",
          "Z",
          "X",
          "op-2",
          Facts.of("n", 3));
    }
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  private void sql(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      assertEquals(1, statement.executeUpdate(sql));
    }
  }

  @Test
  void anUntouchedJournalIsIntact() throws SQLException {
    assertEquals(new ChainCheck.Intact(6), table.verify(connection));
    assertEquals(new ChainCheck.Intact(3), table.verify(connection, "b"));
    assertEquals(new ChainCheck.Intact(0), table.verify(connection, "c"));
    assertEquals(Optional.empty(), table.head(JournalTable.Statements.once(connection), "c"));
    assertEquals(3, table.head(JournalTable.Statements.once(connection), "a").orElseThrow().seq());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"trigger\" = 'BACK'",
        "from_state = 'Z'",
        "to_state = 'Y'",
        "op_id = 'op-9'",
        "facts = '{ }'",
        "at = '2026-01-01T00:00:00.001Z'",
        "chain = replace(chain, substr(chain, 1, 1), 'g')",
        "chain = ''"
      })
  void everyChangedColumnShows(String change) throws SQLException {
    sql("UPDATE _fsm_journal SET " + change + " WHERE machine = 'b' AND seq = 2");
    assertEquals(
        new ChainCheck.Broken("b", 2, "its chain does not match its columns"),
        table.verify(connection));
    assertEquals(new ChainCheck.Intact(3), table.verify(connection, "a"));
  }

  @ParameterizedTest
  @CsvSource({
    "UPDATE _fsm_journal SET seq = 9 WHERE machine = 'b' AND seq = 2, b, 3, 2",
    "UPDATE _fsm_journal SET machine = 'c' WHERE machine = 'b' AND seq = 2, b, 3, 2",
    "DELETE FROM _fsm_journal WHERE machine = 'b' AND seq = 2, b, 3, 2",
    "DELETE FROM _fsm_journal WHERE machine = 'b' AND seq = 1, b, 2, 1"
  })
  void aMissingRowShows(String change, String machine, long seq, long missing) throws SQLException {
    sql(change);
    assertEquals(
        new ChainCheck.Broken(machine, seq, "row " + missing + " is missing before it"),
        table.verify(connection));
  }

  @Test
  void aRowOfAnotherMachineShows() throws SQLException {
    sql("UPDATE _fsm_journal SET machine = 'c' WHERE machine = 'a' AND seq = 1");
    assertEquals(
        new ChainCheck.Broken("c", 1, "its chain does not match its columns"),
        table.verify(connection, "c"));
  }

  @Test
  void bytesThatMoveIntoTheNextColumnShow() throws SQLException {
    sql("UPDATE _fsm_journal SET from_state = 'XY', to_state = '' WHERE machine = 'a' AND seq = 1");
    assertEquals(
        new ChainCheck.Broken("a", 1, "its chain does not match its columns"),
        table.verify(connection));
  }

  @ParameterizedTest
  @ValueSource(strings = {"facts = 'nonsense'", "facts = '[]'", "at = 'yesterday'"})
  void aDamagedRowIsATypedError(String change) throws SQLException {
    sql("UPDATE _fsm_journal SET " + change + " WHERE machine = 'a' AND seq = 3");
    assertThrows(
        JournalFailedException.class,
        () -> table.head(JournalTable.Statements.once(connection), "a"));
    assertThrows(JournalFailedException.class, () -> table.entries(connection, "a", 0, 9));
    assertEquals(
        new ChainCheck.Broken("a", 3, "its chain does not match its columns"),
        table.verify(connection));
  }
}
