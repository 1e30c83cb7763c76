package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.simulator.seam.Incarnation;
import dev.oversqlite4j.spi.OwnershipLock;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Database ownership in the simulation: a dead process owns nothing, as under any real system. */
final class Locks {

  private final Map<String, Incarnation> owners = new TreeMap<>();

  OwnershipLock of(Incarnation claimant) {
    return database -> {
      Incarnation owner = owners.get(database);
      if (owner != null && !owner.isDead()) {
        return Optional.empty();
      }
      owners.put(database, claimant);
      return Optional.of(() -> owners.remove(database, claimant));
    };
  }
}
