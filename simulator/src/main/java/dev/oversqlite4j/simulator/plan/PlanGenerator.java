package dev.oversqlite4j.simulator.plan;

import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.server.Revision;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Makes plans from seeds. The probabilities of a plan are themselves drawn from its seed, so that
 * each plan is lopsided in its own way. Workload, faults, schedule and resolvers have a random
 * stream each: another draw for one of them changes nothing about the others. Immutable and safe
 * for use by several threads.
 */
public final class PlanGenerator {

  private static final int RESOLVERS_PERCENT = 33;

  private final List<PlannedTable> tables;

  /** Makes plans for the built-in app. */
  public PlanGenerator() {
    this(PlannedTable.BUILT_IN);
  }

  /**
   * Makes plans for an app.
   *
   * @param tables its tables, at least one, parents before their children
   */
  public PlanGenerator(List<PlannedTable> tables) {
    this.tables = List.copyOf(tables);
  }

  /**
   * The plan of a seed.
   *
   * @param seed any number; the same one gives the same plan
   * @param profile what may go wrong in it
   * @return a plan of 24 to 40 steps, at least 20 of which are calls or writes
   */
  public Plan generate(long seed, Profile profile) {
    // A new concern is split off last, or every existing seed would mean another plan.
    SplittableRandom root = new SplittableRandom(seed);
    SplittableRandom workload = root.split();
    SplittableRandom faults = root.split();
    SplittableRandom schedule = root.split();
    SplittableRandom resolvers = root.split();
    SplittableRandom disturbances = root.split();
    SplittableRandom hazards = root.split();

    Workload work = new Workload(workload, tables, profile == Profile.THREE_DEVICES ? 3 : 2);
    List<Step> disturbed =
        profile.losesMessages()
            ? Disturber.disturb(work.steps(), work.users().size(), disturbances)
            : work.steps();
    List<Step> faulty = FaultPlacer.place(disturbed, faults, profile);
    List<Step> steps = profile.isHostile() ? HazardPlacer.place(faulty, hazards, profile) : faulty;
    // RFC 8785 keeps whole numbers exact up to 2^53.
    long scheduleSeed = schedule.nextLong(1L << 53);
    int switchPercent = Draw.one(schedule, List.of(0, 2, 10, 30));
    return new Plan(
        Plan.VERSION,
        scheduleSeed,
        switchPercent,
        work.users().size(),
        work.users(),
        resolvers(resolvers, work.users().size()),
        Revision.JULY_2026,
        profile == Profile.SYNCHRONOUS_NORMAL ? SynchronousMode.NORMAL : SynchronousMode.FULL,
        steps,
        Optional.empty());
  }

  /** Most apps let the server win on every device. */
  private static List<ResolverChoice> resolvers(SplittableRandom random, int devices) {
    if (!Draw.percent(random, RESOLVERS_PERCENT)) {
      return Collections.nCopies(devices, ResolverChoice.SERVER_WINS);
    }
    List<ResolverChoice> choices = new ArrayList<>();
    for (int device = 0; device < devices; device++) {
      choices.add(Draw.one(random, List.of(ResolverChoice.values())));
    }
    return choices;
  }
}
