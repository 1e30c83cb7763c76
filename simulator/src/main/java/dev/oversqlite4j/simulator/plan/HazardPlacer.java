package dev.oversqlite4j.simulator.plan;

import dev.oversqlite4j.simulator.plan.Fault.LosePower.Tail;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Puts what an unkind network, server, disk and power supply do on the steps of a plan that has its
 * crashes and lost messages already. How unkind each of them is, is drawn for each plan anew, and
 * many plans know only some of them.
 */
final class HazardPlacer {

  private static final int KIND_PLAN_PERCENT = 30;
  private static final int MAX_REQUEST = 8;
  private static final int MAX_OVERTAKING = 20;
  private static final int MAX_BYTE = 2_000;
  private static final int MAX_STATEMENT = 150;
  private static final int MAX_STATEMENT_OF_A_WRITE = 10;
  private static final int MAX_INSTRUCTIONS = 400;
  private static final int MAX_COMMIT = 12;
  private static final List<Integer> STATUSES = List.of(401, 429, 500, 502, 503, 504);
  // A gateway gives up on a server that goes on, or loses what it said.
  private static final List<Integer> STATUSES_AFTER_THE_EFFECT = List.of(500, 502, 504);
  private static final List<Integer> RETRY_AFTER = List.of(0, 0, 0, 1, 5, 600);
  // Longer than anybody waits, too.
  private static final List<Integer> LOCK_WAITS = List.of(0, 1, 10, 100, 5_000);

  /** Those that plans have by themselves; more of them would change every plan of every seed. */
  static final List<NetworkFault> NETWORK =
      List.of(
          NetworkFault.REFUSE,
          NetworkFault.RESEND,
          NetworkFault.COPY,
          NetworkFault.DELAY,
          NetworkFault.CUT_BODY,
          NetworkFault.CORRUPT_BODY,
          NetworkFault.ENDLESS_BODY,
          NetworkFault.CAPTIVE_PORTAL);

  private static final int MAX_BETWEEN = 4;
  static final List<Disturbance> HAPPENINGS =
      List.of(
          Disturbance.RESTART_SERVER,
          Disturbance.LOSE_SESSIONS,
          Disturbance.EXPIRE_LEASE,
          Disturbance.SERVER_CLOCK_FORWARD,
          Disturbance.SERVER_CLOCK_BACK,
          Disturbance.DEVICE_CLOCK_FORWARD,
          Disturbance.DEVICE_CLOCK_BACK);
  // In the middle of a call, where a session, a lease or a connection is in use.
  private static final List<String> MOMENTS =
      List.of(
          "RECEIVE POST /sync/connect",
          "RECEIVE POST /sync/push-sessions",
          "RECEIVE POST /sync/push-sessions/*/chunks",
          "RECEIVE POST /sync/snapshot-sessions",
          "RECEIVE GET /sync/pull");

  private final SplittableRandom random;
  private final int networkPercent;
  private final int serverPercent;
  private final int diskPercent;
  private final int[] networkWeights;
  private final int[] diskWeights;

  private HazardPlacer(SplittableRandom random) {
    this.random = random;
    networkPercent = Draw.one(random, List.of(0, 4, 10, 25));
    serverPercent = Draw.one(random, List.of(0, 4, 10, 25));
    diskPercent = Draw.one(random, List.of(0, 4, 10, 20));
    networkWeights = weights(NETWORK.size());
    diskWeights = weights(DiskFault.values().length);
  }

  static List<Step> place(List<Step> steps, SplittableRandom random, Profile profile) {
    boolean kind = Draw.percent(random, KIND_PLAN_PERCENT);
    HazardPlacer placer = new HazardPlacer(random);
    int powerLosses =
        profile == Profile.SYNCHRONOUS_NORMAL
            ? random.nextInt(1, 4)
            : Draw.one(random, List.of(0, 0, 1, 2));
    List<List<Fault>> faults = new ArrayList<>();
    for (Step step : steps) {
      faults.add(new ArrayList<>(step.faults()));
      if (!kind) {
        placer.afflict(step, faults.get(faults.size() - 1));
      }
    }
    if (!kind || profile == Profile.SYNCHRONOUS_NORMAL) {
      placer.cutPower(steps, faults, powerLosses);
    }
    List<Step> placed = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      placed.add(
          new Step(step.device(), step.command(), faults.get(i), step.afterCrash(), step.at()));
    }
    if (!kind) {
      placer.between(placed, random.nextInt(MAX_BETWEEN + 1));
    }
    return placed;
  }

  /** What happens to the server and to clocks, and automatic downloads. */
  private void between(List<Step> steps, int count) {
    int devices = steps.stream().mapToInt(Step::device).max().orElse(0) + 1;
    for (int i = 0; i < count; i++) {
      int at = random.nextInt(steps.size() / 4, steps.size() + 1);
      int device = random.nextInt(devices);
      Command command =
          Draw.percent(random, 40)
              ? new Command.Call(Operation.AUTO_TICK)
              : new Command.Disturb(Draw.one(random, HAPPENINGS));
      Optional<String> during =
          command instanceof Command.Disturb && Draw.percent(random, 60)
              ? Optional.of(Draw.one(random, MOMENTS))
              : Optional.empty();
      steps.add(at, new Step(device, command, List.of(), AfterCrash.RETRY, during));
    }
  }

  /** No kind is impossible, and some are hardly ever drawn. */
  private int[] weights(int kinds) {
    int[] weights = new int[kinds];
    for (int i = 0; i < kinds; i++) {
      weights[i] = 1 + Draw.logUniform(random, 20);
    }
    return weights;
  }

  private void afflict(Step step, List<Fault> faults) {
    boolean call = step.command() instanceof Command.Call;
    boolean write = step.command() instanceof Command.Write;
    if (call && Draw.percent(random, networkPercent)) {
      faults.add(network());
    }
    if (call && Draw.percent(random, serverPercent)) {
      faults.add(answer());
    }
    if ((call || write) && Draw.percent(random, diskPercent)) {
      Fault.Disk failing = disk(write ? MAX_STATEMENT_OF_A_WRITE : MAX_STATEMENT);
      // The simulated app cannot tell what became of a COMMIT that was interrupted.
      if (!(write && failing.kind() == DiskFault.INTERRUPTED)) {
        faults.add(failing);
      }
    }
  }

  private Fault network() {
    NetworkFault kind = NETWORK.get(Draw.weighted(random, networkWeights));
    int at =
        switch (kind) {
          case COPY, DELAY -> Draw.logUniform(random, MAX_OVERTAKING);
          case CUT_BODY, CORRUPT_BODY -> Draw.logUniform(random, MAX_BYTE) - 1;
          default -> 0;
        };
    return new Fault.Network(request(), kind, at);
  }

  private Fault answer() {
    boolean done = Draw.percent(random, 30);
    int status = Draw.one(random, done ? STATUSES_AFTER_THE_EFFECT : STATUSES);
    return new Fault.Answer(
        request(),
        status,
        Draw.one(random, RETRY_AFTER),
        done ? Fault.Answer.Effect.DONE : Fault.Answer.Effect.NONE);
  }

  private int request() {
    return random.nextInt(1, MAX_REQUEST + 1);
  }

  private Fault.Disk disk(int maxStatement) {
    DiskFault kind = DiskFault.values()[Draw.weighted(random, diskWeights)];
    int at =
        switch (kind) {
          case BUSY -> Draw.one(random, LOCK_WAITS);
          case INTERRUPTED -> Draw.logUniform(random, MAX_INSTRUCTIONS) - 1;
          default -> 0;
        };
    return new Fault.Disk(Draw.logUniform(random, maxStatement), kind, at);
  }

  private void cutPower(List<Step> steps, List<List<Fault>> faults, int losses) {
    List<Integer> candidates = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      if (steps.get(i).command() instanceof Command.Call
          || steps.get(i).command() instanceof Command.Write) {
        candidates.add(i);
      }
    }
    for (int loss = 0; loss < losses; loss++) {
      int step = Draw.one(random, candidates);
      boolean write = steps.get(step).command() instanceof Command.Write;
      faults
          .get(step)
          .add(
              new Fault.LosePower(
                  write ? 1 : Draw.logUniform(random, MAX_COMMIT),
                  Draw.percent(random, 60) ? Tail.CUT : Tail.GARBLED,
                  Draw.percent(random, 25) ? 0 : random.nextInt(Fault.MAX_NUMBER)));
    }
  }
}
