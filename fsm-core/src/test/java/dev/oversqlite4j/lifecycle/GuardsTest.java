package dev.oversqlite4j.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.oversqlite4j.SourceRecoveryReason;
import dev.oversqlite4j.fsm.Cell;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.GuardContext;
import dev.oversqlite4j.fsm.MachineDefinition;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.ControlState.Anonymous;
import dev.oversqlite4j.spi.ControlState.Attached;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.Operation.StagedSnapshot;
import dev.oversqlite4j.spi.OutboxState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Every guard of the declaration means what its name says, whatever the tables hold. */
class GuardsTest {

  /** What the tables may hold, in words of this test. */
  private record World(
      boolean attached,
      boolean gated,
      boolean lease,
      String operation,
      String outbox,
      int dirty,
      int frozen,
      int quarantined,
      boolean detachedLast,
      String named) {

    /** Spec 9.1, first match wins. */
    String state() {
      if (operation.startsWith("replace")) {
        return operation.equals("replace, staged") ? "RR1" : "RR0";
      }
      if (operation.equals("recovery")) {
        return "RS";
      }
      if (!attached) {
        return detachedLast ? "D" : "O";
      }
      if (gated) {
        return outbox.equals("committed") ? "RCC" : "RC";
      }
      if (!outbox.equals("empty")) {
        return outbox.equals("committed") ? "AC" : "AP";
      }
      return lease ? "AS" : "A";
    }

    MemoryTables tables() {
      MemoryTables tables = new MemoryTables();
      OutboxState.Bundle bundle =
          new OutboxState.Bundle("source", 1, Optional.empty(), "0".repeat(64), 1);
      tables.control =
          new ControlState(
              Optional.of("source"),
              attached
                  ? new Attached("user", 3, gated, lease ? Optional.of("lease") : Optional.empty())
                  : new Anonymous(),
              switch (operation) {
                case "none" -> Operation.None.PLAIN;
                case "replace" -> new Operation.RemoteReplace("user", Optional.empty());
                case "replace, begun" ->
                    new Operation.RemoteReplace(
                        "user", Optional.of(new StagedSnapshot("s", 3, 2, 10, false)));
                case "replace, staged" ->
                    new Operation.RemoteReplace(
                        "user", Optional.of(new StagedSnapshot("s", 3, 2, 10, true)));
                default ->
                    new Operation.SourceRecovery(SourceRecoveryReason.SOURCE_RETIRED, "reserved");
              },
              switch (outbox) {
                case "empty" -> new OutboxState.Empty();
                case "prepared" -> new OutboxState.Prepared(bundle);
                default -> new OutboxState.CommittedRemote(bundle, 4, "1".repeat(64));
              });
      tables.dirty = dirty;
      tables.frozen = frozen;
      tables.quarantined = quarantined;
      if (detachedLast) {
        tables
            .tx()
            .journal()
            .append(Lifecycle.MACHINE, "DETACH", "ATTACHED", "DETACHED", "", Facts.none());
      }
      return tables;
    }

    Facts facts() {
      return named.isEmpty()
          ? Facts.none()
          : Facts.of(LifecycleDefinition.REPLACEMENT_NAMED, named).with("frozenKept", true);
    }
  }

  private static final Map<String, Predicate<World>> MEANING =
      Map.ofEntries(
          Map.entry("user wiped", w -> w.state().equals("D")),
          Map.entry("replace pending", w -> w.state().equals("RR0")),
          Map.entry("replace staged", w -> w.state().equals("RR1")),
          Map.entry("attached", w -> w.state().equals("A")),
          Map.entry("outbox prepared", w -> w.state().equals("AP")),
          Map.entry("outbox committed", w -> w.state().equals("AC")),
          Map.entry("rebuild required", w -> w.state().equals("RC")),
          Map.entry("rebuild required, outbox committed", w -> w.state().equals("RCC")),
          Map.entry("source recovery", w -> w.state().equals("RS")),
          Map.entry("outbox empty", w -> w.outbox().equals("empty")),
          Map.entry("nothing frozen", w -> !w.outbox().equals("prepared")),
          Map.entry("bundle frozen", w -> w.outbox().equals("prepared")),
          Map.entry("lease held", w -> w.attached() && w.lease()),
          Map.entry(
              "lease held, nothing frozen",
              w -> w.attached() && w.lease() && !w.outbox().equals("prepared")),
          Map.entry("nothing pending", w -> w.dirty() + w.frozen() + w.quarantined() == 0),
          Map.entry("rows pending", w -> w.dirty() + w.frozen() + w.quarantined() > 0),
          Map.entry("frozen bundle kept", w -> !w.named().isEmpty()),
          // Spec 4.4.4: what is reserved stays; else what the server names must never have been
          // ours.
          Map.entry(
              "reservation compatible",
              w ->
                  w.named().isEmpty()
                      || (w.operation().equals("recovery")
                          ? w.named().equals("reserved")
                          : !w.named().equals("source") && !w.named().equals("used"))));

  private static List<World> worlds() {
    List<World> worlds = new ArrayList<>();
    List<String> named = List.of("", "reserved", "source", "used", "other");
    for (int binding = 0; binding < 5; binding++) {
      for (String operation :
          List.of("none", "replace", "replace, begun", "replace, staged", "recovery")) {
        for (String outbox : List.of("empty", "prepared", "committed")) {
          for (int rest = 0; rest < 5; rest++) {
            worlds.add(
                new World(
                    binding > 0,
                    binding == 2 || binding == 3,
                    binding > 2,
                    operation,
                    outbox,
                    rest == 1 ? 2 : 0,
                    rest == 2 ? 2 : 0,
                    rest == 3 ? 2 : 0,
                    rest % 2 == 1,
                    named.get(rest)));
          }
        }
      }
    }
    return worlds;
  }

  /** A world and how a guard sees it, which it may only read. */
  private record Situation(World world, GuardContext context) {}

  private static final List<Situation> SITUATIONS =
      worlds().stream()
          .map(
              world ->
                  new Situation(
                      world, new GuardContext(world.tables().tx().journal(), world.facts())))
          .toList();

  @Test
  void everyGuardMeansItsName() {
    MachineDefinition<DurableState, Trigger> definition = LifecycleDefinition.declare();
    Set<String> declared = new TreeSet<>();
    for (DurableState state : DurableState.values()) {
      for (Trigger trigger : Trigger.values()) {
        if (definition.cell(state, trigger) instanceof Cell.Permitted<DurableState> permitted) {
          for (Cell.Branch<DurableState> branch : permitted.branches()) {
            if (branch.guard().isPresent()) {
              Cell.NamedGuard guard = branch.guard().get();
              declared.add(guard.name());
              check(state + " on " + trigger, guard, meaning(trigger, guard.name()));
            }
          }
        }
      }
    }
    assertEquals(new TreeSet<>(MEANING.keySet()), declared);
  }

  /** Where the tables decide alone, a lease is a state; elsewhere it is a column. */
  private static Predicate<World> meaning(Trigger trigger, String name) {
    return name.equals("lease held") && (trigger == Trigger.OPEN || trigger == Trigger.ADOPT)
        ? w -> w.state().equals("AS")
        : MEANING.get(name);
  }

  private static void check(String cell, Cell.NamedGuard guard, Predicate<World> meaning) {
    for (Situation situation : SITUATIONS) {
      assertEquals(
          meaning.test(situation.world()),
          guard.guard().holds(situation.context()),
          () -> cell + " [" + guard.name() + "] with " + situation.world());
    }
  }
}
