package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A staged push (spec 2.4, 2.5). Bound to the lease it was created under. */
record PushSession(
    String pushId,
    String user,
    String sourceId,
    long sourceBundleId,
    long plannedRows,
    String requestHash,
    Optional<String> initializationId,
    long expiresAt,
    List<PushRow> rows) {

  /**
   * A staged row.
   *
   * @param payload empty for DELETE; never changed after staging
   * @param requestText canonical JSON of the row as sent, for the request hash
   */
  record PushRow(
      ServerSchema.Table table,
      String key,
      Op op,
      long baseVersion,
      Optional<ObjectNode> payload,
      String requestText) {}

  boolean isOf(String otherUser, String otherSource, long otherBundleId) {
    return user.equals(otherUser)
        && sourceId.equals(otherSource)
        && sourceBundleId == otherBundleId;
  }

  PushSession with(List<PushRow> more, long newExpiresAt) {
    List<PushRow> all = new ArrayList<>(rows);
    all.addAll(more);
    return new PushSession(
        pushId,
        user,
        sourceId,
        sourceBundleId,
        plannedRows,
        requestHash,
        initializationId,
        newExpiresAt,
        List.copyOf(all));
  }
}
