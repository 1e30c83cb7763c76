package dev.oversqlite4j.simulator.plan;

import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.server.Revision;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;

/**
 * Makes plans from seeds. The probabilities of a plan are themselves drawn from its seed, so that
 * each plan is lopsided in its own way. Workload, faults, schedule and resolvers have a random
 * stream each: another draw for one of them changes nothing about the others. Immutable and safe
 * for use by several threads.
 */
public final class PlanGenerator {

  private static final int RESOLVERS_PERCENT = 33;
  private static final int SHARE_OF = 4;
  private static final int LED_SHARE = 3;
  private static final long DIRECTED_STREAM = 0x646972656374L;
  private static final int FIRST_DIRECTED_VALUE = 100_000;
  // A multiple of four: the first row of each step refers to the first person.
  private static final int ROWS_OF_STEP_MAX = 12;
  private static final long REFUSED_STREAM = 0x726566757365L;
  private static final int REFUSED_PLANS_PERCENT = 20;
  private static final int REFUSED_ROWS_PERCENT = 30;
  private static final long SCHEMA_STREAM = 0x736368656d61L;
  private static final int MIGRATING_PLANS_PERCENT = 25;
  private static final int MIGRATIONS_MAX = 3;
  private static final int MIGRATION_CRASHES_PERCENT = 40;
  static final List<Disturbance> MIGRATIONS =
      List.of(
          Disturbance.ADD_COLUMN,
          Disturbance.ADD_INDEX,
          Disturbance.RECREATE_TABLES,
          Disturbance.DROP_TRIGGERS);
  private static final List<Disturbance> MIGRATIONS_OF_LED_PLANS =
      MIGRATIONS.subList(1, MIGRATIONS.size());
  private static final long SECOND_WRITER_STREAM = 0x7365636f6e64L;
  private static final int SECOND_WRITER_PLANS_PERCENT = 25;
  private static final int SECOND_WRITES_PERCENT = 50;
  // More seams than anybody waits for a lock.
  private static final int HELD_OPEN_MAX = 2_000;
  private static final long FORGERIES_STREAM = 0x666f72676572L;
  private static final int FORGING_PLANS_PERCENT = 30;
  private static final int FORGED_CALLS_PERCENT = 20;
  private static final int FORGERIES = 1_000;
  private static final long REKEYS_STREAM = 0x72656b657973L;
  private static final int REKEYING_PLANS_PERCENT = 50;
  private static final int REKEYED_ROWS_PERCENT = 40;
  private static final long DOWNLOADS_STREAM = 0x646f776e6c6fL;
  private static final int DOWNLOADING_PLANS_PERCENT = 50;
  private static final int DOWNLOADS_MAX = 6;
  private static final List<Integer> SWITCH_PERCENTS = List.of(2, 10, 30);
  private static final int SEAM_MAX = 60;
  private static final int REQUEST_MAX = 7;

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
   * @return a plan of 24 to 40 steps, or 60 to 100 in {@link Profile#LONG_LIVES}, at least 20 of
   *     which are calls or writes
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

    Workload work = new Workload(workload, tables, profile);
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

  /**
   * The plan of a seed in a campaign: where servers fail, three of each four seeds are led if the
   * app is the built-in one, along one of the {@link Passages} or in one of the {@link Directions},
   * and go on as the plan of the seed does. Which one is a matter of the seed alone, so that every
   * shard of a campaign goes where the whole of it would. In some plans of the profiles in which
   * servers fail, some rows are ones that the server never accepts, and in some of them the app
   * changes its schema, writes on two connections, or downloads automatically beside its calls;
   * apps other than the built-in one do the first two.
   *
   * @param seed any number; the same one gives the same plan
   * @param profile what may go wrong in it
   * @return a plan that begins with at most some 20 steps more than {@link #generate} makes
   */
  public Plan forCampaign(long seed, Profile profile) {
    Plan plan = generate(seed, profile);
    if (!profile.isHostile()) {
      return plan;
    }
    if (!tables.equals(PlannedTable.BUILT_IN)) {
      // Of all migrations an app's own ones; without any the step does nothing.
      return withSecondWriters(
          withMigrations(
              plan, new SplittableRandom(seed ^ SCHEMA_STREAM), List.of(Disturbance.ADD_COLUMN)),
          new SplittableRandom(seed ^ SECOND_WRITER_STREAM));
    }
    plan = withRefusedRows(plan, new SplittableRandom(seed ^ REFUSED_STREAM));
    OptionalInt route = route(seed);
    // Without its last columns a device could not be led anywhere.
    plan =
        withMigrations(
            plan,
            new SplittableRandom(seed ^ SCHEMA_STREAM),
            route.isPresent() ? MIGRATIONS_OF_LED_PLANS : MIGRATIONS);
    plan = withSecondWriters(plan, new SplittableRandom(seed ^ SECOND_WRITER_STREAM));
    plan = withRekeys(plan, new SplittableRandom(seed ^ REKEYS_STREAM));
    plan = withForgeries(plan, new SplittableRandom(seed ^ FORGERIES_STREAM));
    if (route.isEmpty()) {
      plan = withDownloads(plan, new SplittableRandom(seed ^ DOWNLOADS_STREAM));
    }
    return route.isPresent() ? led(plan, route.getAsInt(), seed) : plan;
  }

  /** How many ways there are to be led: the passages, then the directions. */
  static int routes() {
    return Passages.ALL.size() + Directions.count();
  }

  /** The one that a seed is led along. */
  static OptionalInt route(long seed) {
    long place = Math.floorMod(seed, (long) SHARE_OF);
    if (place >= LED_SHARE) {
      return OptionalInt.empty();
    }
    long ledBefore = Math.floorDiv(seed, (long) SHARE_OF) * LED_SHARE + place;
    return OptionalInt.of((int) Math.floorMod(ledBefore, (long) routes()));
  }

  private static Plan led(Plan plan, int route, long seed) {
    List<Step> steps = new ArrayList<>();
    List<ResolverChoice> resolvers = new ArrayList<>(plan.resolvers());
    if (route < Passages.ALL.size()) {
      Passages.Passage passage = Passages.ALL.get(route);
      steps.addAll(passage.steps());
      resolvers.set(0, passage.resolver());
    } else {
      int direction = route - Passages.ALL.size();
      steps.addAll(Directions.way(direction));
      steps.addAll(
          ending(Directions.ending(direction), new SplittableRandom(seed ^ DIRECTED_STREAM)));
    }
    List<Step> all = new ArrayList<>();
    for (Step step : steps) {
      all.add(numbered(step, FIRST_DIRECTED_VALUE + ROWS_OF_STEP_MAX * all.size()));
    }
    all.addAll(plan.steps());
    List<String> users = new ArrayList<>(plan.users());
    users.set(1, users.get(0));
    // Strictly in order: two devices that take turns within their calls go astray.
    return plan.withUsers(users).withResolvers(resolvers).withSwitchPercent(0).withSteps(all);
  }

  private static List<Step> ending(List<Step> ending, SplittableRandom random) {
    List<Step> steps = new ArrayList<>(ending);
    int afflicted = random.nextInt(steps.size());
    steps.set(afflicted, afflicted(steps.get(afflicted), random));
    return steps;
  }

  /** Some apps change their schema between two launches. */
  private static Plan withMigrations(Plan plan, SplittableRandom random, List<Disturbance> kinds) {
    if (!Draw.percent(random, MIGRATING_PLANS_PERCENT)) {
      return plan;
    }
    List<Step> steps = new ArrayList<>(plan.steps());
    int count = random.nextInt(1, MIGRATIONS_MAX + 1);
    for (int i = 0; i < count; i++) {
      List<Fault> faults =
          Draw.percent(random, MIGRATION_CRASHES_PERCENT)
              ? List.of(new Fault.CrashAtSeam(Draw.logUniform(random, SEAM_MAX)))
              : List.of();
      steps.add(
          random.nextInt(steps.size() + 1),
          new Step(
              random.nextInt(plan.devices()),
              new Command.Disturb(Draw.one(random, kinds)),
              faults,
              AfterCrash.RETRY,
              Optional.empty()));
    }
    return plan.withSteps(steps);
  }

  /** Some apps write on two connections, and one of them takes its time. */
  private static Plan withSecondWriters(Plan plan, SplittableRandom random) {
    if (!Draw.percent(random, SECOND_WRITER_PLANS_PERCENT)) {
      return plan;
    }
    List<Step> steps = new ArrayList<>();
    for (Step step : plan.steps()) {
      boolean second =
          step.command() instanceof Command.Write && Draw.percent(random, SECOND_WRITES_PERCENT);
      steps.add(second ? heldOpen(step, Draw.logUniform(random, HELD_OPEN_MAX)) : step);
    }
    return plan.withSteps(steps);
  }

  /** Some answers are well-formed and wrong. */
  private static Plan withForgeries(Plan plan, SplittableRandom random) {
    if (!Draw.percent(random, FORGING_PLANS_PERCENT)) {
      return plan;
    }
    List<Step> steps = new ArrayList<>();
    for (Step step : plan.steps()) {
      if (!(step.command() instanceof Command.Call)
          || !Draw.percent(random, FORGED_CALLS_PERCENT)) {
        steps.add(step);
        continue;
      }
      List<Fault> faults = new ArrayList<>(step.faults());
      faults.add(
          new Fault.Network(
              random.nextInt(1, REQUEST_MAX), NetworkFault.FORGE, random.nextInt(FORGERIES)));
      steps.add(new Step(step.device(), step.command(), faults, step.afterCrash(), step.at()));
    }
    return plan.withSteps(steps);
  }

  /** Some updates change the key, too. */
  private static Plan withRekeys(Plan plan, SplittableRandom random) {
    if (!Draw.percent(random, REKEYING_PLANS_PERCENT)) {
      return plan;
    }
    return withRows(plan, row -> perhapsRekeyed(row, random));
  }

  private static RowWrite perhapsRekeyed(RowWrite row, SplittableRandom random) {
    boolean mayBe = row.kind() == RowWrite.Kind.UPDATE || row.kind() == RowWrite.Kind.UPSERT;
    return mayBe
            && !row.table().equals(Table.PERSON)
            && row.row() != RowWrite.REFUSED_ROW
            && Draw.percent(random, REKEYED_ROWS_PERCENT)
        ? new RowWrite(RowWrite.Kind.REKEY, row.table(), row.row(), row.value())
        : row;
  }

  /** Some apps let downloads run beside what else they do. */
  private static Plan withDownloads(Plan plan, SplittableRandom random) {
    if (!Draw.percent(random, DOWNLOADING_PLANS_PERCENT)) {
      return plan;
    }
    List<Step> steps = new ArrayList<>(plan.steps());
    int count = random.nextInt(1, DOWNLOADS_MAX + 1);
    for (int i = 0; i < count; i++) {
      // Right before something that the same device does.
      int at = random.nextInt(steps.size());
      Step downloads = Step.of(steps.get(at).device(), new Command.Call(Operation.AUTO_DOWNLOADS));
      steps.add(at, afflicted(downloads, random));
    }
    return plan.withSteps(steps).withSwitchPercent(Draw.one(random, SWITCH_PERCENTS));
  }

  private static Step heldOpen(Step step, int seams) {
    Command.Write write = (Command.Write) step.command();
    return step.withCommand(new Command.Write(write.rows(), write.ending(), OptionalInt.of(seams)));
  }

  private static Plan withRefusedRows(Plan plan, SplittableRandom random) {
    if (!Draw.percent(random, REFUSED_PLANS_PERCENT)) {
      return plan;
    }
    return withRows(plan, row -> perhapsRefused(row, random));
  }

  private static Plan withRows(Plan plan, UnaryOperator<RowWrite> change) {
    List<Step> steps = new ArrayList<>();
    for (Step step : plan.steps()) {
      steps.add(
          step.command() instanceof Command.Write write
              ? step.withCommand(write.withRows(write.rows().stream().map(change).toList()))
              : step);
    }
    return plan.withSteps(steps);
  }

  private static RowWrite perhapsRefused(RowWrite row, SplittableRandom random) {
    return row.table().equals(Table.MEASURE) && Draw.percent(random, REFUSED_ROWS_PERCENT)
        ? new RowWrite(row.kind(), row.table(), RowWrite.REFUSED_ROW, row.value())
        : row;
  }

  private static Step afflicted(Step step, SplittableRandom random) {
    if (!(step.command() instanceof Command.Call)) {
      return step;
    }
    Optional<Fault> fault =
        switch (Draw.weighted(random, 3, 3, 2, 2, 2)) {
          case 0 -> Optional.empty();
          case 1 -> Optional.of(new Fault.CrashAtSeam(Draw.logUniform(random, SEAM_MAX)));
          case 2 -> Optional.of(new Fault.CrashAtAnswer(random.nextInt(1, REQUEST_MAX)));
          case 3 -> Optional.of(new Fault.LoseRequest(random.nextInt(1, REQUEST_MAX)));
          default -> Optional.of(new Fault.LoseResponse(random.nextInt(1, REQUEST_MAX)));
        };
    return new Step(
        step.device(), step.command(), fault.stream().toList(), step.afterCrash(), step.at());
  }

  /** Writes with values of their own. */
  static Step numbered(Step step, int first) {
    if (!(step.command() instanceof Command.Write write)) {
      return step;
    }
    List<RowWrite> rows = new ArrayList<>();
    for (RowWrite row : write.rows()) {
      rows.add(new RowWrite(row.kind(), row.table(), row.row(), first + rows.size()));
    }
    return step.withCommand(write.withRows(rows));
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
