package dev.oversqlite4j.simulator.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Puts disturbances, the rebuilds they call for and what else is rare among the steps of a
 * workload.
 */
final class Disturber {

  private static final int DISTURBED_PERCENT = 40;
  private static final int SYNCED_PERCENT = 70;
  private static final int REBUILT_PERCENT = 50;

  private Disturber() {}

  static List<Step> disturb(List<Step> steps, int devices, SplittableRandom random) {
    if (!Draw.percent(random, DISTURBED_PERCENT)) {
      return steps;
    }
    List<Step> disturbed = new ArrayList<>(steps);
    int count = random.nextInt(1, 4);
    for (int i = 0; i < count; i++) {
      int device = random.nextInt(devices);
      switch (Draw.weighted(random, 5, 3, 3, 2, 3, 3, 1, 4, 3)) {
        case 0 -> one(disturbed, random, device, Disturbance.PRUNE_ALL);
        case 1 -> one(disturbed, random, device, Disturbance.PRUNE_BUT_LAST);
        case 2 -> one(disturbed, random, device, Disturbance.RETIRE_SOURCE);
        case 3 -> one(disturbed, random, device, Disturbance.RETIRE_SOURCE_NAMING);
        case 4 ->
            pair(
                disturbed,
                random,
                device,
                Disturbance.SAVE_SERVER,
                device,
                Disturbance.RESTORE_SERVER);
        case 5 ->
            pair(
                disturbed, random, device, Disturbance.SAVE_FILE, device, Disturbance.RESTORE_FILE);
        case 6 ->
            pair(
                disturbed,
                random,
                device,
                Disturbance.SAVE_FILE,
                (device + 1) % devices,
                Disturbance.RESTORE_FILE);
        case 7 -> call(disturbed, place(disturbed, random), device, Operation.REBUILD);
        default -> {
          int at = place(disturbed, random);
          call(disturbed, at, device, Operation.SYNC_THEN_DETACH);
          call(disturbed, at + 1, device, Operation.ATTACH);
        }
      }
    }
    return disturbed;
  }

  private static void one(List<Step> steps, SplittableRandom random, int device, Disturbance what) {
    int at = place(steps, random);
    steps.add(at, Step.of(device, new Command.Disturb(what)));
    felt(steps, random, device, at + 1);
  }

  private static void pair(
      List<Step> steps,
      SplittableRandom random,
      int device,
      Disturbance first,
      int secondDevice,
      Disturbance second) {
    int at = place(steps, random);
    steps.add(at, Step.of(device, new Command.Disturb(first)));
    int later = random.nextInt(at + 1, steps.size() + 1);
    steps.add(later, Step.of(secondDevice, new Command.Disturb(second)));
    felt(steps, random, secondDevice, later + 1);
  }

  /** A disturbance that nobody notices before the plan ends shows nothing. */
  private static void felt(List<Step> steps, SplittableRandom random, int device, int from) {
    int at = random.nextInt(from, Math.min(from + 4, steps.size()) + 1);
    if (Draw.percent(random, SYNCED_PERCENT)) {
      call(steps, at++, device, Operation.SYNC);
    }
    if (Draw.percent(random, REBUILT_PERCENT)) {
      call(steps, at, device, Operation.REBUILD);
    }
  }

  private static void call(List<Step> steps, int at, int device, Operation operation) {
    steps.add(at, Step.of(device, new Command.Call(operation)));
  }

  /** Not among the first steps, in which the devices open and attach. */
  private static int place(List<Step> steps, SplittableRandom random) {
    return random.nextInt(steps.size() / 3, steps.size() + 1);
  }
}
