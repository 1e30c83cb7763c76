package dev.oversqlite4j.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.Fired;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.OutboxState;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How steps, tables and journal are held together (spec 9, machine discipline). */
class LifecycleTest {

  private static final Attached USER = new Attached("user", 5, false, Optional.empty());
  private static final Attached GATED = new Attached("user", 5, true, Optional.empty());
  private static final OutboxState PREPARED =
      new OutboxState.Prepared(
          new OutboxState.Bundle("source", 1, Optional.empty(), "0".repeat(64), 2));

  private final MemoryTables tables = new MemoryTables();
  private final LocalTransaction tx = tables.tx();
  private final Lifecycle lifecycle = new Lifecycle();

  private void journal(String from, Trigger trigger, String to, Facts facts) {
    tx.journal().append(Lifecycle.MACHINE, trigger.name(), from, to, "earlier", facts);
  }

  @Test
  void aSessionOpensWhereTheTablesAre() {
    tables.bind(USER);
    assertEquals(
        new Fired<>(DurableState.UNOPENED, DurableState.ATTACHED, OptionalLong.of(1)),
        lifecycle.open(tx, "op"));
    assertEquals(List.of("UNOPENED -OPEN-> ATTACHED"), tables.lines());
    assertEquals("op", tables.last().opId());
    assertEquals(Optional.of(DurableState.ATTACHED), Lifecycle.fold(tx.journal()));
    assertEquals(DurableState.ATTACHED, lifecycle.state(tx));
  }

  @Test
  void onlyTheJournalTellsDetachedFromOpened() {
    assertEquals(Optional.empty(), Lifecycle.fold(tx.journal()));
    assertEquals(DurableState.OPENED, lifecycle.state(tx));
    journal("ATTACHED", Trigger.DETACH, "DETACHED", Facts.none());
    assertEquals(DurableState.DETACHED, lifecycle.state(tx));
    assertEquals(DurableState.DETACHED, lifecycle.open(tx, "op").to());
  }

  /** The row carries the control state as the effects left it; the facts of the step win. */
  @Test
  void aRowCarriesTheTablesAfterTheEffects() {
    tables.bind(USER);
    Fired<DurableState> fired =
        lifecycle.fire(
            tx,
            Trigger.FREEZE,
            "op",
            Facts.of("rows", 2, "source", "as the step says"),
            () -> tables.outbox(PREPARED));
    assertEquals(DurableState.PUSH_PREPARED, fired.to());
    assertEquals(
        "{\"source\":\"as the step says\",\"checkpoint\":5,\"sourceBundleId\":1,\"outboxRows\":2,"
            + "\"requestHash\":\""
            + "0".repeat(64)
            + "\",\"rows\":2}",
        tables.last().facts().toString());
  }

  @Test
  void effectsThatDoNotLeadWhereTheDeclarationSaysFail() {
    tables.bind(USER);
    IllegalStateException defect =
        assertThrows(
            IllegalStateException.class,
            () -> lifecycle.fire(tx, Trigger.FREEZE, "op", Facts.none(), () -> {}));
    assertEquals(
        "Transition FREEZE from ATTACHED declares PUSH_PREPARED but its effects left ATTACHED. The"
            + " transaction is rolled back; this is a defect of this library.",
        defect.getMessage());
  }

  @Test
  void aFileIsAdoptedOnce() {
    tables.bind(GATED);
    lifecycle.adopt(tx, "op");
    lifecycle.adopt(tx, "op");
    assertEquals(List.of("UNOPENED -ADOPT-> REBUILD_REQUIRED"), tables.lines());
  }

  @Test
  void tablesThatCannotBeBelievedLeaveTheStateOfTheJournal() {
    CorruptLocalStateException why = new CorruptLocalStateException("_sync_t", "I8");
    lifecycle.corrupt(tx, "op", why);
    assertEquals("{\"table\":\"_sync_t\",\"invariant\":\"I8\"}", tables.last().facts().toString());
    journal("OPENED", Trigger.CONNECT_INIT_EMPTY, "ATTACHED", Facts.none());
    lifecycle.corrupt(tx, "op", why);
    assertEquals(
        List.of(
            "OPENED -CORRUPT-> OPENED",
            "OPENED -CONNECT_INIT_EMPTY-> ATTACHED",
            "ATTACHED -CORRUPT-> ATTACHED"),
        tables.lines());
  }

  @Test
  void aTriggerOutOfCorruptTablesFirstRecordsWhatTheTablesSay() {
    tables.bind(USER);
    lifecycle.fireUnchecked(
        tx, DurableState.PUSH_COMMITTED, Trigger.HASH_MISMATCH, "op", this::committedAndGated);
    assertEquals(List.of("PUSH_COMMITTED -HASH_MISMATCH-> REBUILD_COMMITTED"), tables.lines());
    lifecycle.fireUnchecked(
        tx, DurableState.PUSH_COMMITTED, Trigger.HASH_MISMATCH, "op", this::committedAndGated);
    assertEquals(
        List.of(
            "PUSH_COMMITTED -HASH_MISMATCH-> REBUILD_COMMITTED",
            "REBUILD_COMMITTED -REPAIR-> PUSH_COMMITTED",
            "PUSH_COMMITTED -HASH_MISMATCH-> REBUILD_COMMITTED"),
        tables.lines());
    assertEquals("{\"repaired\":\"TABLES\"}", tables.rows.get(1).facts().toString());
  }

  private void committedAndGated() {
    tables.bind(GATED);
    tables.outbox(
        new OutboxState.CommittedRemote(PREPARED.frozen().orElseThrow(), 7, "1".repeat(64)));
  }

  @Test
  void mendedTablesAreJournaledWithBothViews() {
    tables.bind(USER);
    lifecycle.mended(tx, "op");
    journal("ATTACHED", Trigger.HISTORY_PRUNED, "REBUILD_REQUIRED", Facts.none());
    lifecycle.mended(tx, "op");
    assertEquals(
        List.of(
            "ATTACHED -REPAIR-> ATTACHED",
            "ATTACHED -HISTORY_PRUNED-> REBUILD_REQUIRED",
            "REBUILD_REQUIRED -REPAIR-> ATTACHED"),
        tables.lines());
    assertEquals(
        "{\"source\":\"source\",\"checkpoint\":5,\"repaired\":\"TABLES\"}",
        tables.last().facts().toString());
  }

  @Test
  void repairHasNothingToDoWhereJournalAndTablesAgree() {
    lifecycle.repair(tx, "op");
    assertEquals(List.of(), tables.lines());
    tables.bind(USER);
    journal("UNOPENED", Trigger.OPEN, "ATTACHED", Facts.none());
    lifecycle.repair(tx, "op");
    assertEquals(1, tables.rows.size());
  }

  @Test
  void repairBelievesTheTables() {
    tables.bind(USER);
    journal("UNOPENED", Trigger.OPEN, "OPENED", Facts.none());
    lifecycle.repair(tx, "op");
    assertEquals(List.of("UNOPENED -OPEN-> OPENED", "OPENED -REPAIR-> ATTACHED"), tables.lines());
    assertEquals(
        "{\"source\":\"source\",\"checkpoint\":5,\"repaired\":\"TABLES\"}",
        tables.last().facts().toString());
  }

  @Test
  void repairEndsAnOperationInFlight() {
    tables.bind(USER);
    tables.outbox(PREPARED);
    journal("ATTACHED", Trigger.FREEZE, "PUSH_PREPARED", Facts.none());
    lifecycle.repair(tx, "op");
    lifecycle.repair(tx, "op");
    assertEquals(
        List.of("ATTACHED -FREEZE-> PUSH_PREPARED", "PUSH_PREPARED -REPAIR-> PUSH_PREPARED"),
        tables.lines());
    assertEquals("PUSHING", tables.last().facts().path("repaired").asText());
  }

  /** CP-A1, W-15: remembered from row to row, until a connect is answered. */
  @Test
  void anUnansweredEmptyConnectIsCarriedUntilAnAnswer() {
    lifecycle.open(tx, "op");
    assertFalse(lifecycle.emptyConnectUnanswered(tx, "hash"));
    lifecycle.fire(tx, Trigger.ATTACH_BEGIN, "op", Lifecycle.emptyConnect("hash"), () -> {});
    assertTrue(lifecycle.emptyConnectUnanswered(tx, "hash"));
    lifecycle.repair(tx, "op");
    lifecycle.open(tx, "op");
    lifecycle.corrupt(tx, "op", new CorruptLocalStateException("_sync_t", "I8"));
    lifecycle.mended(tx, "op");
    assertTrue(lifecycle.emptyConnectUnanswered(tx, "hash"));
    assertFalse(lifecycle.emptyConnectUnanswered(tx, "of another user"));
    lifecycle.fire(tx, Trigger.ATTACH_BEGIN, "op", Lifecycle.emptyConnect("newer"), () -> {});
    assertTrue(lifecycle.emptyConnectUnanswered(tx, "newer"));
    lifecycle.fire(tx, Trigger.CONNECT_RETRY_LATER, "op", Facts.none(), () -> {});
    assertFalse(lifecycle.emptyConnectUnanswered(tx, "newer"));
    assertFalse(tables.last().facts().has(Lifecycle.UNANSWERED_EMPTY_CONNECT));
  }

  @Test
  void onlyWhatEndsAConnectAnswersIt() {
    Set<Trigger> answers = EnumSet.noneOf(Trigger.class);
    for (Trigger trigger : Trigger.values()) {
      if (trigger.answersConnect()) {
        answers.add(trigger);
      }
    }
    assertEquals(
        EnumSet.of(
            Trigger.CONNECT_INIT_EMPTY,
            Trigger.CONNECT_INIT_LOCAL,
            Trigger.CONNECT_REMOTE_AUTH,
            Trigger.CONNECT_RETRY_LATER,
            Trigger.DETACH),
        answers);
  }

  @Test
  void theStepsTransactionIsTheLocalOne() {
    lifecycle.open(tx, "op");
    LocalTransaction[] seen = new LocalTransaction[1];
    // A guard reaches the tables through the transaction of the step, and so may an effect.
    lifecycle.fire(
        tx,
        Trigger.ATTACH_BEGIN,
        "op",
        Facts.none(),
        () -> seen[0] = tx.journal().unwrap(LocalTransaction.class));
    assertSame(tables.control, seen[0].controlState());
  }
}
