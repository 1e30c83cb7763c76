package dev.oversqlite4j;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/**
 * One row of the lifecycle journal.
 *
 * @param machine key of the machine the row belongs to
 * @param seq position in that machine's journal, from 1, without gaps
 * @param trigger name of the trigger that was fired
 * @param from name of the state before
 * @param to name of the state after
 * @param opId the operation the transition belongs to, empty if none
 * @param facts what the fold of the journal needs to know about the transition
 * @param at when the transition was journaled
 * @param chain lower-case hex SHA-256 over the previous row's chain and this row
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
    String chain) {}
