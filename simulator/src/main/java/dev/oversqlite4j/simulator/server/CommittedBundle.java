package dev.oversqlite4j.simulator.server;

import java.util.List;

/**
 * One committed, retained bundle.
 *
 * @param seq position in the user's history, from 1 without gaps
 * @param sourceId writer, as in its {@code Oversync-Source-ID} header
 * @param sourceBundleId the writer's own counter, from 1 without gaps
 * @param requestHash {@code canonical_request_hash} of the push behind it
 * @param bundleHash hash of the rows (spec 5.2)
 * @param rows effects in order of first capture
 */
public record CommittedBundle(
    long seq,
    String sourceId,
    long sourceBundleId,
    String requestHash,
    String bundleHash,
    List<BundleRow> rows) {

  public CommittedBundle {
    rows = List.copyOf(rows);
  }
}
