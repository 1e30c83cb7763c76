package dev.oversqlite4j.simulator.plan;

import dev.oversqlite4j.simulator.server.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What lists of a few commands are made of: where they start, and what may come next. Most defects
 * need no more than three commands and a crash (CrashMonkey, OSDI 2018). Stateless.
 */
public final class ShortLists {

  private static final String ACCOUNT = "ada";
  private static final long OUTLIVES_LEASES = 901;

  private ShortLists() {}

  /**
   * Where lists start.
   *
   * @param name what it is called
   * @param about one sentence
   * @param plan what has happened before; nothing of it is crashed
   * @param commands what may come next, on whichever device
   */
  public record Start(String name, String about, Plan plan, List<Step> commands) {

    public Start {
      commands = List.copyOf(commands);
    }

    /** The same against a server of another revision. */
    public Start withRevision(Revision other) {
      return new Start(name, about, plan.withRevision(other), commands);
    }

    /** The plan with one more command, whose writes tell where in the list they stand. */
    public Plan followed(Plan list, Step command) {
      List<Step> steps = new ArrayList<>(list.steps());
      steps.add(numbered(command, steps.size()));
      return list.withSteps(steps);
    }

    private static Step numbered(Step step, int index) {
      if (!(step.command() instanceof Command.Write write)) {
        return step;
      }
      int first = 1_000 * (index + 1);
      List<RowWrite> rows = new ArrayList<>();
      for (RowWrite row : write.rows()) {
        rows.add(new RowWrite(row.kind(), row.table(), row.row(), first + row.value()));
      }
      return new Step(
          step.device(), write.withRows(rows), step.faults(), step.afterCrash(), step.at());
    }
  }

  /** All of them. */
  public static List<Start> starts() {
    return List.of(virgin(), inUse(), away());
  }

  private static Start virgin() {
    return new Start(
        "virgin",
        "A database that no client has opened, and an account that nobody has used.",
        plan(1, List.of()),
        alphabet(0));
  }

  private static Start inUse() {
    return new Start(
        "in-use",
        "An attached device with a synced row and an edit of it.",
        plan(
            1,
            List.of(
                call(0, Operation.OPEN),
                call(0, Operation.ATTACH),
                write(0, row(RowWrite.Kind.INSERT, Table.NOTE, 0, 1)),
                call(0, Operation.SYNC),
                write(0, row(RowWrite.Kind.UPDATE, Table.NOTE, 0, 2)))),
        alphabet(0));
  }

  private static Start away() {
    List<Step> commands = new ArrayList<>(alphabet(1));
    commands.add(write(0, row(RowWrite.Kind.UPDATE, Table.NOTE, 0, 6)));
    commands.add(call(0, Operation.SYNC));
    return new Start(
        "away",
        "An attached device with an edit that contradicts what another one has pushed since.",
        plan(
            2,
            List.of(
                call(0, Operation.OPEN),
                call(0, Operation.ATTACH),
                write(0, row(RowWrite.Kind.INSERT, Table.NOTE, 0, 1)),
                call(0, Operation.SYNC),
                call(1, Operation.OPEN),
                call(1, Operation.ATTACH),
                write(0, row(RowWrite.Kind.UPDATE, Table.NOTE, 0, 2)),
                call(0, Operation.SYNC),
                write(1, row(RowWrite.Kind.UPDATE, Table.NOTE, 0, 3)))),
        commands);
  }

  private static List<Step> alphabet(int device) {
    List<Step> commands = new ArrayList<>();
    for (Operation operation :
        List.of(
            Operation.OPEN,
            Operation.ATTACH,
            Operation.ATTACH_OTHER_USER,
            Operation.PUSH,
            Operation.PULL,
            Operation.SYNC,
            Operation.REBUILD,
            Operation.DETACH,
            Operation.SYNC_THEN_DETACH,
            Operation.AUTO_TICK,
            Operation.UNINSTALL)) {
      commands.add(call(device, operation));
    }
    commands.add(
        write(
            device,
            row(RowWrite.Kind.UPSERT, Table.PERSON, 0, 1),
            row(RowWrite.Kind.UPSERT, Table.NOTE, 0, 2)));
    commands.add(write(device, row(RowWrite.Kind.DELETE, Table.NOTE, 0, 3)));
    commands.add(Step.of(device, new Command.Restart()));
    commands.add(Step.of(device, new Command.AdvanceClock(OUTLIVES_LEASES)));
    commands.add(Step.of(device, new Command.Disturb(Disturbance.PRUNE_ALL)));
    commands.add(Step.of(device, new Command.Disturb(Disturbance.RETIRE_SOURCE)));
    return commands;
  }

  private static Plan plan(int devices, List<Step> steps) {
    List<String> users = new ArrayList<>();
    for (int device = 0; device < devices; device++) {
      users.add(ACCOUNT);
    }
    return new Plan(Plan.VERSION, 0, 0, devices, users, steps, Optional.empty());
  }

  private static Step call(int device, Operation operation) {
    return Step.of(device, new Command.Call(operation));
  }

  private static Step write(int device, RowWrite... rows) {
    return Step.of(device, new Command.Write(List.of(rows), Ending.COMMIT));
  }

  private static RowWrite row(RowWrite.Kind kind, String table, int row, int value) {
    return new RowWrite(kind, table, row, value);
  }
}
