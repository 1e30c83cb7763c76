package dev.oversqlite4j.simulator.server;

import java.util.Map;
import java.util.Optional;

/**
 * Row state and business row of one key in one.
 *
 * @param version sequence of the last bundle that touched the row
 * @param image stored text by column name, every column present; empty for a tombstone
 */
record StoredRow(long version, Optional<Map<String, Optional<String>>> image) {

  boolean isLive() {
    return image.isPresent();
  }
}
