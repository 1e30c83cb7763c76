package dev.oversqlite4j;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/**
 * One transition, as the journal holds it.
 *
 * @param machine the machine it belongs to
 * @param seq its number within the machine, from 1
 * @param trigger what fired
 * @param from state before
 * @param to state after
 * @param opId the operation it is part of
 * @param facts what the fold of the journal needs; a copy, changing it changes nothing here
 * @param at when
 * @param chain SHA-256 over the previous chain and this row, 64 hexadecimal digits
 */
public record JournalEntry(
    String machine,
    long seq,
    String trigger,
    String from,
    String to,
    String opId,
    ObjectNode facts,
    Instant at,
    String chain) {
  public JournalEntry {
    facts = facts.deepCopy();
  }

  /** What the fold of the journal needs; a copy. */
  public ObjectNode facts() {
    return facts.deepCopy();
  }

  /** Without the facts, which name source ids. */
  @Override
  public String toString() {
    return "JournalEntry[" + machine + " " + seq + ": " + from + " -" + trigger + "-> " + to + "]";
  }
}
