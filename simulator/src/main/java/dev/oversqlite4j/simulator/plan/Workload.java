package dev.oversqlite4j.simulator.plan;

import dev.oversqlite4j.simulator.plan.PlannedTable.Place;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;

/** What the devices of one generated plan do when nothing goes wrong. Used once. */
final class Workload {

  private static final int MIN_STEPS = 24;
  private static final int MAX_STEPS = 40;
  private static final int MIN_STEPS_OF_LONG_LIVES = 60;
  private static final int MAX_STEPS_OF_LONG_LIVES = 100;
  private static final int MIN_CALLS_AND_WRITES = 20;
  private static final int ROWS = 6;
  // Longer than the leases and sessions of the reference server live (spec 2.1: 900 s).
  private static final int OUTLIVES_LEASES = 901;

  private final SplittableRandom random;
  private final List<PlannedTable> tables;
  private final List<String> users = new ArrayList<>();
  // What each device does next, before anything else is drawn for it.
  private final List<Deque<Command>> script = new ArrayList<>();
  private final int[] openingLeft;
  private final List<Step> steps = new ArrayList<>();
  private final int total;
  private int neitherCallNorWrite;
  private int value;

  private final int[] actions;
  private final int[] kinds;
  private final int[] tableWeights;
  private final int writeFirstPercent;
  private final int rollbackPercent;
  private final int samePercent;

  Workload(SplittableRandom random, List<PlannedTable> tables, Profile profile) {
    this.random = random;
    this.tables = tables;
    total =
        profile == Profile.LONG_LIVES
            ? random.nextInt(MIN_STEPS_OF_LONG_LIVES, MAX_STEPS_OF_LONG_LIVES + 1)
            : random.nextInt(MIN_STEPS, MAX_STEPS + 1);
    actions =
        new int[] {
          random.nextInt(10, 40), // sync
          random.nextInt(5, 25), // push
          random.nextInt(2, 20), // pull
          random.nextInt(10, 30), // write
          random.nextInt(0, 8), // detach
          random.nextInt(0, 8), // restart
          random.nextInt(0, 4), // attach another user
          random.nextInt(0, 4), // status
          random.nextInt(0, 4), // advance the clock
          random.nextInt(1, 4) // attach again
        };
    kinds =
        new int[] {
          random.nextInt(1, 6), random.nextInt(1, 6), random.nextInt(0, 5), random.nextInt(1, 8)
        };
    tableWeights =
        tables.stream()
            .mapToInt(table -> random.nextInt(1, table.place() == Place.PARENT ? 4 : 6))
            .toArray();
    writeFirstPercent = random.nextInt(40, 90);
    rollbackPercent = random.nextInt(0, 20);
    samePercent = random.nextInt(20, 70);

    int devices =
        Math.max(profile == Profile.THREE_DEVICES ? 3 : 2, Draw.percent(random, 65) ? 2 : 3);
    for (int device = 0; device < devices; device++) {
      boolean last = device == devices - 1;
      users.add(last && Draw.percent(random, 15) ? "bob" : "ada");
      script.add(opening());
    }
    openingLeft = script.stream().mapToInt(Deque::size).toArray();
    int current = 0;
    while (steps.size() < total) {
      current = next(current);
      steps.add(Step.of(current, command(script.get(current))));
      openingLeft[current] = Math.max(0, openingLeft[current] - 1);
    }
  }

  List<String> users() {
    return List.copyOf(users);
  }

  List<Step> steps() {
    return List.copyOf(steps);
  }

  private Deque<Command> opening() {
    Deque<Command> opening = new ArrayDeque<>();
    int virgin = Draw.weighted(random, 5, 3, 1);
    for (int i = 0; i < virgin; i++) {
      opening.add(write());
    }
    opening.add(new Command.Call(Operation.OPEN));
    int offline = Draw.weighted(random, 4, 4, 1);
    for (int i = 0; i < offline; i++) {
      opening.add(write());
    }
    opening.add(new Command.Call(Operation.ATTACH));
    return opening;
  }

  private int next(int current) {
    int stillOpening = 0;
    int waiting = current;
    for (int device = openingLeft.length - 1; device >= 0; device--) {
      stillOpening += openingLeft[device];
      waiting = openingLeft[device] > 0 ? device : waiting;
    }
    // Every device attaches before the plan ends.
    if (stillOpening >= total - steps.size()) {
      return waiting;
    }
    return Draw.percent(random, samePercent) ? current : random.nextInt(script.size());
  }

  private Command command(Deque<Command> mine) {
    if (mine.isEmpty()) {
      draw(mine);
    }
    Command command = mine.remove();
    if (!(command instanceof Command.Call || command instanceof Command.Write)) {
      neitherCallNorWrite++;
    }
    return command;
  }

  private void draw(Deque<Command> mine) {
    int action = Draw.weighted(random, actions);
    boolean mayPass = total - neitherCallNorWrite > MIN_CALLS_AND_WRITES;
    switch (action) {
      case 0 -> afterWrite(mine, Operation.SYNC);
      case 1 -> afterWrite(mine, Operation.PUSH);
      case 2 -> mine.add(new Command.Call(Operation.PULL));
      case 3 -> mine.add(write());
      case 4 -> {
        mine.add(new Command.Call(Operation.DETACH));
        if (Draw.percent(random, 80)) {
          mine.add(new Command.Call(Operation.ATTACH));
        }
      }
      case 5 -> {
        if (mayPass) {
          mine.add(new Command.Restart());
        }
        mine.add(new Command.Call(Operation.OPEN));
        mine.add(new Command.Call(Operation.ATTACH));
      }
      case 6 -> mine.add(new Command.Call(Operation.ATTACH_OTHER_USER));
      case 7 -> mine.add(new Command.Call(Operation.SYNC_STATUS));
      case 8 -> mine.add(mayPass ? advance() : new Command.Call(Operation.SYNC_STATUS));
      default -> mine.add(new Command.Call(Operation.ATTACH));
    }
  }

  private void afterWrite(Deque<Command> mine, Operation operation) {
    if (Draw.percent(random, writeFirstPercent)) {
      mine.add(write());
    }
    mine.add(new Command.Call(operation));
  }

  private Command advance() {
    return new Command.AdvanceClock(
        Draw.percent(random, 40)
            ? random.nextInt(OUTLIVES_LEASES, 4 * OUTLIVES_LEASES)
            : random.nextInt(1, 120));
  }

  /** The table itself, or else the first one whose rows may be deleted. */
  private PlannedTable deletable(PlannedTable drawn) {
    return drawn.place() == Place.LEAF
        ? drawn
        : tables.stream().filter(t -> t.place() == Place.LEAF).findFirst().orElse(drawn);
  }

  private Command write() {
    List<RowWrite> rows = new ArrayList<>();
    int count = random.nextInt(1, 5);
    for (int i = 0; i < count; i++) {
      RowWrite.Kind kind = RowWrite.Kind.values()[Draw.weighted(random, kinds)];
      PlannedTable drawn = tables.get(Draw.weighted(random, tableWeights));
      PlannedTable table = kind == RowWrite.Kind.DELETE ? deletable(drawn) : drawn;
      rows.add(new RowWrite(kind, table.name(), random.nextInt(ROWS), ++value));
    }
    return new Command.Write(
        rows, Draw.percent(random, rollbackPercent) ? Ending.ROLLBACK : Ending.COMMIT);
  }
}
