package dev.oversqlite4j.simulator.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Puts the faults of one generated plan on its steps. Used once. */
final class FaultPlacer {

  // Of the crashes that are not second ones of their step: about 45 of all 100.
  private static final int GAP_PERCENT = 54;
  private static final int SECOND_CRASH_PERCENT = 15;
  private static final int MAX_SEAM = 150;
  private static final int MAX_SEAM_OF_A_WRITE = 10;
  private static final int MAX_REQUEST = 8;
  // A push asks for the capabilities, creates, sends its chunk, commits and reads the rows back.
  private static final int COMMIT_REQUEST = 4;
  private static final int ROWS_REQUEST = 5;

  private final List<Step> steps;
  private final SplittableRandom random;
  private final List<List<Fault>> faults = new ArrayList<>();

  private FaultPlacer(List<Step> steps, SplittableRandom random) {
    this.steps = steps;
    this.random = random;
    steps.forEach(step -> faults.add(new ArrayList<>()));
  }

  static List<Step> place(List<Step> steps, SplittableRandom random, Profile profile) {
    FaultPlacer placer = new FaultPlacer(steps, random);
    int moveOnPercent = Draw.one(random, List.of(0, 0, 20, 50));
    int crashes = random.nextInt(5);
    int lossPercent = Draw.one(random, List.of(0, 2, 5, 15));
    if (profile != Profile.CALM) {
      placer.crash(crashes);
    }
    if (profile.losesMessages()) {
      placer.lose(lossPercent);
    }
    List<Step> placed = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      List<Fault> mine = placer.faults.get(i);
      // The second crash of a step only comes if the device tries again after the first.
      boolean movesOn =
          mine.stream().filter(Fault::isCrash).count() == 1 && Draw.percent(random, moveOnPercent);
      placed.add(
          new Step(
              step.device(),
              step.command(),
              mine,
              movesOn ? AfterCrash.MOVE_ON : AfterCrash.RETRY,
              step.at()));
    }
    return placed;
  }

  private void crash(int crashes) {
    List<Integer> pushes = pushesOfPendingRows();
    List<Integer> anywhere = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      if (!(steps.get(i).command() instanceof Command.AdvanceClock
          || steps.get(i).command() instanceof Command.Disturb)) {
        anywhere.add(i);
      }
    }
    int last = -1;
    for (int crash = 0; crash < crashes; crash++) {
      if (last >= 0 && Draw.percent(random, SECOND_CRASH_PERCENT)) {
        faults.get(last).add(again(last));
      } else if (!pushes.isEmpty() && Draw.percent(random, GAP_PERCENT)) {
        last = pushes.remove(random.nextInt(pushes.size()));
        faults.get(last).add(0, gap());
      } else {
        last = Draw.one(random, anywhere);
        faults.get(last).add(seam(last));
      }
    }
  }

  /** Steps that commit rows on the server: a push after a write on the same device. */
  private List<Integer> pushesOfPendingRows() {
    List<Integer> pushes = new ArrayList<>();
    boolean[] attached = new boolean[Plan.MAX_DEVICES];
    boolean[] pending = new boolean[Plan.MAX_DEVICES];
    for (int i = 0; i < steps.size(); i++) {
      int device = steps.get(i).device();
      Command command = steps.get(i).command();
      if (command instanceof Command.Write write) {
        pending[device] |= write.ending() == Ending.COMMIT;
      } else if (command instanceof Command.Restart) {
        attached[device] = false;
      } else if (command instanceof Command.Call call) {
        switch (call.operation()) {
          case ATTACH -> attached[device] = true;
          case DETACH -> attached[device] = false;
          case PUSH, SYNC -> {
            if (attached[device] && pending[device]) {
              pushes.add(i);
              pending[device] = false;
            }
          }
          default -> {}
        }
      }
    }
    return pushes;
  }

  private Fault gap() {
    return new Fault.CrashAtAnswer(Draw.percent(random, 80) ? COMMIT_REQUEST : ROWS_REQUEST);
  }

  private Fault again(int step) {
    return Draw.percent(random, 30)
        ? new Fault.CrashAtAnswer(random.nextInt(1, MAX_REQUEST + 1))
        : seam(step);
  }

  private Fault seam(int step) {
    boolean write = steps.get(step).command() instanceof Command.Write;
    return new Fault.CrashAtSeam(Draw.logUniform(random, write ? MAX_SEAM_OF_A_WRITE : MAX_SEAM));
  }

  private void lose(int percent) {
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i).command() instanceof Command.Call && Draw.percent(random, percent)) {
        int n = random.nextInt(1, MAX_REQUEST + 1);
        faults
            .get(i)
            .add(Draw.percent(random, 50) ? new Fault.LoseRequest(n) : new Fault.LoseResponse(n));
      }
    }
  }
}
