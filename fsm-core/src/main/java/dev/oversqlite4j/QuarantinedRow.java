package dev.oversqlite4j;

import java.time.Instant;
import java.util.Optional;

/**
 * An edit that cannot be sent as it is. Key and payload stay out of {@link #toString()}, so that
 * logging this is safe.
 *
 * @param schema schema of the row
 * @param table table of the row
 * @param keyJson its key, as the control tables spell it
 * @param op what the edit does
 * @param baseRowVersion the server version it builds on, 0 if the server never saw the row
 * @param payload the row as JSON text, empty for a delete
 * @param cause why it cannot be sent
 * @param at when it was captured last
 */
public record QuarantinedRow(
    String schema,
    String table,
    String keyJson,
    RowOperation op,
    long baseRowVersion,
    Optional<String> payload,
    QuarantineCause cause,
    Instant at) {
  @Override
  public String toString() {
    return "QuarantinedRow[" + Redaction.identifier(table) + ", " + op + ", " + cause + "]";
  }
}
