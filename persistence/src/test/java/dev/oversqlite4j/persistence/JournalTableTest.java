package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.JournalFailedException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
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

  // --- Checkpoints -----------------------------------------------------------------------------

  private static final int EVERY = 5;

  private void fire(JournalTable bounded, String machine, int times) throws SQLException {
    for (int i = 0; i < times; i++) {
      bounded.append(
          JournalTable.Statements.once(connection),
          machine,
          "GO",
          "X",
          "X",
          "op",
          Facts.of("carried", i));
    }
  }

  private List<JournalEntry> all(String machine) throws SQLException {
    return table.entries(connection, machine, 0, Integer.MAX_VALUE);
  }

  @Test
  void aJournalStaysBoundedAndVerifiable() throws SQLException {
    JournalTable bounded = new JournalTable(Orders.CLOCK, EVERY);
    for (int i = 1; i <= 60; i++) {
      fire(bounded, "long", 1);
      List<JournalEntry> kept = all("long");
      assertTrue(kept.size() <= 2 * EVERY, "it has " + kept.size() + " rows");
      assertEquals(new ChainCheck.Intact(kept.size()), table.verify(connection, "long"));
      // What a machine reads is its own last step, never a checkpoint.
      assertEquals("GO", table.head(once(), "long").orElseThrow().trigger());
      JournalEntry first = kept.get(0);
      assertTrue(first.seq() == 1 || first.trigger().equals("CHECKPOINT"), first.toString());
    }
    assertEquals(new ChainCheck.Intact(3), table.verify(connection, "a"));
  }

  @Test
  void aCheckpointCarriesWhatTheFoldNeeds() throws SQLException {
    fire(new JournalTable(Orders.CLOCK, EVERY), "long", 12);
    JournalEntry checkpoint = all("long").get(0);
    assertEquals("CHECKPOINT", checkpoint.trigger());
    assertEquals("X", checkpoint.from());
    assertEquals("X", checkpoint.to());
    assertEquals(checkpoint.seq() - 1, checkpoint.facts().path("foldedRows").asLong());
    assertEquals(64, checkpoint.facts().path("foldedChain").asText().length());
    assertTrue(checkpoint.facts().has("carried"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE _fsm_journal SET facts = replace(facts, 'foldedChain', 'x') WHERE machine = 'long'"
            + " AND seq = (SELECT min(seq) FROM _fsm_journal WHERE machine = 'long')",
        "UPDATE _fsm_journal SET facts = replace(facts, '\"foldedRows\":', '\"foldedRows\":1')"
            + " WHERE machine = 'long'"
            + " AND seq = (SELECT min(seq) FROM _fsm_journal WHERE machine = 'long')",
        "DELETE FROM _fsm_journal WHERE machine = 'long'"
            + " AND seq = (SELECT min(seq) FROM _fsm_journal WHERE machine = 'long')"
      })
  void aDamagedCheckpointShows(String change) throws SQLException {
    fire(new JournalTable(Orders.CLOCK, EVERY), "long", 12);
    sql(change);
    assertTrue(table.verify(connection, "long") instanceof ChainCheck.Broken);
  }

  @Test
  void foldingLeavesTheLastRowAndGoesOn() throws SQLException {
    table.fold(once(), "a");
    assertEquals(1, all("a").size());
    assertEquals(3, all("a").get(0).seq());
    assertEquals("BACK", all("a").get(0).trigger());
    assertEquals(new ChainCheck.Intact(4), table.verify(connection));
    table.fold(once(), "a");
    fire(new JournalTable(Orders.CLOCK, EVERY), "a", 9);
    table.fold(once(), "a");
    fire(table, "a", 1);
    assertEquals(2, all("a").size());
    assertEquals(new ChainCheck.Intact(5), table.verify(connection));
    assertEquals(3, all("b").size());
    // Alone in the table it takes the other way.
    try (Statement statement = connection.createStatement()) {
      statement.execute("DELETE FROM _fsm_journal WHERE machine <> 'b'");
    }
    table.fold(once(), "b");
    assertEquals(new ChainCheck.Intact(1), table.verify(connection));
  }

  private JournalTable.Statements once() {
    return JournalTable.Statements.once(connection);
  }
}
