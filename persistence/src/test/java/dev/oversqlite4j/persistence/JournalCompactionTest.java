package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.lifecycle.Lifecycle;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.spi.LocalTransaction;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the lifecycle keeps over more steps than its journal does. */
class JournalCompactionTest {

  private static final int STEPS = 2500;

  @TempDir Path directory;

  private static void attempts(Lifecycle lifecycle, LocalTransaction tx) {
    lifecycle.open(tx, "op");
    lifecycle.fire(tx, Trigger.ATTACH_BEGIN, "op", Lifecycle.emptyConnect("user"), () -> {});
    for (int i = 0; i < STEPS; i++) {
      lifecycle.fire(tx, Trigger.ATTACH_ABORT, "op", Facts.none(), () -> {});
    }
  }

  @Test
  void anUnansweredConnectIsRememberedHoweverLongAgoItWas() {
    Lifecycle lifecycle = new Lifecycle();
    try (TestDatabase database = TestDatabase.in(directory, TestDatabase.PEOPLE);
        SqliteStore store = database.installed()) {
      TestDatabase.<Void>write(
          store,
          tx -> {
            attempts(lifecycle, tx);
            return null;
          });
      List<JournalEntry> kept =
          store.read(tx -> tx.journalEntries(Lifecycle.MACHINE, 0, Integer.MAX_VALUE));
      assertTrue(kept.size() <= 2000, kept.size() + " rows");
      assertEquals("CHECKPOINT", kept.get(0).trigger());
      assertTrue(store.<Boolean>read(tx -> lifecycle.emptyConnectUnanswered(tx, "user")));
      assertFalse(store.<Boolean>read(tx -> lifecycle.emptyConnectUnanswered(tx, "other")));
    }
  }
}
