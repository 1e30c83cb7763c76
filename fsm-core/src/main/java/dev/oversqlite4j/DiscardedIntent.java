package dev.oversqlite4j;

import java.time.Instant;
import java.util.Optional;

/**
 * One line of the audit of local edits that were dropped on purpose. Key and payload stay out of
 * {@link #toString()}, so that logging this is safe.
 *
 * @param id position in the audit, growing
 * @param at when it was dropped
 * @param opId the operation that dropped it, as the journal names it
 * @param cause why
 * @param schema schema of the row
 * @param table table of the row
 * @param keyJson its key, as the control tables spell it
 * @param op what the edit would have done
 * @param payload the row as JSON text, empty for a delete
 */
public record DiscardedIntent(
    long id,
    Instant at,
    String opId,
    DiscardCause cause,
    String schema,
    String table,
    String keyJson,
    RowOperation op,
    Optional<String> payload) {
  @Override
  public String toString() {
    return "DiscardedIntent["
        + id
        + ", "
        + at
        + ", "
        + Redaction.identifier(table)
        + ", "
        + op
        + ", "
        + cause
        + "]";
  }
}
