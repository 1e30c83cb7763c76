package dev.oversqlite4j.lifecycle;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Facts;
import dev.oversqlite4j.fsm.JournalTransaction;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.DirtyRows;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Operation;
import dev.oversqlite4j.spi.Outbox;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.Partial;
import dev.oversqlite4j.spi.Quarantine;
import dev.oversqlite4j.spi.Sources;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the lifecycle sees of a database: control state, three counts, the lineage, its journal. */
final class MemoryTables {

  ControlState control =
      new ControlState(
          Optional.of("source"),
          new ControlState.Anonymous(),
          Operation.None.PLAIN,
          new OutboxState.Empty());
  long dirty;
  long frozen;
  long quarantined;
  final Set<String> usedSources = new HashSet<>(Set.of("used"));
  final List<JournalEntry> rows = new ArrayList<>();

  LocalTransaction tx() {
    return Partial.of(LocalTransaction.class, new Roles());
  }

  void bind(ControlState.Binding binding) {
    control = new ControlState(control.sourceId(), binding, control.operation(), control.outbox());
  }

  void outbox(OutboxState outbox) {
    control = new ControlState(control.sourceId(), control.binding(), control.operation(), outbox);
  }

  void operation(Operation operation) {
    control = new ControlState(control.sourceId(), control.binding(), operation, control.outbox());
  }

  /** Every row as {@code FROM -TRIGGER-> TO}. */
  List<String> lines() {
    return rows.stream().map(r -> r.from() + " -" + r.trigger() + "-> " + r.to()).toList();
  }

  JournalEntry last() {
    return rows.get(rows.size() - 1);
  }

  /** Hands out what the lifecycle asks for. */
  final class Roles {
    public ControlState controlState() {
      return control;
    }

    public JournalTransaction journal() {
      return new Journal();
    }

    public DirtyRows dirtyRows() {
      return Partial.of(DirtyRows.class, new Count(dirty));
    }

    public Outbox outbox() {
      return Partial.of(Outbox.class, new Count(frozen));
    }

    public Quarantine quarantine() {
      return Partial.of(Quarantine.class, new Count(quarantined));
    }

    public Sources sources() {
      return Partial.of(Sources.class, new Lineage());
    }
  }

  record Count(long count) {
    public long rowCount() {
      return count;
    }
  }

  final class Lineage {
    public boolean fresh(String sourceId) {
      return !usedSources.contains(sourceId);
    }
  }

  private final class Journal implements JournalTransaction {
    private final LocalTransaction local = tx();

    @Override
    public Optional<JournalEntry> head(String machine) {
      return rows.stream().filter(row -> row.machine().equals(machine)).reduce((a, b) -> b);
    }

    @Override
    public long append(
        String machine, String trigger, String from, String to, String opId, Facts facts) {
      long seq = rows.size() + 1L;
      rows.add(
          new JournalEntry(
              machine, seq, trigger, from, to, opId, facts.json(), Instant.EPOCH, "none"));
      return seq;
    }

    @Override
    public <C> C unwrap(Class<C> type) {
      return type.cast(local);
    }
  }
}
