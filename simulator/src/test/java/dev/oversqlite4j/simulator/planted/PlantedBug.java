package dev.oversqlite4j.simulator.planted;

import dev.oversqlite4j.simulator.world.Parts;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A defect that the simulator has to find.
 *
 * @param name what it is called in the table
 * @param weakness the weakness of other clients that it is ({@code W-3}), if it is one
 * @param what it does wrong, in a few words
 * @param parts the client with the defect
 */
record PlantedBug(String name, Optional<String> weakness, String what, Parts parts) {

  /** A weakness that another client really has. */
  static PlantedBug of(String weakness, String name, String what, Tampering... tamperings) {
    return new PlantedBug(name, Optional.of(weakness), what, parts(tamperings));
  }

  /** A slip that anybody may make. */
  static PlantedBug slip(String name, String what, Tampering... tamperings) {
    return new PlantedBug(name, Optional.empty(), what, parts(tamperings));
  }

  /** A statement that says something else. */
  static PlantedBug statement(String name, String what, UnaryOperator<String> sql) {
    return new PlantedBug(name, Optional.empty(), what, new TamperedParts(List.of(), sql));
  }

  private static Parts parts(Tampering... tamperings) {
    return new TamperedParts(List.of(tamperings), UnaryOperator.identity());
  }
}
