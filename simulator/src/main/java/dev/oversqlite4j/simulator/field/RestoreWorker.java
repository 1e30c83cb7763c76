package dev.oversqlite4j.simulator.field;

import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import okhttp3.OkHttpClient;

/** A process that attaches, and so restores the whole account, and says what it took. */
final class RestoreWorker {

  private RestoreWorker() {}

  /** Arguments: the database and the base of all paths. */
  public static void main(String[] args) throws IOException {
    OkHttpClient http =
        new OkHttpClient.Builder()
            .addInterceptor(
                chain ->
                    chain.proceed(
                        chain
                            .request()
                            .newBuilder()
                            .header("Authorization", "Bearer restore")
                            .build()))
            .build();
    long start = System.nanoTime();
    try (OversqliteClient client =
        OversqliteClient.builder()
            .schema(
                SyncSchema.of(GeneratedAccount.SCHEMA).table(GeneratedAccount.TABLE, "id").build())
            .store(SqliteStore.at(Path.of(args[0])))
            .server(HttpSyncServer.at(args[1], http))
            .build()) {
      client.open();
      System.out.println("opened");
      AttachResult.Connected connected = (AttachResult.Connected) client.attach("restore");
      long millis = (System.nanoTime() - start) / 1_000_000;
      System.out.println(
          "restored " + connected.outcome() + " " + millis + " " + residentMegabytesMax());
      System.out.flush();
    }
    // OkHttp's threads would keep the process for a while.
    System.exit(0);
  }

  /** The most memory this process ever had, Java heap and everything else; 0 where unknown. */
  private static long residentMegabytesMax() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(0);
  }
}
