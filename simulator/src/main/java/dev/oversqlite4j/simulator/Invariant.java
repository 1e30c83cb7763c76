package dev.oversqlite4j.simulator;

import java.sql.Connection;
import java.sql.SQLException;

/** Something that an app promises about its own tables, whatever sync does. */
@FunctionalInterface
public interface Invariant {

  /**
   * Looks at a device's database after a commit.
   *
   * @param database read-only; not to be closed
   * @throws AssertionError if the promise is broken
   * @throws SQLException if it cannot be read, which ends the simulation
   */
  void check(Connection database) throws SQLException;
}
