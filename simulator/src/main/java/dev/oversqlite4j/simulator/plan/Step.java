package dev.oversqlite4j.simulator.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

/**
 * One step of a plan.
 *
 * @param device which device takes it, counted from 0
 * @param command what the device does
 * @param faults what goes wrong meanwhile. Crashes happen in the order of the list: the second one
 *     counts from the restart after the first. They come first in the list, then the lost requests
 *     and the lost responses in ascending order and the others in an order of theirs, all without
 *     repetition, whatever order was given.
 * @param afterCrash what the device does once its process runs again
 * @param at lets the step run during an earlier step of the same device: it is held back until a
 *     seam whose text ({@code KIND label}) starts with this is reached there
 */
public record Step(
    int device, Command command, List<Fault> faults, AfterCrash afterCrash, Optional<String> at) {

  /**
   * Puts the faults in their one order.
   *
   * @throws InvalidPlanException if the device is out of range or {@code at} is blank
   */
  public Step {
    Range.check("device", device, 0, Plan.MAX_DEVICES - 1);
    Objects.requireNonNull(command, "command");
    Objects.requireNonNull(afterCrash, "afterCrash");
    faults = inOrder(faults);
    if (at.isPresent() && at.get().isBlank()) {
      throw new InvalidPlanException("at must name the start of a seam's text, or be absent.");
    }
  }

  /**
   * A step in which nothing goes wrong, taken as soon as it is its turn.
   *
   * @param device which device takes it, counted from 0
   * @param command what the device does
   * @return the step
   * @throws InvalidPlanException if the device is out of range
   */
  public static Step of(int device, Command command) {
    return new Step(device, command, List.of(), AfterCrash.RETRY, Optional.empty());
  }

  /** The same step with another command. */
  public Step withCommand(Command other) {
    return new Step(device, other, faults, afterCrash, at);
  }

  // Two lists that make the same things go wrong are one value, and JSON need not keep their order.
  private static List<Fault> inOrder(List<Fault> faults) {
    List<Fault> ordered = new ArrayList<>();
    TreeSet<Integer> lostRequests = new TreeSet<>();
    TreeSet<Integer> lostResponses = new TreeSet<>();
    TreeSet<Fault> others = new TreeSet<>(Fault.ORDER);
    for (Fault fault : faults) {
      if (fault instanceof Fault.LoseRequest lost) {
        lostRequests.add(lost.n());
      } else if (fault instanceof Fault.LoseResponse lost) {
        lostResponses.add(lost.n());
      } else if (fault.isCrash()) {
        ordered.add(fault);
      } else {
        others.add(fault);
      }
    }
    lostRequests.forEach(n -> ordered.add(new Fault.LoseRequest(n)));
    lostResponses.forEach(n -> ordered.add(new Fault.LoseResponse(n)));
    ordered.addAll(others);
    return List.copyOf(ordered);
  }
}
