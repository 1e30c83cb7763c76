package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Connect and the initialisation lease (spec 2.3). */
final class ConnectEndpoint {
  private final Setup setup;

  ConnectEndpoint(Setup setup) {
    this.setup = setup;
  }

  WireResponse connect(Call call) {
    boolean pending = RequestBody.parse(call.request().body()).bool("has_local_pending_rows");
    call.begin("connect_failed");
    UserState user = call.userState();
    Scope scope = user.scopeAt(setup.now());
    if (scope instanceof Scope.Initialized) {
      return resolution("remote_authoritative");
    }
    if (scope instanceof Scope.Initializing lease && !lease.sourceId().equals(call.sourceId())) {
      long left = Math.max(1, (lease.leaseExpiresAt() - setup.now()) / 1000);
      return Json.ok(
          Json.object()
              .put("resolution", "retry_later")
              .put("retry_after_seconds", left)
              .put("lease_expires_at", Setup.rfc3339(lease.leaseExpiresAt())));
    }
    if (!pending) {
      user.scope = new Scope.Initialized(call.sourceId());
      return resolution("initialize_empty");
    }
    String id =
        scope instanceof Scope.Initializing lease
            ? lease.initializationId()
            : setup.newUuid().get();
    long expiresAt = setup.inSeconds(setup.limits().leaseTtlSeconds());
    user.scope = new Scope.Initializing(call.sourceId(), id, expiresAt);
    ObjectNode body = Json.object().put("resolution", "initialize_local");
    body.put("initialization_id", id).put("lease_expires_at", Setup.rfc3339(expiresAt));
    return Json.ok(body);
  }

  private static WireResponse resolution(String name) {
    return Json.ok(Json.object().put("resolution", name));
  }
}
