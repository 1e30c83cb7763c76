package dev.oversqlite4j.simulator;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.Cell;
import dev.oversqlite4j.fsm.EffectFailedException;
import dev.oversqlite4j.fsm.Journal;
import dev.oversqlite4j.fsm.JournaledMachine;
import dev.oversqlite4j.fsm.MachineDefinition;
import dev.oversqlite4j.fsm.Transition;
import dev.oversqlite4j.persistence.SqliteJournal;
import dev.oversqlite4j.simulator.disk.DatabaseImage;
import dev.oversqlite4j.simulator.disk.LogicalContent;
import dev.oversqlite4j.simulator.disk.SeamDataSource;
import dev.oversqlite4j.simulator.seam.HashTrace;
import dev.oversqlite4j.simulator.seam.Incarnation;
import dev.oversqlite4j.simulator.seam.NetworkFate;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.simulator.seam.Seams;
import dev.oversqlite4j.simulator.seam.SimulatedCrash;
import dev.oversqlite4j.simulator.seam.Trace;
import dev.oversqlite4j.simulator.world.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import javax.sql.DataSource;

/**
 * Crashes every step of an app's own {@link JournaledMachine}: for every declared transition that
 * can be reached, before and after every statement and commit of it. The next process must find the
 * step done entirely or not at all, effects and journal row alike, and its state must be where the
 * journal ends.
 *
 * <pre>{@code
 * MachineSimulator.of(order, (machine, trigger, db) -> machine.fire(trigger, facts, effect))
 *     .ddl("CREATE TABLE payment (…)")
 *     .run();
 * }</pre>
 *
 * <p>Not thread-safe.
 */
public final class MachineSimulator<S extends Enum<S>, T extends Enum<T>> {

  private static final int BUSY_RETRIES_MAX = 100;
  private static final LogicalContent WITHOUT_TIMES =
      LogicalContent.without(LogicalContent.TIMES_AND_CHAIN);

  /** How the app takes a step: which facts and which effect it fires with. */
  @FunctionalInterface
  public interface Step<S extends Enum<S>, T extends Enum<T>> {

    /**
     * Fires the trigger. Must do the same each time.
     *
     * @param database where the machine's journal is, for an app that does more than that
     */
    void fire(JournaledMachine<S, T> machine, T trigger, DataSource database) throws SQLException;
  }

  /**
   * What was tried.
   *
   * @param transitions how many declared transitions were crashed
   * @param crashes at how many points, altogether
   * @param unreached the transitions that no path of permitted steps leads to; a guard or the app
   *     held them back
   */
  public record Report<S extends Enum<S>, T extends Enum<T>>(
      int transitions, long crashes, List<Transition<S, T>> unreached) {}

  private final MachineDefinition<S, T> definition;
  private final Step<S, T> step;
  private final List<String> ddl = new ArrayList<>();

  private MachineSimulator(MachineDefinition<S, T> definition, Step<S, T> step) {
    this.definition = definition;
    this.step = step;
  }

  /** Begins with a machine and how the app fires it. */
  public static <S extends Enum<S>, T extends Enum<T>> MachineSimulator<S, T> of(
      MachineDefinition<S, T> definition, Step<S, T> step) {
    return new MachineSimulator<>(definition, step);
  }

  /** SQL that is run on the new database first: the tables of the effects, and their rows. */
  public MachineSimulator<S, T> ddl(String sql) {
    ddl.add(sql);
    return this;
  }

  /**
   * Crashes everything.
   *
   * @throws AssertionError naming the transition and the point, if a crash left half a step
   * @throws InvalidSimulationException if the SQL or a step does not work without any crash
   */
  public Report<S, T> run() {
    Path folder = Folders.createInMemory();
    try {
      return run(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (SQLException e) {
      throw new InvalidSimulationException("the machine's database: " + e.getMessage(), e);
    } finally {
      Folders.delete(folder);
    }
  }

  private Report<S, T> run(Path folder) throws SQLException, IOException {
    Path fresh = folder.resolve("fresh.db");
    try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + fresh);
        Statement statement = raw.createStatement()) {
      for (String sql : ddl) {
        statement.executeUpdate(sql);
      }
    }
    // The journal's tables are there before the first step.
    stateIn(fresh);
    Map<S, Path> files = new EnumMap<>(definition.initial().getDeclaringClass());
    Deque<S> open = new ArrayDeque<>(List.of(definition.initial()));
    files.put(definition.initial(), fresh);
    List<Transition<S, T>> unreached = new ArrayList<>(definition.transitions());
    long crashes = 0;
    int number = 0;
    while (!open.isEmpty()) {
      S state = open.remove();
      for (T trigger : definition.triggers()) {
        if (!(definition.cell(state, trigger) instanceof Cell.Permitted<S>)) {
          continue;
        }
        Path done = folder.resolve("done-" + number++ + ".db");
        if (!fires(files.get(state), done, trigger)) {
          continue;
        }
        S to = stateIn(done);
        unreached.removeIf(t -> t.from() == state && t.trigger() == trigger && t.to() == to);
        if (files.putIfAbsent(to, done) == null) {
          open.add(to);
        }
        crashes += crash(files.get(state), done, folder.resolve("crashed.db"), state, trigger);
      }
    }
    return new Report<>(
        definition.transitions().size() - unreached.size(), crashes, List.copyOf(unreached));
  }

  /** One step without a crash; false if a guard holds it back. */
  private boolean fires(Path from, Path to, T trigger) throws IOException, SQLException {
    DatabaseImage.copy(from, to);
    try (Process process = new Process(to, Integer.MAX_VALUE)) {
      JournaledMachine<S, T> machine = open(process.journal);
      try {
        step.fire(machine, trigger, process.disk);
        return true;
      } catch (EffectFailedException | SQLException broken) {
        throw new InvalidSimulationException(
            "the step " + trigger + " does not even work without a crash: " + broken.getMessage(),
            broken);
      } catch (RuntimeException refused) {
        return false;
      }
    }
  }

  private long crash(Path before, Path done, Path scratch, S state, T trigger)
      throws IOException, SQLException {
    SortedMap<String, List<String>> untouched = content(before);
    SortedMap<String, List<String>> complete = content(done);
    for (int point = 1; ; point++) {
      DatabaseImage.copy(before, scratch);
      Path left = scratch.resolveSibling("left.db");
      try (Process process = new Process(scratch, Integer.MAX_VALUE)) {
        JournaledMachine<S, T> machine = open(process.journal);
        process.crashAt(point);
        try {
          step.fire(machine, trigger, process.disk);
          return point - 1;
        } catch (SimulatedCrash crash) {
          DatabaseImage.copy(scratch, left);
        }
      }
      SortedMap<String, List<String>> found = content(left);
      boolean whole = found.equals(untouched) || found.equals(complete);
      S recovered = stateIn(left);
      if (!whole || !recovered.name().equals(lastInJournal(left))) {
        throw new AssertionError(
            "a crash at point "
                + point
                + " of "
                + trigger
                + " in "
                + state
                + (whole
                    ? " left the state " + recovered + ", which is not where the journal ends"
                    : " left half a step: " + difference(found, untouched, complete)));
      }
    }
  }

  private static String difference(
      SortedMap<String, List<String>> found,
      SortedMap<String, List<String>> untouched,
      SortedMap<String, List<String>> complete) {
    List<String> tables = new ArrayList<>();
    for (String table : found.keySet()) {
      boolean old = found.get(table).equals(untouched.get(table));
      boolean done = found.get(table).equals(complete.get(table));
      if (old != done) {
        tables.add(table + (old ? " is as before" : " is as after"));
      } else if (!old) {
        tables.add(table + " is neither as before nor as after");
      }
    }
    return String.join(", ", tables);
  }

  private JournaledMachine<S, T> open(Journal journal) {
    return JournaledMachine.open(definition, "simulated", journal);
  }

  private S stateIn(Path file) throws SQLException {
    try (Process process = new Process(file, Integer.MAX_VALUE)) {
      return open(process.journal).state();
    }
  }

  private String lastInJournal(Path file) throws SQLException {
    try (Process process = new Process(file, Integer.MAX_VALUE)) {
      List<JournalEntry> entries =
          process.journal.entries(definition.name() + "/simulated", 0, Integer.MAX_VALUE);
      return entries.isEmpty() ? definition.initial().name() : entries.get(entries.size() - 1).to();
    }
  }

  private static SortedMap<String, List<String>> content(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      return WITHOUT_TIMES.dump(connection);
    }
  }

  /** A process that uses the machine, until it crashes. */
  private static final class Process implements AutoCloseable, Seams {
    private final HashTrace trace = new HashTrace();
    private final SeamDataSource disk;
    private final Journal journal;
    private int left;

    Process(Path file, int seams) throws SQLException {
      this.left = seams;
      this.disk =
          new SeamDataSource(
              file, new Incarnation(this), LogicalContent.none(), BUSY_RETRIES_MAX, raw -> {});
      this.journal = SqliteJournal.over(disk);
    }

    void crashAt(int seam) {
      left = seam;
    }

    @Override
    public void reach(Seam seam) {
      meet(seam);
    }

    @Override
    public void passed(Seam seam) {
      meet(seam);
    }

    private void meet(Seam seam) {
      if (--left == 0) {
        throw new SimulatedCrash(seam);
      }
    }

    @Override
    public NetworkFate fate(String label) {
      return NetworkFate.DELIVER;
    }

    @Override
    public Trace trace() {
      return trace;
    }

    @Override
    public void close() throws SQLException {
      disk.discard();
    }
  }
}
