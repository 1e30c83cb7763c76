package dev.oversqlite4j.simulator.everyday;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.RemoteSyncOutcome;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.server.ServerSchema.Column;
import dev.oversqlite4j.simulator.server.ServerSchema.ColumnKind;
import dev.oversqlite4j.simulator.server.ServerSchema.KeyKind;
import dev.oversqlite4j.simulator.server.ServerSchema.Nullability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Property 57: what the server makes of a value – another offset, its scale, a shorter number –
 * comes back as the server has it, is no edit of ours, and a real edit later is one.
 */
class NormalisedValuesTest {

  private static final List<String> DDL =
      List.of(
          "CREATE TABLE measure (id TEXT PRIMARY KEY NOT NULL, taken_at TEXT, amount TEXT,"
              + " small REAL)");

  private static final String ALL = "SELECT taken_at, amount, small FROM measure ORDER BY id";

  /** Decimals of June are JSON numbers, which lose the zeros at their end. */
  private static final Map<Revision, List<String>> NORMALISED =
      Map.of(
          Revision.JULY_2026,
          List.of(
              "2026-03-24T17:42:11+00:00 12.3000 1.2345678806304932",
              "2026-12-31T23:00:00.000001+00:00 1250.0000 0.5",
              "null -0.1235 null"),
          Revision.JUNE_2026,
          List.of(
              "2026-03-24T17:42:11+00:00 12.3 1.2345679",
              "2026-12-31T23:00:00.000001+00:00 1250 0.5",
              "null -0.1235 null"));

  @TempDir Path folder;

  private static ServerSchema schema() {
    return new ServerSchema(
        "business",
        List.of(
            new ServerSchema.Table(
                "measure",
                "id",
                KeyKind.UUID,
                List.of(
                    new Column("taken_at", ColumnKind.TIMESTAMPTZ, Nullability.NULLABLE),
                    new Column("amount", ColumnKind.NUMERIC, Nullability.NULLABLE),
                    new Column("small", ColumnKind.FLOAT4, Nullability.NULLABLE)))));
  }

  private static String row(int key, String values) {
    return "INSERT INTO measure VALUES ('" + Account.key(key) + "', " + values + ")";
  }

  @ParameterizedTest
  @EnumSource(Revision.class)
  void areNoEdits(Revision revision) throws IOException {
    try (Account account = new Account(folder, revision, schema(), DDL)) {
      Account.Device one = account.device(Resolver.serverWins());
      one.run(
          row(1, "'2026-03-24T18:42:11+01:00', '12.3', 1.2345678901234567"),
          row(2, "'2026-12-31T23:00:00.0000012Z', '1.25e3', 0.5"),
          row(3, "NULL, '-0.12345', NULL"));
      one.client().sync();
      assertEquals(NORMALISED.get(revision), one.rows(ALL));
      assertEquals(0, one.client().pendingSyncStatus().pendingRowCount());
      assertEquals(PushOutcome.NO_CHANGE, one.client().sync().pushOutcome());
      assertEquals(1, account.server().latestBundleSeq(Account.USER));

      Account.Device other = account.device(Resolver.serverWins());
      List<String> there = other.rows(ALL);
      assertEquals(3, there.size());
      one.run("UPDATE measure SET amount = '7' WHERE id = '" + Account.key(1) + "'");
      assertEquals(1, one.client().pendingSyncStatus().pendingRowCount());
      one.client().sync();
      assertEquals(2, account.server().latestBundleSeq(Account.USER));
      assertEquals(RemoteSyncOutcome.APPLIED_INCREMENTAL, other.client().pullToStable().outcome());
      assertEquals(one.rows(ALL).get(0), other.rows(ALL).get(0));
    }
  }

  /** What is written while the push is on its way is compared with what was sent. */
  @ParameterizedTest
  @EnumSource(Revision.class)
  void hideNoEditMadeMeanwhile(Revision revision) throws IOException {
    try (Account account = new Account(folder, revision, schema(), DDL)) {
      Account.Device one = account.device(Resolver.serverWins());
      one.run(row(1, "'2026-03-24T18:42:11Z', '12.3', 1.2345678901234567"));
      one.onRequest(
          request -> {
            if (request.endsWith("/commit") && one.rows("SELECT 1 FROM measure").size() == 1) {
              one.run(
                  row(2, "NULL, '1', NULL"),
                  "UPDATE measure SET amount = '12.3000' WHERE id = '" + Account.key(1) + "'");
            }
          });
      one.client().pushPending();
      assertEquals("12.3000", one.rows("SELECT amount FROM measure ORDER BY id").get(0));
      assertEquals(2, one.client().pendingSyncStatus().pendingRowCount());
    }
  }
}
