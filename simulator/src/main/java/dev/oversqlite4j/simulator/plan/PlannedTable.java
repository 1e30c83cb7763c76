package dev.oversqlite4j.simulator.plan;

import java.util.List;
import java.util.Objects;

/**
 * A table that generated plans write to.
 *
 * @param name its name in SQL
 * @param place where it stands among the others
 */
public record PlannedTable(String name, Place place) {

  /** The built-in app's tables. */
  public static final List<PlannedTable> BUILT_IN =
      List.of(
          new PlannedTable(Table.PERSON, Place.PARENT),
          new PlannedTable(Table.NOTE, Place.LEAF),
          new PlannedTable(Table.MEASURE, Place.LEAF));

  /** Whether rows of other tables hang on its rows. */
  public enum Place {
    /** Its rows are written less often, and never deleted: that could delete rows no plan names. */
    PARENT,
    /** Nothing refers to it. */
    LEAF
  }

  /** Checks that both are present. */
  public PlannedTable {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(place, "place");
  }
}
