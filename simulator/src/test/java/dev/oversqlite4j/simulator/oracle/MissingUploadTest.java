package dev.oversqlite4j.simulator.oracle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Ending;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.RowWrite;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.World.Tracing;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.SyncServer;
import dev.oversqlite4j.spi.WireRow;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** W-17: a committed bundle that lacks a row we uploaded is never replayed. */
class MissingUploadTest {

  @Test
  void w17ABundleWithoutAnUploadedRowKeepsTheOutbox() {
    Plan plan =
        new Plan(
            Plan.VERSION,
            1,
            0,
            1,
            List.of("ada"),
            List.of(
                Step.of(0, new Command.Call(Operation.ATTACH)),
                Step.of(
                    0,
                    new Command.Write(
                        List.of(
                            new RowWrite(RowWrite.Kind.INSERT, Table.NOTE, 1, 1),
                            new RowWrite(RowWrite.Kind.INSERT, Table.MEASURE, 1, 2)),
                        Ending.COMMIT)),
                Step.of(0, new Command.Call(Operation.PUSH))),
            Optional.empty());

    Simulation.Result result = new Simulation(new ForgetfulServer(), Tracing.STATEMENTS).run(plan);

    // Replaying it would leave a row that nobody knows (property 2); the client asks for a rebuild.
    assertTrue(
        result.failure().orElseThrow().describe().contains("a rebuild is required"),
        result.failure().orElseThrow().describe());
    assertTrue(
        result.coverage().transitions().contains("PUSH_COMMITTED HASH_MISMATCH REBUILD_COMMITTED"),
        result.coverage().transitions().toString());
    assertTrue(
        result.coverage().transitions().stream()
            .noneMatch(transition -> transition.contains(" REPLAY ")));
  }

  /** Leaves the last row of every committed bundle out. */
  private static final class ForgetfulServer implements Parts {
    @Override
    public SyncServer server(SyncServer real) {
      return (SyncServer)
          Proxy.newProxyInstance(
              SyncServer.class.getClassLoader(),
              new Class<?>[] {SyncServer.class},
              (self, method, args) -> {
                if (method.getName().equals("committedRows")) {
                  List<WireRow> rows = new ArrayList<>();
                  real.committedRows(
                      (OutboxState.Bundle) args[0],
                      (SyncServer.CommittedBundle) args[1],
                      rows::addAll);
                  @SuppressWarnings("unchecked")
                  Consumer<List<WireRow>> consumer = (Consumer<List<WireRow>>) args[2];
                  consumer.accept(rows.subList(0, rows.size() - 1));
                  return null;
                }
                try {
                  return method.invoke(real, args);
                } catch (InvocationTargetException thrown) {
                  throw thrown.getCause();
                }
              });
    }
  }
}
