package dev.oversqlite4j;

import java.util.Objects;
import java.util.Optional;

/**
 * A table that takes part in sync.
 *
 * @param name the table, spelled as the app spells it
 * @param syncKeyColumn its key column; empty to take the primary key that the database declares
 */
public record SyncTable(String name, Optional<String> syncKeyColumn) {
  public SyncTable {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(syncKeyColumn, "syncKeyColumn");
  }
}
