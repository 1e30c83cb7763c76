package dev.oversqlite4j.sync;

import dev.oversqlite4j.AttachRequiredException;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.SyncTableContractMismatchException;
import dev.oversqlite4j.lifecycle.DurableState;
import dev.oversqlite4j.lifecycle.OperationMatrix;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.spi.Capabilities;
import dev.oversqlite4j.spi.Capabilities.RegisteredTable;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.RowCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The checks every operation begins with (spec 4.0). */
final class Gates {

  private Gates() {}

  /**
   * The session, then the matrix (spec 1.2, in this order): durable state wins over memory.
   *
   * @return the attached user's control state
   */
  static ControlState attached(SyncContext ctx, LocalTransaction tx, Call call) {
    ControlState control = tx.controlState();
    DurableState state = ctx.lifecycle().state(tx);
    Optional<String> durableUser = control.attached().map(ControlState.Attached::userId);
    if (durableUser.isPresent() && !ctx.connectedUser().equals(durableUser)) {
      throw new AttachRequiredException(call.operation());
    }
    throwIfPresent(OperationMatrix.refusal(call, state, control, Optional.empty()));
    return control;
  }

  static void throwIfPresent(Optional<OversqliteException> refusal) {
    if (refusal.isPresent()) {
      throw refusal.get();
    }
  }

  /**
   * The capability gate (spec 4.0 step 1): the server's tables must be ours, both ways, before
   * anything durable happens.
   */
  static Capabilities remote(SyncContext ctx, String sourceId) {
    Capabilities capabilities = ctx.server().capabilities(sourceId);
    RowCodec codec = ctx.store().codec();
    Map<String, String> local = new TreeMap<>();
    codec.tables().forEach(t -> local.put(codec.schemaName() + "." + t.name(), t.keyColumn()));
    Map<String, String> remote = new TreeMap<>();
    for (RegisteredTable t : capabilities.tables()) {
      remote.put(t.schema() + "." + t.table(), t.keyColumn());
    }
    List<String> keyMismatches = new ArrayList<>();
    local.forEach(
        (table, key) -> {
          if (remote.containsKey(table) && !remote.get(table).equals(key)) {
            keyMismatches.add(table);
          }
        });
    List<String> serverOnly = remote.keySet().stream().filter(t -> !local.containsKey(t)).toList();
    List<String> clientOnly = local.keySet().stream().filter(t -> !remote.containsKey(t)).toList();
    if (!serverOnly.isEmpty() || !clientOnly.isEmpty() || !keyMismatches.isEmpty()) {
      throw new SyncTableContractMismatchException(serverOnly, clientOnly, keyMismatches);
    }
    return capabilities;
  }
}
