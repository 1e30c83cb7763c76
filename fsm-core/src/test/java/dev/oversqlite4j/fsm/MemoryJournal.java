package dev.oversqlite4j.fsm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.JournalEntry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A journal in a list, for what the engine does by itself; the real one is tested on SQLite. */
final class MemoryJournal implements Journal {

  private List<JournalEntry> rows = List.of();

  @Override
  public <R> R transact(Function<? super JournalTransaction, ? extends R> work) {
    List<JournalEntry> draft = new ArrayList<>(rows);
    R result = work.apply(new Transaction(draft));
    rows = List.copyOf(draft);
    return result;
  }

  @Override
  public List<JournalEntry> entries(String machine, long afterSeq, int limit) {
    return rows.stream()
        .filter(row -> row.machine().equals(machine) && row.seq() > afterSeq)
        .limit(limit)
        .toList();
  }

  /** Every row as {@code machine: FROM -TRIGGER-> TO}. */
  List<String> lines() {
    return rows.stream()
        .map(r -> r.machine() + ": " + r.from() + " -" + r.trigger() + "-> " + r.to())
        .toList();
  }

  private record Transaction(List<JournalEntry> rows) implements JournalTransaction {
    @Override
    public Optional<JournalEntry> head(String machine) {
      return rows.stream().filter(row -> row.machine().equals(machine)).reduce((a, b) -> b);
    }

    @Override
    public long append(
        String machine, String trigger, String from, String to, String opId, Facts facts) {
      long seq = head(machine).map(JournalEntry::seq).orElse(0L) + 1;
      ObjectNode json = facts.json();
      rows.add(
          new JournalEntry(machine, seq, trigger, from, to, opId, json, Instant.EPOCH, "none"));
      return seq;
    }

    @Override
    public <C> C unwrap(Class<C> type) {
      throw new IllegalArgumentException("a list has no " + type.getName());
    }
  }
}
