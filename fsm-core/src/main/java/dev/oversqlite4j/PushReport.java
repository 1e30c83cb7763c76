package dev.oversqlite4j;

import java.util.List;

/**
 * Result of {@code pushPending}.
 *
 * @param outcome what the push did
 * @param status where the database stands
 * @param quarantined rows this call found impossible to send and set aside
 */
public record PushReport(PushOutcome outcome, SyncStatus status, List<QuarantinedRow> quarantined) {
  public PushReport {
    quarantined = List.copyOf(quarantined);
  }
}
