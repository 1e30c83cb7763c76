package dev.oversqlite4j.simulator.plan;

import dev.oversqlite4j.simulator.server.Revision;
import java.util.Objects;

/**
 * A hand-written plan whose crash points are explored one by one.
 *
 * @param name what it is called on the command line
 * @param about one sentence on what it shows
 * @param plan the plan
 * @param crashedDevice the device whose crash points are explored
 */
public record Scenario(String name, String about, Plan plan, int crashedDevice) {

  /**
   * Checks that the device exists.
   *
   * @throws InvalidPlanException if the plan has no such device
   */
  public Scenario {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(about, "about");
    Range.check("crashedDevice", crashedDevice, 0, plan.devices() - 1);
  }

  /** The same scenario against a server of another revision. */
  public Scenario withRevision(Revision other) {
    return new Scenario(name, about, plan.withRevision(other), crashedDevice);
  }
}
