package dev.oversqlite4j.fsm;

import static org.junit.jupiter.api.Assertions.assertSame;

import dev.oversqlite4j.JournalEntry;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JournalTransactionTest {

  @Test
  void itsConnectionIsTheOneItWraps() {
    Connection connection =
        (Connection)
            Proxy.newProxyInstance(
                Connection.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (self, method, args) -> null);
    JournalTransaction transaction =
        new JournalTransaction() {
          @Override
          public Optional<JournalEntry> head(String machine) {
            return Optional.empty();
          }

          @Override
          public long append(
              String machine, String trigger, String from, String to, String opId, Facts facts) {
            return 1;
          }

          @Override
          public <C> C unwrap(Class<C> type) {
            return type.cast(connection);
          }
        };
    assertSame(connection, transaction.connection());
  }
}
