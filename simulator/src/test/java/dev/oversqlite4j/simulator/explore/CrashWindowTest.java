package dev.oversqlite4j.simulator.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.AfterCrash;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Ending;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.RunListener;
import dev.oversqlite4j.simulator.world.World;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What a process can leave behind in the middle of one call: it dies when the call begins and after
 * each of its commits, and the different states found then are compared with the only ones there
 * may be. Whatever has to happen in one transaction shows as one step from a line to the next.
 */
class CrashWindowTest {

  /** The control state as far as these windows go. */
  private static final String CONTROL =
      "SELECT binding_state"
          + " || iif(pending_initialization_id = '', '', ' lease')"
          + " || iif(kind = 'none', '', ' ' || kind)"
          + " || ' ' || (SELECT state FROM _sync_outbox_bundle)"
          + " || ', dirty ' || (SELECT count(*) FROM _sync_dirty_rows)"
          + " || ', frozen ' || (SELECT count(*) FROM _sync_outbox_rows)"
          + " || ', held ' || (SELECT count(*) FROM _fsm_discarded_intent WHERE pending = 1)"
          + " || ', staged ' || (SELECT count(*) FROM _sync_snapshot_stage)"
          + " || iif(snapshot_stage_complete = 1, ' complete', '')"
          + " FROM _sync_attachment_state, _sync_operation_state";

  private static final String SCHEMA =
      "SELECT (SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE '!_%'"
          + " ESCAPE '!') || ' tables, ' || (SELECT count(*) FROM sqlite_schema WHERE type ="
          + " 'trigger') || ' triggers'";

  /** Ends a run once its crash was looked at; not an error. */
  private static final class Looked extends RuntimeException {
    private static final long serialVersionUID = 1;

    Looked() {
      super(null, null, false, false);
    }
  }

  /** The states that crashes in the last step leave, in the order of the seams. */
  private static List<String> leftByCrashesInTheLastOf(String sql, int devices, Step... steps) {
    int last = steps.length - 1;
    Set<Integer> seams = new TreeSet<>(Set.of(1));
    Plan plan = plan(devices, steps);
    Simulation.Result undisturbed =
        new Simulation(Parts.REAL, Tracing.STATEMENTS)
            .run(
                plan,
                new RunListener() {
                  @Override
                  public void reached(World world, Reached reached) {
                    if (reached.step() == last && reached.at().kind() == Seam.Kind.COMMIT) {
                      seams.add(reached.seam());
                    }
                  }
                });
    assertEquals(Optional.empty(), undisturbed.failure().map(Simulation.Failure::describe));
    List<String> left = new ArrayList<>();
    for (int seam : seams) {
      String state = leftByCrash(sql, plan, last, seam);
      if (left.isEmpty() || !left.get(left.size() - 1).equals(state)) {
        left.add(state);
      }
    }
    return left;
  }

  private static String leftByCrash(String sql, Plan plan, int index, int seam) {
    List<Step> steps = new ArrayList<>(plan.steps());
    Step step = steps.get(index);
    steps.set(
        index,
        new Step(
            step.device(),
            step.command(),
            List.of(new Fault.CrashAtSeam(seam)),
            AfterCrash.MOVE_ON,
            Optional.empty()));
    String[] state = new String[1];
    try {
      new Simulation(Parts.REAL, Tracing.STATEMENTS)
          .run(
              plan.withSteps(steps),
              new RunListener() {
                @Override
                public void crashed(World world) {
                  state[0] = read(world.devices().get(step.device()).file(), sql);
                  throw new Looked();
                }
              });
    } catch (Looked looked) {
      return state[0];
    }
    throw new AssertionError("the step has no seam " + seam);
  }

  private static String read(Path file, String sql) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Plan plan(int devices, Step... steps) {
    return new Plan(
        Plan.VERSION,
        1,
        0,
        devices,
        IntStream.range(0, devices).mapToObj(i -> "ada").toList(),
        List.of(steps),
        Optional.empty());
  }

  private static Step call(int device, Operation operation) {
    return Step.of(device, new Command.Call(operation));
  }

  private static Step insert(int device, int... rows) {
    return Step.of(
        device,
        new Command.Write(
            IntStream.of(rows)
                .mapToObj(r -> new RowWrite(RowWrite.Kind.INSERT, Table.MEASURE, r, r + 1))
                .toList(),
            Ending.COMMIT));
  }

  /** An attach whose second page of the snapshot never arrives. */
  private static Step attachLosingThePages(int device) {
    return new Step(
        device,
        new Command.Call(Operation.ATTACH),
        List.of(new Fault.LoseResponse(5), new Fault.LoseResponse(6), new Fault.LoseResponse(7)),
        AfterCrash.MOVE_ON,
        Optional.empty());
  }

  /** W-6: the three places where attachment and operation change together. */
  @Test
  void w06CancellingARemoteReplaceIsOneTransaction() {
    assertEquals(
        List.of(
            "anonymous remote_replace none, dirty 0, frozen 0, held 1, staged 3",
            "anonymous none, dirty 1, frozen 0, held 0, staged 0"),
        leftByCrashesInTheLastOf(
            CONTROL,
            2,
            insert(0, 1, 2, 3, 4, 5),
            call(0, Operation.ATTACH),
            call(0, Operation.SYNC),
            insert(1, 9),
            attachLosingThePages(1),
            call(1, Operation.DETACH)));
  }

  @Test
  void w06LosingTheLeaseIsOneTransaction() {
    assertEquals(
        List.of(
            "attached lease none, dirty 1, frozen 0, held 0, staged 0",
            "attached lease prepared, dirty 0, frozen 1, held 0, staged 0",
            "anonymous none, dirty 1, frozen 0, held 0, staged 0"),
        leftByCrashesInTheLastOf(
            CONTROL,
            2,
            insert(0, 1),
            call(0, Operation.ATTACH),
            Step.of(0, new Command.AdvanceClock(2000)),
            insert(1, 2),
            call(1, Operation.ATTACH),
            call(1, Operation.SYNC),
            call(0, Operation.PUSH)));
  }

  @Test
  void w06AttachingIsOneTransaction() {
    assertEquals(
        List.of(
            "anonymous none, dirty 1, frozen 0, held 0, staged 0",
            "attached lease none, dirty 1, frozen 0, held 0, staged 0"),
        leftByCrashesInTheLastOf(
            CONTROL, 1, insert(0, 1), call(0, Operation.OPEN), call(0, Operation.ATTACH)));
  }

  /** W-12: tables, triggers, source and first capture are there together or not at all. */
  @Test
  void w12InstallingIsOneTransaction() {
    assertEquals(
        List.of("0 tables, 0 triggers", "17 tables, 18 triggers"),
        leftByCrashesInTheLastOf(SCHEMA, 1, insert(0, 1), call(0, Operation.OPEN)));
  }

  /** W-21: with the rows comes the attachment, or neither. */
  @Test
  void w21ARemoteReplaceIsAppliedInOneTransaction() {
    assertEquals(
        List.of(
            "anonymous none, dirty 1, frozen 0, held 0, staged 0; rows 1",
            "anonymous remote_replace none, dirty 0, frozen 0, held 1, staged 0; rows 1",
            "anonymous remote_replace none, dirty 0, frozen 0, held 1, staged 3; rows 1",
            "anonymous remote_replace none, dirty 0, frozen 0, held 1, staged 5; rows 1",
            "anonymous remote_replace none, dirty 0, frozen 0, held 1, staged 5 complete; rows 1",
            "attached none, dirty 0, frozen 0, held 0, staged 0; rows 5"),
        leftByCrashesInTheLastOf(
            CONTROL.replace(
                " FROM _sync_attachment_state, _sync_operation_state",
                " || '; rows ' || (SELECT count(*) FROM measure)"
                    + " FROM _sync_attachment_state, _sync_operation_state"),
            2,
            insert(0, 1, 2, 3, 4, 5),
            call(0, Operation.ATTACH),
            call(0, Operation.SYNC),
            insert(1, 9),
            call(1, Operation.OPEN),
            call(1, Operation.ATTACH)));
  }

  /** W-23, W-24: the lease ends with the acknowledgement, and never outlives the replay. */
  @Test
  void w23TheLeaseEndsWithTheAcknowledgement() {
    assertEquals(
        List.of(
            "attached lease none, dirty 1, frozen 0, held 0, staged 0",
            "attached lease prepared, dirty 0, frozen 1, held 0, staged 0",
            "attached committed_remote, dirty 0, frozen 1, held 0, staged 0",
            "attached none, dirty 0, frozen 0, held 0, staged 0"),
        leftByCrashesInTheLastOf(
            CONTROL, 1, insert(0, 1), call(0, Operation.ATTACH), call(0, Operation.PUSH)));
  }

  /** W-32: a stage goes with the session it came from, and is complete only as a whole. */
  @Test
  void w32AStageIsReplacedInOneTransaction() {
    assertEquals(
        List.of("first 3 ", "second 0 ", "second 3 ", "second 5 ", "second 5 complete", "none 0 "),
        sessionsByOrder(
            leftByCrashesInTheLastOf(
                "SELECT iif(staged_snapshot_id = '', 'none', staged_snapshot_id) || ' '"
                    + " || (SELECT count(*) FROM _sync_snapshot_stage) || ' '"
                    + " || iif(snapshot_stage_complete = 1, 'complete', '')"
                    + " FROM _sync_operation_state",
                2,
                insert(0, 1, 2, 3, 4, 5),
                call(0, Operation.ATTACH),
                call(0, Operation.SYNC),
                insert(1, 9),
                attachLosingThePages(1),
                call(1, Operation.ATTACH))));
  }

  private static List<String> sessionsByOrder(List<String> states) {
    List<String> ids = new ArrayList<>();
    List<String> numbered = new ArrayList<>();
    for (String state : states) {
      String id = state.substring(0, state.indexOf(' '));
      if (!id.equals("none") && !ids.contains(id)) {
        ids.add(id);
      }
      String name = id.equals("none") ? id : List.of("first", "second").get(ids.indexOf(id));
      numbered.add(name + state.substring(id.length()));
    }
    return numbered;
  }
}
