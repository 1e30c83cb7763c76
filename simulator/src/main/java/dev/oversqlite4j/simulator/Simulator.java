package dev.oversqlite4j.simulator;

import dev.oversqlite4j.InvalidConfigurationException;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.simulator.SimulationReport.Failure;
import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.oracle.Simulation.Result;
import dev.oversqlite4j.simulator.oracle.Violation;
import dev.oversqlite4j.simulator.plan.InvalidPlanException;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanGenerator;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.plan.PlanShrinker;
import dev.oversqlite4j.simulator.plan.PlannedTable;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.RunCounts;
import dev.oversqlite4j.simulator.world.UserApp;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Simulates the sync of an app: several devices with its schema, its resolver and rows like its
 * own, on real SQLite files and a real HTTP client, against a model server, interrupted by crashes
 * and lost messages. Needs no test framework; {@code simulator.junit} has one for JUnit.
 *
 * <pre>{@code
 * Simulator.builder()
 *     .schema("app", Files.readString(Path.of("schema.sql")))
 *     .resolver(MyResolver::new)
 *     .invariant("no order without a customer", "SELECT 1 FROM orders WHERE customer IS NULL")
 *     .seeds(200)
 *     .run()
 *     .orThrow();
 * }</pre>
 */
public final class Simulator {

  private static final int SHRINK_RUNS_MAX = 300;

  private final UserApp app;
  private final Builder wanted;

  private Simulator(UserApp app, Builder wanted) {
    this.app = app;
    this.wanted = wanted;
  }

  /** Begins to describe a simulation. */
  public static Builder builder() {
    return new Builder();
  }

  private SimulationReport run() {
    if (wanted.plan.isPresent()) {
      return replay(wanted.plan.get());
    }
    if (wanted.given.isPresent()) {
      return given(wanted.given.get());
    }
    PlanGenerator generator = new PlanGenerator(app.plannedTables());
    Optional<RunCounts> sum = Optional.empty();
    for (long done = 0; done < wanted.seeds; done++) {
      long seed = wanted.firstSeed + done;
      Plan plan = generator.forCampaign(seed, wanted.faults);
      Result result = simulate(plan);
      sum = Optional.of(sum.map(before -> before.plus(result.counts())).orElse(result.counts()));
      if (result.failure().isPresent()) {
        return report(done + 1, sum, Optional.of(failure(seed, plan, result.failure().get())));
      }
    }
    return report(wanted.seeds, sum, Optional.empty());
  }

  /** Whoever made the plan makes it smaller, too. */
  private SimulationReport given(Plan plan) {
    Result result = simulate(plan);
    return report(
        1,
        Optional.of(result.counts()),
        result.failure().map(f -> stored("plan", plan, f.property(), f.describe())));
  }

  private SimulationReport replay(Path file) {
    try {
      Plan plan = PlanJson.read(file);
      Result result = simulate(plan);
      return report(
          1,
          Optional.of(result.counts()),
          result
              .failure()
              .map(
                  f ->
                      new Failure(
                          f.property(), f.describe(), plan, file, wanted.hint.apply(file))));
    } catch (IOException | InvalidPlanException wrong) {
      throw new InvalidSimulationException(
          "the plan " + file + " cannot be run: " + wrong.getMessage(), wrong);
    }
  }

  private static SimulationReport report(
      long runs, Optional<RunCounts> counts, Optional<Failure> failure) {
    RunCounts sum = counts.orElseThrow();
    return new SimulationReport(
        runs, sum.operations(), sum.crashes(), sum.networkFaults(), failure);
  }

  private Result simulate(Plan plan) {
    Result result = new Simulation(app, Parts.REAL, Tracing.STATEMENTS).run(plan);
    result
        .failure()
        .filter(f -> f instanceof Simulation.Failure.Safety s && s.cause().isPresent())
        .filter(f -> f.property() == Violation.INVARIANT)
        .ifPresent(
            f -> {
              throw new InvalidSimulationException("the " + f.describe());
            });
    return result;
  }

  private Failure failure(long seed, Plan plan, Simulation.Failure failure) {
    Plan small =
        new PlanShrinker()
            .shrink(
                plan,
                smaller -> simulate(smaller).failure().filter(f -> same(f, failure)).isPresent(),
                SHRINK_RUNS_MAX);
    String what = simulate(small).failure().orElseThrow().describe();
    return stored("seed-" + seed, small, failure.property(), what);
  }

  private Failure stored(String name, Plan plan, int property, String what) {
    Path file = wanted.folder.resolve(name + ".json");
    try {
      Files.createDirectories(wanted.folder);
      Files.writeString(file, PlanJson.write(plan));
    } catch (IOException e) {
      throw new UncheckedIOException("The failing plan cannot be written to " + file, e);
    }
    return new Failure(property, what, plan, file, wanted.hint.apply(file));
  }

  private static boolean same(Simulation.Failure one, Simulation.Failure other) {
    return one.exitCode() == other.exitCode()
        && one.property() == other.property()
        && (one.property() != Violation.INVARIANT
            || invariant(one.describe()).equals(invariant(other.describe())));
  }

  private static String invariant(String text) {
    return text.substring(0, text.indexOf("\": "));
  }

  /** Collects what is to be simulated. Not thread-safe. */
  public static final class Builder {

    private Optional<SyncSchema> schema = Optional.empty();
    private List<String> ddl = List.of();
    private final List<String> migrations = new ArrayList<>();
    private Supplier<Resolver> resolver = Resolver::serverWins;
    private final Map<String, RowGenerator> rows = new LinkedHashMap<>();
    private final Map<String, Invariant> invariants = new LinkedHashMap<>();
    private Profile faults = Profile.DEFAULT;
    private long firstSeed = 1;
    private long seeds = 100;
    private Optional<Path> plan = Optional.empty();
    private Optional<Plan> given = Optional.empty();
    private Path folder = Path.of("target", "sim");
    private Function<Path, String> hint =
        file -> "Simulator.builder() … .plan(Path.of(\"" + file + "\"))";

    private Builder() {}

    /**
     * The tables, as annotated SQL: see {@link SyncSchema#parse}.
     *
     * @param schemaName what the client calls the schema
     * @param sql creates the tables, synced or not, and whatever else the app has
     * @throws InvalidConfigurationException if the annotations cannot be read
     */
    public Builder schema(String schemaName, String... sql) {
      return schema(SyncSchema.parse(schemaName, List.of(sql)), List.of(sql));
    }

    /** The tables that take part in sync, and the SQL that creates everything. */
    public Builder schema(SyncSchema synced, List<String> sql) {
      schema = Optional.of(synced);
      ddl = List.copyOf(sql);
      return this;
    }

    /**
     * What the next version of the app does to its tables, in one transaction; once for each
     * version, in order. Some devices start as the first version and migrate between two launches.
     * It may add nullable columns without a default to tables that take part in sync, add indexes,
     * and copy a table into a new one; the data of such tables stays as it is. The number of
     * migrations that were done is kept in {@code PRAGMA user_version}.
     */
    public Builder migration(String sql) {
      migrations.add(Objects.requireNonNull(sql, "sql"));
      return this;
    }

    /** Makes the resolver of each process; without, the server wins. */
    public Builder resolver(Supplier<Resolver> maker) {
      resolver = Objects.requireNonNull(maker, "maker");
      return this;
    }

    /** What is written to a table, where its declaration does not say enough. */
    public Builder rows(String table, RowGenerator generator) {
      rows.put(table, Objects.requireNonNull(generator, "generator"));
      return this;
    }

    /** Something that holds after every commit on every device of the last version. */
    public Builder invariant(String name, Invariant invariant) {
      invariants.put(name, Objects.requireNonNull(invariant, "invariant"));
      return this;
    }

    /**
     * Something that holds after every commit on every device of the last version.
     *
     * @param brokenBy a query for what breaks it; it holds while there is no such row
     */
    public Builder invariant(String name, String brokenBy) {
      return invariant(
          name,
          database -> {
            try (Statement statement = database.createStatement();
                ResultSet broken = statement.executeQuery(brokenBy)) {
              if (broken.next()) {
                throw new AssertionError("broken: there is a row of " + brokenBy);
              }
            }
          });
    }

    /** What may go wrong; without, everything the simulator knows. */
    public Builder faults(Profile profile) {
      faults = Objects.requireNonNull(profile, "profile");
      return this;
    }

    /** Runs one seed only. */
    public Builder seed(long seed) {
      firstSeed = seed;
      seeds = 1;
      return this;
    }

    /** Runs the seeds 1 to {@code count}; without, {@code 100}. */
    public Builder seeds(long count) {
      if (count < 1) {
        throw new InvalidSimulationException("there must be at least one seed, not " + count + ".");
      }
      firstSeed = 1;
      seeds = count;
      return this;
    }

    /** Runs this plan instead of seeds. */
    public Builder plan(Path file) {
      plan = Optional.of(file);
      return this;
    }

    /** Runs this plan instead of seeds; one that fails is written down as it is. */
    public Builder plan(Plan wanted) {
      given = Optional.of(wanted);
      return this;
    }

    /**
     * The tables that plans write to, parents before their children.
     *
     * @throws InvalidSimulationException if something here cannot be simulated
     */
    public List<PlannedTable> plannedTables() {
      return app().plannedTables();
    }

    /** Where a failing plan goes; {@code target/sim} without. */
    public Builder artefacts(Path into) {
      folder = Objects.requireNonNull(into, "into");
      return this;
    }

    /** How a failure says it can be seen again, given the file of its plan. */
    public Builder replayHint(Function<Path, String> command) {
      hint = Objects.requireNonNull(command, "command");
      return this;
    }

    /**
     * Runs the seeds in order, up to the first that fails, and makes that one's plan smaller.
     *
     * @throws InvalidSimulationException if something here cannot be simulated
     */
    public SimulationReport run() {
      return new Simulator(app(), this).run();
    }

    private UserApp app() {
      SyncSchema tables =
          schema.orElseThrow(
              () -> new InvalidSimulationException("there is no schema; call schema(…) first."));
      return new UserApp(tables, ddl, migrations, rows, resolver, invariants);
    }
  }
}
