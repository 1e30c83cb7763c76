package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.KeyPolicy;
import dev.oversqlite4j.OversqliteClient;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongBiFunction;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteDataSource;

/**
 * {@code open()} costs per table and a push per dirty row, neither per row of the tables, in steps
 * of SQLite's virtual machine.
 */
class OpenCostTest {

  @TempDir Path directory;

  @Test
  void rowsThatAreTrackedCostNothing() throws SQLException {
    try (TestDatabase db = TestDatabase.in(directory, TestDatabase.PEOPLE)) {
      db.installed().close();
      stepsOfOpen(db);
      track(db, 0, 10);
      long few = stepsOfOpen(db);
      track(db, 10, 20_000);
      long many = stepsOfOpen(db);
      assertTrue(few > 0 && many <= few * 1.5, few + " steps became " + many);
    }
  }

  @Test
  void aPushCostsPerDirtyRow() throws SQLException {
    try (TestDatabase db = TestDatabase.in(directory, TestDatabase.PEOPLE)) {
      stepsOfPush(db);
      track(db, 0, 10);
      db.run("UPDATE person SET name = 'edited' WHERE id IN ('p1', 'p2', 'p3')");
      long few = stepsOfPush(db);
      track(db, 10, 20_000);
      db.run("UPDATE person SET name = 'again' WHERE id IN ('p1', 'p15000', 'p19999')");
      long many = stepsOfPush(db);
      assertTrue(few > 0 && many <= few * 1.5, few + " steps became " + many);
      db.run("UPDATE person SET name = 'all of them'");
      long all = stepsOfPush(db);
      assertTrue(all > many * 100, "what is counted are the steps: " + all);
    }
  }

  /** Rows the server has. */
  private static void track(TestDatabase db, int from, int to) throws SQLException {
    db.run("BEGIN");
    db.run(
        "INSERT INTO person (id, name) WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1"
            + " FROM n WHERE i < ?2 - 1) SELECT 'p' || i, 'name' FROM n",
        from,
        to);
    db.run(
        "INSERT INTO _sync_row_state (schema_name, table_name, key_json, row_version)"
            + " SELECT schema_name, table_name, key_json, 1 FROM _sync_dirty_rows");
    db.run("DELETE FROM _sync_dirty_rows");
    db.run("COMMIT");
  }

  private static long stepsOfOpen(TestDatabase db) {
    return steps(
        db,
        (client, steps) -> {
          client.open();
          return steps.get();
        });
  }

  private static long stepsOfPush(TestDatabase db) {
    return steps(
        db,
        (client, steps) -> {
          client.open();
          client.attach("ada");
          long before = steps.get();
          client.pushPending();
          return steps.get() - before;
        });
  }

  private static long steps(
      TestDatabase db, ToLongBiFunction<OversqliteClient, AtomicLong> measured) {
    AtomicLong steps = new AtomicLong();
    SQLiteDataSource real = new SQLiteDataSource();
    real.setUrl("jdbc:sqlite:" + db.file);
    DataSource counting =
        (DataSource)
            Proxy.newProxyInstance(
                OpenCostTest.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> {
                  try {
                    Object result = method.invoke(real, arguments);
                    if (result instanceof Connection connection) {
                      count(connection, steps);
                    }
                    return result;
                  } catch (InvocationTargetException failed) {
                    throw failed.getCause();
                  }
                });
    EchoServer server = new EchoServer("business");
    server.register("person", "id");
    server.register("note", "id");
    server.accepts(1);
    try (OversqliteClient client =
        OversqliteClient.builder()
            .schema(TestDatabase.people())
            .store(SqliteStore.over(counting))
            .server(server)
            .options(TestDatabase.optionsBuilder().keyPolicy(KeyPolicy.ANY_TEXT).build())
            .build()) {
      return measured.applyAsLong(client, steps);
    }
  }

  static void count(Connection connection, AtomicLong steps) throws SQLException {
    ProgressHandler.setHandler(
        connection,
        1,
        new ProgressHandler() {
          @Override
          protected int progress() {
            steps.incrementAndGet();
            return 0;
          }
        });
  }
}
