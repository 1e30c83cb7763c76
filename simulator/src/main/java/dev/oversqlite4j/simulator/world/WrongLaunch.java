package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import okhttp3.OkHttpClient;
import org.sqlite.SQLiteDataSource;

/**
 * A version of the app that was shipped with a mistake in what it tells the client of its tables:
 * it starts, is refused, and the next version starts on the file it leaves. No seam is met, so that
 * the run is the same with and without it.
 */
final class WrongLaunch {

  private static final OkHttpClient NOBODY = new OkHttpClient();

  /**
   * What came of it.
   *
   * @param outcome of {@code open()}
   * @param before a hash of each file of the database
   * @param after the same afterwards
   */
  record Ended(CallOutcome outcome, List<String> before, List<String> after) {}

  private WrongLaunch() {}

  /**
   * Starts it and lets it end.
   *
   * @param number which mistake it is, modulo how many there are
   */
  static Ended of(World world, Device device, long number) {
    List<String> before = files(device.file());
    SQLiteDataSource disk = new SQLiteDataSource();
    disk.setUrl("jdbc:sqlite:" + device.file());
    CallOutcome outcome;
    try (OversqliteClient client =
        OversqliteClient.builder()
            .schema(wrong(world.app(), number))
            .resolver(Resolver.serverWins())
            .store(world.parts().store(SqliteStore.over(disk), disk))
            .server(world.parts().server(HttpSyncServer.at("http://sync.test/", NOBODY)))
            .options(
                SyncOptions.builder()
                    .ownershipLock(database -> Optional.of(() -> {}))
                    .synchronous(world.synchronous())
                    .build())
            .build()) {
      client.open();
      outcome = new CallOutcome.Returned("opened");
    } catch (RuntimeException refused) {
      outcome = new CallOutcome.Threw(refused);
    }
    return new Ended(outcome, before, files(device.file()));
  }

  /** Rules V4, V6 and V6 once more: a table twice, one that is not there, a key that is none. */
  private static SyncSchema wrong(SimulatedApp app, long number) {
    SyncSchema.Builder schema = SyncSchema.of(app.serverSchema().name());
    app.tables().forEach(table -> schema.table(table.name(), table.key()));
    AppTable first = app.tables().get(0);
    return switch ((int) (number % 3)) {
      case 0 -> schema.table(first.name(), first.key()).build();
      case 1 -> schema.table("not_there", "id").build();
      default -> SyncSchema.of(app.serverSchema().name()).table(first.name(), "not_there").build();
    };
  }

  private static List<String> files(Path file) {
    return List.of(hash(file), hash(Path.of(file + "-wal")));
  }

  private static String hash(Path file) {
    try {
      return Files.exists(file)
          ? HexFormat.of()
              .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)))
          : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}
