package dev.oversqlite4j.simulator.world;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.ConflictContext;
import dev.oversqlite4j.Resolution;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.simulator.plan.ResolverChoice;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/** The resolver of one process, as the plan chose it for the device. */
final class PlannedResolver implements Resolver {

  private final SimulatedApp app;
  private final Optional<Resolver> own;
  private final ResolverChoice choice;
  private boolean threwLast;

  PlannedResolver(SimulatedApp app, ResolverChoice choice) {
    this.app = app;
    this.own = app.newResolver();
    this.choice = choice;
  }

  @Override
  public Resolution resolve(ConflictContext conflict) {
    if (own.isPresent()) {
      if (choice == ResolverChoice.THROWS) {
        everySecondTime();
      }
      return own.get().resolve(conflict);
    }
    return switch (choice) {
      case SERVER_WINS -> Resolution.acceptServer();
      case CLIENT_WINS -> clientWins(conflict);
      case MERGE -> merge(conflict);
      case THROWS -> everySecondTime();
    };
  }

  /** What the next decision depends on besides the conflict. */
  String memory() {
    return threwLast ? " threw" : "";
  }

  private Resolution everySecondTime() {
    threwLast = !threwLast;
    if (threwLast) {
      throw new IllegalStateException("The simulated app cannot decide this conflict now");
    }
    return Resolution.acceptServer();
  }

  /** The cells of spec 4.4.3 step 4 that are invalid for a kept edit go to the server. */
  private static Resolution clientWins(ConflictContext conflict) {
    boolean kept =
        switch (conflict.localOp()) {
          case DELETE -> true;
          case INSERT -> conflict.serverRow().isPresent() || conflict.serverRowDeleted();
          case UPDATE -> conflict.serverRow().isPresent();
        };
    return kept ? Resolution.keepLocal() : Resolution.acceptServer();
  }

  private Resolution merge(ConflictContext conflict) {
    if (conflict.localOp() == RowOperation.DELETE || conflict.serverRow().isEmpty()) {
      return clientWins(conflict);
    }
    AppTable table = app.table(conflict.table()).orElseThrow();
    ObjectNode merged = conflict.localPayload().orElseThrow();
    ObjectNode server = conflict.serverRow().orElseThrow();
    for (AppTable.Column column : table.columns()) {
      String name = column.name();
      if (table.marks().contains(name)) {
        continue;
      }
      merged.set(name, server.get(name));
      // Blobs are base64 on the wire and hex in the file; the other kinds are spelled alike.
      if (column.kind() == AppTable.Kind.BLOB && merged.get(name).isTextual()) {
        byte[] raw = Base64.getDecoder().decode(merged.get(name).textValue());
        merged.put(name, HexFormat.of().formatHex(raw));
      }
    }
    return Resolution.keepMerged(merged);
  }
}
