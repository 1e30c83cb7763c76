package dev.oversqlite4j.simulator.cli;

import static dev.oversqlite4j.simulator.cli.Environment.format;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.JournalFailedException;
import dev.oversqlite4j.lifecycle.DurableState;
import dev.oversqlite4j.lifecycle.Lifecycle;
import dev.oversqlite4j.lifecycle.LifecycleDefinition;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.persistence.ChainCheck;
import dev.oversqlite4j.persistence.SqliteJournal;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code journal}. */
@Command(
    name = "journal",
    description = "Shows the lifecycle journal of a database, without changing the database.",
    footer = {"", "Example: oversqlite4j journal app.db --verify"})
final class JournalCommand implements Callable<Integer> {

  private static final int PAGE = 1000;

  /** Facts that tell something to a person; the others are ids and hashes. */
  private static final Set<String> SHOWN_FACTS =
      Set.of(
          "bundleSeq",
          "checkpoint",
          "committedAs",
          "error",
          "held",
          "noOps",
          "outboxRows",
          "pending",
          "recovery",
          "repaired",
          "resolution",
          "rows",
          "stagedRows");

  private final Environment environment;

  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "A database that a client has opened.")
  private Path file;

  @Option(names = "--json", description = "Print one JSON object per row.")
  private boolean json;

  @Option(
      names = "--verify",
      description =
          "Check that no row was changed, that the rows form one path that ends where the sync"
              + " tables say, and every invariant of the tables; exit 1 if not.")
  private boolean verify;

  JournalCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    try (ReadOnlyDatabase database = ReadOnlyDatabase.open(environment.folder().resolve(file))) {
      SqliteJournal journal = SqliteJournal.over(database.dataSource());
      // First: the rows of a broken chain may not even be readable.
      Optional<String> broken = verify ? brokenChain(journal) : Optional.empty();
      if (broken.isPresent()) {
        return verdict(List.of(broken.get()), 0);
      }
      List<JournalEntry> entries = entries(journal);
      if (entries.isEmpty()) {
        throw new UsageException(
            file + " has no lifecycle journal: no client of this library has opened it.");
      }
      if (json) {
        entries.forEach(entry -> environment.out().println(json(entry)));
      } else {
        print(entries);
      }
      return verify ? verdict(broken(database, entries), entries.size()) : ExitCode.OK;
    } catch (JournalFailedException unreadable) {
      throw new UsageException(
          "The journal of " + file + " cannot be read: " + rootCause(unreadable), unreadable);
    } finally {
      environment.out().flush();
    }
  }

  private static List<JournalEntry> entries(SqliteJournal journal) {
    List<JournalEntry> all = new ArrayList<>();
    List<JournalEntry> page;
    do {
      long after = all.isEmpty() ? 0 : all.get(all.size() - 1).seq();
      page = journal.entries(Lifecycle.MACHINE, after, PAGE);
      all.addAll(page);
    } while (page.size() == PAGE);
    return all;
  }

  private static String rootCause(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage();
  }

  // --- Printing --------------------------------------------------------------------------------

  private void print(List<JournalEntry> entries) {
    PrintWriter out = environment.out();
    out.println(format("%5s  %-24s  %-19s  %s", "seq", "at", "trigger", "from → to   facts"));
    for (JournalEntry entry : entries) {
      String row =
          format(
              "%5d  %-24s  %-19s  %s → %s%s",
              entry.seq(), entry.at(), entry.trigger(), entry.from(), entry.to(), facts(entry));
      if (isRepair(entry)) {
        out.println(spec.commandLine().getColorScheme().text("@|bold,yellow " + row + "|@"));
        out.println(format("%5s  ^ %s", "", Repairs.explained(entry)));
      } else {
        out.println(row);
      }
    }
  }

  private static boolean isRepair(JournalEntry entry) {
    return entry.trigger().equals(Trigger.REPAIR.name());
  }

  private static String facts(JournalEntry entry) {
    StringBuilder text = new StringBuilder();
    shownFacts(entry)
        .properties()
        .forEach(
            fact ->
                text.append(text.isEmpty() ? "   " : " ")
                    .append(fact.getKey())
                    .append('=')
                    .append(fact.getValue().asText()));
    return text.toString();
  }

  private static ObjectNode shownFacts(JournalEntry entry) {
    ObjectNode shown = JsonNodeFactory.instance.objectNode();
    entry
        .facts()
        .properties()
        .forEach(
            fact -> {
              if (SHOWN_FACTS.contains(fact.getKey())) {
                shown.set(fact.getKey(), fact.getValue());
              }
            });
    return shown;
  }

  private static ObjectNode json(JournalEntry entry) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    object.put("seq", entry.seq());
    object.put("at", entry.at().toString());
    object.put("trigger", entry.trigger());
    object.put("from", entry.from());
    object.put("to", entry.to());
    object.set("facts", shownFacts(entry));
    if (isRepair(entry)) {
      object.put("repair", Repairs.explained(entry));
    }
    return object;
  }

  // --- Verifying -------------------------------------------------------------------------------

  private int verdict(List<String> broken, int rows) {
    if (json) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      object.put("verified", broken.isEmpty());
      if (!broken.isEmpty()) {
        broken.forEach(object.putArray("broken")::add);
      }
      environment.out().println(object);
    } else {
      environment.out().println();
      broken.forEach(what -> environment.out().println("BROKEN: " + what));
      if (broken.isEmpty()) {
        environment
            .out()
            .println(
                "Verified: "
                    + rows
                    + " rows, none changed, one path; the tables agree with it and satisfy every"
                    + " invariant.");
      }
    }
    return broken.isEmpty() ? ExitCode.OK : ExitCode.SAFETY;
  }

  private static Optional<String> brokenChain(SqliteJournal journal) {
    return journal.verify() instanceof ChainCheck.Broken broken
        ? Optional.of("row " + broken.seq() + ": " + broken.reason())
        : Optional.empty();
  }

  /** Everything that can be broken while the chain is whole, from one look at the file. */
  private static List<String> broken(ReadOnlyDatabase database, List<JournalEntry> entries) {
    List<String> broken = new ArrayList<>();
    brokenPath(entries).ifPresent(broken::add);
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("BEGIN");
      Invariants invariants = new Invariants(connection);
      List<String> tables = invariants.broken();
      // A missing table has no view.
      if (tables.stream().noneMatch(what -> what.startsWith("I1:"))) {
        brokenFold(entries.get(entries.size() - 1), invariants.view()).ifPresent(broken::add);
        brokenMachine(statement).ifPresent(broken::add);
      }
      broken.addAll(tables);
      statement.execute("COMMIT");
    } catch (SQLException unreadable) {
      throw new UsageException(
          "The sync tables cannot be read: " + unreadable.getMessage(), unreadable);
    }
    return broken;
  }

  /** The last row, which is what the journal folds to, against the tables (spec 9.1). */
  private static Optional<String> brokenFold(JournalEntry head, Map<String, String> view) {
    String state = view.get("state");
    boolean anonymous =
        state.equals(DurableState.OPENED.name()) && head.to().equals(DurableState.DETACHED.name());
    if (!head.to().equals(state) && !anonymous) {
      return Optional.of(
          "the journal ends in "
              + head.to()
              + ", the sync tables say "
              + state
              + ": another program wrote them, or they are damaged; the next open() decides");
    }
    return view.entrySet().stream()
        .filter(column -> !column.getKey().equals("state"))
        .filter(column -> !column.getValue().equals(head.facts().path(column.getKey()).asText()))
        .findFirst()
        .map(
            column ->
                "the journal and the sync tables disagree about the "
                    + column.getKey()
                    + ": another program wrote them, or they are damaged");
  }

  /** The machines of the app itself have paths, too. */
  private static Optional<String> brokenMachine(Statement statement) throws SQLException {
    try (ResultSet row =
        statement.executeQuery(
            "SELECT machine, seq FROM (SELECT machine, seq, from_state,"
                + " lag(to_state) OVER (PARTITION BY machine ORDER BY seq) AS before"
                + " FROM _fsm_journal WHERE machine <> '"
                + Lifecycle.MACHINE
                + "') WHERE before <> from_state LIMIT 1")) {
      return row.next()
          ? Optional.of(
              "row "
                  + row.getLong(2)
                  + " of machine "
                  + row.getString(1)
                  + " does not begin where the row before it ended")
          : Optional.empty();
    }
  }

  /** Each row must be a declared step and begin where the one before it ended. */
  private static Optional<String> brokenPath(List<JournalEntry> entries) {
    // Rows before a checkpoint or a detach are gone; what follows still is one path.
    boolean whole = entries.get(0).seq() == 1;
    String state = whole ? DurableState.UNOPENED.name() : entries.get(0).from();
    for (JournalEntry entry : entries) {
      // A session begins where the last one ended, but is not yet known to be there (T1).
      boolean opens = List.of(Trigger.OPEN.name(), Trigger.ADOPT.name()).contains(entry.trigger());
      String from = opens ? DurableState.UNOPENED.name() : state;
      boolean goesOn =
          !opens || state.equals(DurableState.UNOPENED.name()) || state.equals(entry.to());
      if (!entry.from().equals(from) || !goesOn) {
        return Optional.of(
            "row "
                + entry.seq()
                + " goes from "
                + entry.from()
                + " to "
                + entry.to()
                + ", but the row before it ended in "
                + state);
      }
      if (!isDeclared(entry)) {
        return Optional.of("row " + entry.seq() + " is no declared transition");
      }
      state = entry.to();
    }
    return Optional.empty();
  }

  private static boolean isCheckpoint(JournalEntry entry) {
    return entry.trigger().equals("CHECKPOINT") && entry.from().equals(entry.to());
  }

  private static boolean isDeclared(JournalEntry entry) {
    // What another program did to the tables is no transition of ours.
    return Repairs.byOthers(entry)
        || isCheckpoint(entry)
        || LifecycleDefinition.get().transitions().stream()
            .anyMatch(
                edge ->
                    edge.from().name().equals(entry.from())
                        && edge.trigger().name().equals(entry.trigger())
                        && edge.to().name().equals(entry.to()));
  }
}
