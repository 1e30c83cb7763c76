package dev.oversqlite4j.lifecycle;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.Fired;
import dev.oversqlite4j.fsm.JournalTransaction;
import dev.oversqlite4j.fsm.TransitionStep;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.LocalTransaction;
import java.util.Optional;

/**
 * Fires the lifecycle's transitions. One step, inside the workflow's transaction: derive the state
 * from the control tables, require that the journal agrees, check the declaration, run the effects,
 * require that the tables now say what the declaration said, append the row (spec 9, machine
 * discipline).
 *
 * <p>Holds no state: what was true at the last commit is in the file. Thread-safe; steps run one
 * after the other.
 */
public final class Lifecycle {

  /** The machine's key in the journal. */
  public static final String MACHINE = LifecycleDefinition.get().name() + "/lifecycle";

  /**
   * The user for whom a connect without pending rows may have reached the server unanswered;
   * carried from row to row until a connect is answered (CP-A1, W-15).
   */
  static final String UNANSWERED_EMPTY_CONNECT = "unansweredEmptyConnect";

  private final TransitionStep<DurableState, Trigger> step =
      TransitionStep.of(LifecycleDefinition.get());

  /** The state according to the control tables and, for OPENED or DETACHED, the journal. */
  public DurableState state(LocalTransaction tx) {
    return DurableState.derive(tx.controlState(), fold(tx.journal()));
  }

  /** The state according to the journal alone. */
  public static Optional<DurableState> fold(JournalTransaction journal) {
    return journal.head(MACHINE).map(head -> DurableState.valueOf(head.to()));
  }

  /**
   * Fires a trigger whose effects are {@code effect}; see the class comment.
   *
   * @throws dev.oversqlite4j.OversqliteException the declared error, if the step is refused;
   *     nothing ran
   * @throws IllegalStateException the effects did not lead where the declaration says; the caller's
   *     transaction has to be rolled back, as after whatever else the effects throw
   */
  public Fired<DurableState> fire(
      LocalTransaction tx, Trigger trigger, String opId, Facts facts, Runnable effect) {
    return fire(tx, state(tx), trigger, opId, facts, effect);
  }

  /** Opens a session: from UNOPENED to whatever the tables say (T1, T2). */
  public Fired<DurableState> open(LocalTransaction tx, String opId) {
    return fire(tx, DurableState.UNOPENED, Trigger.OPEN, opId, Facts.none(), () -> {});
  }

  /** The tables of another client are ours from now on (architecture, adoption). */
  public void adopt(LocalTransaction tx, String opId) {
    if (tx.journal().head(MACHINE).isEmpty()) {
      fire(tx, DurableState.UNOPENED, Trigger.ADOPT, opId, Facts.none(), () -> {});
    }
  }

  /**
   * T3: the tables cannot be believed, so the state is what the journal said last. No transition of
   * the machine, which would ask the tables.
   */
  public void corrupt(LocalTransaction tx, String opId, CorruptLocalStateException why) {
    Optional<JournalEntry> head = tx.journal().head(MACHINE);
    String state = head.map(JournalEntry::to).orElse(DurableState.OPENED.name());
    Facts facts = Facts.of("table", why.table(), "invariant", why.reason());
    tx.journal().append(MACHINE, Trigger.CORRUPT.name(), state, state, opId, carried(head, facts));
  }

  /**
   * Fires a trigger that leads out of tables that contradict themselves. Afterwards they have to
   * agree with the declaration like after any other step.
   *
   * @param from what the tables say as far as they can be read
   */
  public void fireUnchecked(
      LocalTransaction tx, DurableState from, Trigger trigger, String opId, Runnable effect) {
    Optional<JournalEntry> head = tx.journal().head(MACHINE);
    String folded = head.map(JournalEntry::to).orElse(from.name());
    if (!folded.equals(from.name())) {
      tables(tx, head, folded, from.name(), opId, Facts.none());
    }
    fire(tx, from, trigger, opId, Facts.none(), effect);
  }

  /** Damaged tables were mended and can be believed again (W-34); the row records both views. */
  public void mended(LocalTransaction tx, String opId) {
    Optional<JournalEntry> head = tx.journal().head(MACHINE);
    String derived = state(tx).name();
    tables(
        tx,
        head,
        head.map(JournalEntry::to).orElse(derived),
        derived,
        opId,
        DurableState.view(tx.controlState()));
  }

  /** Not a transition of the machine: what the tables say took the place of what was journaled. */
  private static void tables(
      LocalTransaction tx,
      Optional<JournalEntry> head,
      String from,
      String to,
      String opId,
      Facts facts) {
    tx.journal()
        .append(
            MACHINE,
            Trigger.REPAIR.name(),
            from,
            to,
            opId,
            carried(head, facts.with("repaired", "TABLES")));
  }

  /**
   * Brings journal and tables back together before a session begins: tables another program wrote,
   * and an operation a dead process left in flight. Both become REPAIR rows (architecture,
   * journal).
   */
  public void repair(LocalTransaction tx, String opId) {
    Optional<JournalEntry> head = tx.journal().head(MACHINE);
    if (head.isEmpty()) {
      return;
    }
    DurableState folded = DurableState.valueOf(head.get().to());
    DurableState derived = state(tx);
    if (folded != derived) {
      // The tables win, and the row records both views.
      tables(tx, head, folded.name(), derived.name(), opId, DurableState.view(tx.controlState()));
    }
    Optional<Trigger.InFlight> inFlight = Trigger.valueOf(head.get().trigger()).leaves();
    if (inFlight.isPresent()) {
      fire(
          tx, derived, Trigger.REPAIR, opId, Facts.of("repaired", inFlight.get().name()), () -> {});
    }
  }

  /**
   * Whether an earlier connect of {@code userHash} without pending rows may have gone unanswered.
   */
  public boolean emptyConnectUnanswered(LocalTransaction tx, String userHash) {
    return tx.journal()
        .head(MACHINE)
        .map(head -> head.facts().path(UNANSWERED_EMPTY_CONNECT).asText())
        .filter(userHash::equals)
        .isPresent();
  }

  /** Facts of an ATTACH_BEGIN that is about to connect without pending rows. */
  public static Facts emptyConnect(String userHash) {
    return Facts.of(UNANSWERED_EMPTY_CONNECT, userHash);
  }

  private Fired<DurableState> fire(
      LocalTransaction tx,
      DurableState from,
      Trigger trigger,
      String opId,
      Facts facts,
      Runnable effect) {
    Optional<JournalEntry> head = tx.journal().head(MACHINE);
    Fired<DurableState> fired =
        step.run(new ViewAppending(tx, head), MACHINE, from, trigger, facts, opId, effect);
    DurableState derived = DurableState.derive(tx.controlState(), Optional.of(fired.to()));
    if (derived != fired.to()) {
      throw new IllegalStateException(
          "Transition "
              + trigger
              + " from "
              + from
              + " declares "
              + fired.to()
              + " but its effects left "
              + derived
              + ". The transaction is rolled back; this is a defect of this library.");
    }
    return fired;
  }

  private static Facts carried(Optional<JournalEntry> head, Facts facts) {
    if (head.isEmpty() || facts.json().has(UNANSWERED_EMPTY_CONNECT)) {
      return facts;
    }
    String user = head.get().facts().path(UNANSWERED_EMPTY_CONNECT).asText();
    return user.isEmpty() ? facts : facts.with(UNANSWERED_EMPTY_CONNECT, user);
  }

  /** Adds to each row the control state after the effects, which is what the fold needs. */
  private record ViewAppending(LocalTransaction tx, Optional<JournalEntry> head)
      implements JournalTransaction {

    @Override
    public Optional<JournalEntry> head(String machine) {
      return tx.journal().head(machine);
    }

    @Override
    public long append(
        String machine, String trigger, String from, String to, String opId, Facts facts) {
      ControlState after = tx.controlState();
      ObjectNode row = DurableState.view(after).json();
      row.setAll(facts.json());
      Facts complete = Facts.of(row);
      return tx.journal()
          .append(
              machine,
              trigger,
              from,
              to,
              opId,
              Trigger.valueOf(trigger).answersConnect() ? complete : carried(head, complete));
    }

    @Override
    public <C> C unwrap(Class<C> type) {
      return tx.journal().unwrap(type);
    }
  }
}
