package dev.oversqlite4j.simulator.report;

import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanJson;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.spi.DirtyRows;
import dev.oversqlite4j.spi.LocalStore;
import dev.oversqlite4j.spi.LocalTransaction;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;

/** A client that does not see newer edits, and a plan in which that overwrites one. */
final class Planted implements Parts {

  /** A crash, a lost answer, and a write in the middle of a pull. */
  static final String PLAN =
      """
      {"version":1,"scheduleSeed":0,"switchPercent":0,"devices":2,"users":["ada","ada"],"steps":[
      {"device":1,"do":"attach"},
      {"device":1,"do":"write","rows":[{"insert":"measure","row":0,"value":0}],"ending":"commit"},
      {"device":1,"do":"sync","crashAtAnswer":[3],"afterCrash":"retry"},
      {"device":1,"do":"write","rows":[{"insert":"note","row":0,"value":4}],"ending":"commit"},
      {"device":0,"do":"attach"},
      {"device":1,"do":"sync","loseResponse":[2]},
      {"device":1,"do":"sync"},
      {"device":0,"do":"pull"},
      {"device":0,"do":"write","rows":[{"upsert":"note","row":0,"value":5}],"ending":"commit","at":"RECEIVE GET"}
      ]}
      """;

  static Plan plan() {
    return PlanJson.read(PLAN);
  }

  @Override
  @SuppressWarnings("unchecked")
  public LocalStore store(LocalStore real, DataSource disk) {
    return instead(
        LocalStore.class,
        real,
        "write",
        arguments -> {
          Function<LocalTransaction, Object> work =
              (Function<LocalTransaction, Object>) arguments[0];
          return real.write(tx -> work.apply(blind(tx)));
        });
  }

  private static LocalTransaction blind(LocalTransaction real) {
    DirtyRows rows =
        instead(DirtyRows.class, real.dirtyRows(), "find", arguments -> Optional.empty());
    return instead(LocalTransaction.class, real, "dirtyRows", arguments -> rows);
  }

  private static <T> T instead(
      Class<T> type, T real, String name, Function<Object[], Object> other) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              if (method.getName().equals(name)) {
                return other.apply(arguments);
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
              }
            }));
  }
}
