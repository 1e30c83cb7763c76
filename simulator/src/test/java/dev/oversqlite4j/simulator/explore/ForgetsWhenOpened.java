package dev.oversqlite4j.simulator.explore;

import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.spi.LocalStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** A planted bug: whoever opens a database that is set up already drops what waits to be sent. */
final class ForgetsWhenOpened implements Parts {
  @Override
  public LocalStore store(LocalStore real, DataSource disk) {
    return (LocalStore)
        Proxy.newProxyInstance(
            LocalStore.class.getClassLoader(),
            new Class<?>[] {LocalStore.class},
            (self, method, args) -> {
              if (method.getName().equals("claim")) {
                forget(disk);
              }
              try {
                return method.invoke(real, args);
              } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
              }
            });
  }

  private static void forget(DataSource disk) throws SQLException {
    try (Connection connection = disk.getConnection();
        Statement statement = connection.createStatement()) {
      if (connection.getMetaData().getTables(null, null, "_sync_dirty_rows", null).next()) {
        statement.execute("DELETE FROM _sync_dirty_rows");
      }
    }
  }
}
