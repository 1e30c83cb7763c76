package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.WatchMode;
import dev.oversqlite4j.persistence.SqliteStore;
import dev.oversqlite4j.simulator.disk.DatabaseImage;
import dev.oversqlite4j.simulator.disk.DeterministicFunctions;
import dev.oversqlite4j.simulator.disk.LogicalContent;
import dev.oversqlite4j.simulator.disk.SeamDataSource;
import dev.oversqlite4j.simulator.disk.WriteAheadLog;
import dev.oversqlite4j.simulator.network.SimulatedNetwork;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.ResolverChoice;
import dev.oversqlite4j.simulator.seam.HashTrace;
import dev.oversqlite4j.simulator.seam.Incarnation;
import dev.oversqlite4j.simulator.seam.Seams;
import dev.oversqlite4j.simulator.seam.Trace;
import dev.oversqlite4j.spi.IdSource;
import dev.oversqlite4j.transport.HttpSyncServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Consumer;
import okhttp3.OkHttpClient;

/**
 * One simulated device: a database file, and one process after the other that uses it. A process is
 * a client and a connection of the app; both share an incarnation and die together.
 */
public final class Device {

  /**
   * How often a statement waits for a lock before it gives up; more than any transaction has seams.
   */
  private static final int BUSY_RETRIES_MAX = 500;

  /** How long automatic downloads go on; each sleep is followed by a pull. */
  private static final int SLEEPS_OF_DOWNLOADS = 5;

  private final int index;
  private final String user;
  private final ResolverChoice resolver;
  private final Path folder;
  private final World world;
  private final HashTrace hash = new HashTrace();
  private final Trace trace;
  private final SplittableRandom random;
  private final Power power;
  private final Baton.Actor clientActor;
  private final Baton.Actor appActor;
  private final Baton.Actor secondActor;
  private final Baton.Actor downloadsActor;

  private int life;
  private long commits;
  private long writtenEarlier;
  private int files;
  private long clockAheadMillis;
  private Optional<Connection> locker = Optional.empty();
  private int lockWaitsMax;
  private int lockWaits;
  private int replacements;
  private Path file;
  private Incarnation incarnation;
  private SeamDataSource disk;
  private OkHttpClient http;
  private OversqliteClient client;
  private Threads threads;
  private PlannedResolver resolverOfProcess;
  private Optional<AppConnection> app = Optional.empty();
  private Optional<AppConnection> second = Optional.empty();
  // Of the file, not of the process: an orderly restart leaves it as it is.
  private Optional<Observer> observer = Optional.empty();
  private boolean opened;
  private boolean gaveUpRows;
  // What the app remembers of its own doing: whom to attach after a restart.
  private String wantedUser = "";
  private final ThreadLocal<String> attaching = new ThreadLocal<>();

  Device(
      World world,
      int index,
      String user,
      ResolverChoice resolver,
      Path folder,
      SplittableRandom random,
      Power power) {
    this.world = world;
    this.index = index;
    this.user = user;
    this.resolver = resolver;
    this.resolverOfProcess = new PlannedResolver(world.app(), resolver);
    this.folder = folder;
    this.random = random;
    this.power = power;
    this.trace = world.parts().trace(hash);
    this.clientActor = new Baton.Actor("device " + index, index);
    this.appActor = new Baton.Actor("app " + index, index);
    this.secondActor = new Baton.Actor("second connection of app " + index, index);
    this.downloadsActor = new Baton.Actor("automatic downloads of device " + index, index);
    this.file = folder.resolve("device" + index + "-" + life + ".db");
  }

  /**
   * Creates the app's database, as the app did before it ever used this library.
   *
   * @param version which one of the app did
   */
  void create(Migrations.Version version) {
    try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = raw.createStatement()) {
      statement.execute("PRAGMA synchronous=OFF");
      statement.execute("PRAGMA journal_mode=WAL");
      Migrations.install(world.app(), version, statement);
    } catch (SQLException e) {
      throw new IllegalStateException("The simulated app cannot create its database", e);
    }
  }

  /** Starts a process on the current file. */
  void boot(Seams seams) {
    try {
      incarnation = new Incarnation(seams);
      writtenEarlier += disk == null ? 0 : disk.written();
      disk =
          new SeamDataSource(
              file,
              incarnation,
              LogicalContent.none(),
              BUSY_RETRIES_MAX,
              raw -> DeterministicFunctions.register(raw, random.split(), this::nowMillis));
      resolverOfProcess = new PlannedResolver(world.app(), resolver);
      threads = new Threads(world, this, incarnation);
      client = newClient();
      if (observer.isEmpty()) {
        observer =
            Optional.of(
                Observer.of(world.app(), file, () -> writtenEarlier + disk.written() + files));
      }
      app = Optional.empty();
      second = Optional.empty();
      opened = false;
    } catch (SQLException e) {
      throw new IllegalStateException("The simulated process cannot open its database", e);
    }
  }

  /** What the device's clock says. */
  private long nowMillis() {
    return world.nowMillis() + clockAheadMillis;
  }

  /** Sets the device's clock. */
  void moveClock(Duration by) {
    clockAheadMillis += by.toMillis();
  }

  /** Something else than a simulated process changed the file. */
  void fileChanged() {
    files++;
    power.foundOnDisk();
  }

  private OversqliteClient newClient() {
    http =
        new SimulatedNetwork(incarnation, world::serve, world::serverLife)
            .newClientBuilder()
            .addInterceptor(
                chain ->
                    chain.proceed(
                        chain
                            .request()
                            .newBuilder()
                            .header("Authorization", "Bearer " + signedInAs())
                            .build()))
            .build();
    return OversqliteClient.builder()
        .schema(world.app().syncSchema())
        .resolver(conflict -> world.resolve(this, resolverOfProcess, conflict))
        .store(world.parts().store(SqliteStore.over(disk), disk))
        .server(world.parts().server(HttpSyncServer.at("http://sync.test/", http)))
        .options(
            SyncOptions.builder()
                .clock(() -> Instant.ofEpochMilli(nowMillis()))
                .sleeper(threads)
                .worker(threads)
                .idSource(new Ids())
                .ownershipLock(world.locks().of(incarnation))
                .uploadLimit(3)
                .downloadLimit(2)
                .snapshotChunkRows(3)
                .snapshotApplyBatchRows(2)
                .synchronous(world.synchronous())
                .build())
        .build();
  }

  /** The app is about to give up the edits that were set aside. */
  void givesUpRows() {
    gaveUpRows = true;
  }

  /** Whether the app ever gave edits up. */
  boolean gaveUpRows() {
    return gaveUpRows;
  }

  /** One round of automatic downloads, on this thread: its first pause ends it. */
  String tick() {
    threads.download(client, WatchMode.OFF, 0);
    return "ticked";
  }

  /** Automatic downloads for a while, on this thread. */
  String download() {
    threads.download(client, WatchMode.AUTO, SLEEPS_OF_DOWNLOADS);
    return "downloaded";
  }

  /** The process is gone: what it wrote is what the next one finds. */
  void crash() {
    if (world.powerFails()) {
      power.processDied(file);
    }
    die(next -> {});
  }

  /** The device is off: what it had synced, and a part of the rest, is what the next one finds. */
  void losePower(Fault.LosePower loss) {
    Path before = file;
    die(next -> power.lose(before, next, loss));
  }

  private void die(Consumer<Path> damage) {
    incarnation.die();
    life++;
    files++;
    Path next = copy(file, "device" + index + "-" + life + ".db");
    damage.accept(next);
    // The last connection to close moves the log into the file, unless there is no file any more.
    deleteIfPossible(file);
    discard();
    endObserver();
    file = next;
  }

  /**
   * A commit that was made.
   *
   * @param number which one of the device
   * @param files how often the file has been replaced by another one
   * @param end where it ends in the log; empty if nobody wants to know
   */
  record Commit(long number, int files, Optional<WriteAheadLog.Position> end) {}

  /** A transaction was committed just now. */
  Commit written() {
    return new Commit(
        ++commits, files, world.powerFails() ? power.written(file) : Optional.empty());
  }

  boolean unsynced(Commit commit) {
    return commit.files() == files && power.unsynced(commit.end());
  }

  /** Whoever made the commit has been told so. */
  void acknowledged(Commit commit) {
    if (commit.files() == files) {
      power.acknowledged(commit.end());
    }
  }

  /** The file has been read for the first time by the process that has just started. */
  void recovered() {
    if (world.powerFails()) {
      power.recovered(file);
    }
  }

  /** Somebody else takes the write lock, unless it is taken, until that many waits are over. */
  void lockFile(int waits) {
    try {
      Connection other = DriverManager.getConnection("jdbc:sqlite:" + file);
      try (Statement statement = other.createStatement()) {
        statement.execute("PRAGMA synchronous=OFF");
        statement.execute("PRAGMA busy_timeout=0");
        statement.execute("BEGIN IMMEDIATE");
        locker = Optional.of(other);
        lockWaitsMax = waits;
        lockWaits = 0;
      } catch (SQLException taken) {
        other.close();
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The simulator cannot lock a device's file", e);
    }
  }

  /** One more wait for the lock that somebody else has; whether it is the first one. */
  boolean waitsForLockedFile() {
    boolean first = lockWaits++ == 0;
    if (lockWaits > lockWaitsMax) {
      unlockFile();
    }
    return first;
  }

  /** Whether somebody else has the write lock. */
  boolean fileLocked() {
    return locker.isPresent();
  }

  /** Nobody else has the write lock any more. */
  void unlockFile() {
    try {
      if (locker.isPresent()) {
        locker.get().close();
        locker = Optional.empty();
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The simulator cannot unlock a device's file", e);
    }
  }

  /** A copy of the file as it is now. */
  Path copyOfFile(String name) {
    return copy(file, name);
  }

  /** The next process finds a copy of {@code other} in the place of the file. */
  void replaceFile(Path other) {
    replacements++;
    files++;
    unlockFile();
    endObserver();
    file = copy(other, "device" + index + "-" + life + "-replaced-" + replacements + ".db");
    power.foundOnDisk();
  }

  private static void deleteIfPossible(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException open) {
      // Windows keeps what is open; closing it takes longer then, and is all the same.
      return;
    }
  }

  private Path copy(Path from, String name) {
    Path copy = folder.resolve(name);
    try {
      DatabaseImage.copy(from, copy);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return copy;
  }

  /** Orderly end of the process. */
  void shutDown() {
    client.close();
    incarnation.die();
    discard();
  }

  private void discard() {
    unlockFile();
    // OkHttp's one housekeeper would look after the connections of every process that ever ran.
    http.connectionPool().evictAll();
    try {
      disk.discard();
    } catch (SQLException e) {
      throw new IllegalStateException("A simulated process left connections that do not close", e);
    }
  }

  /** Lets go of the file; for the end of the run. */
  void endObserver() {
    try {
      if (observer.isPresent()) {
        observer.get().close();
        observer = Optional.empty();
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The simulator's own connection does not close", e);
    }
  }

  int life() {
    return life;
  }

  boolean alive() {
    return incarnation != null && !incarnation.isDead();
  }

  /** Deterministic ids and jitter. */
  private final class Ids implements IdSource {
    @Override
    public String newUuid() {
      long high = (random.nextLong() & ~0xf000L) | 0x4000L;
      long low = (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
      return new UUID(high, low).toString();
    }

    @Override
    public double jitter() {
      return random.nextDouble();
    }
  }

  public int index() {
    return index;
  }

  /** The user whose device this is. */
  public String user() {
    return user;
  }

  /** How the app of the device decides conflicts. */
  public ResolverChoice resolver() {
    return resolver;
  }

  OversqliteClient client() {
    return client;
  }

  /** The app's own connection of this process; it connects when it first writes. */
  AppConnection app() throws SQLException {
    if (app.isEmpty()) {
      app = Optional.of(connect());
    }
    return app.get();
  }

  /** Another one, for transactions that take their time. */
  AppConnection second() throws SQLException {
    if (second.isEmpty()) {
      second = Optional.of(connect());
    }
    return second.get();
  }

  /** One more connection of the app. */
  AppConnection connect() throws SQLException {
    return new AppConnection(world.app(), disk.getConnection());
  }

  /** The store as a migration of the app uses it, which the client does not have open. */
  SqliteStore storeOfApp() {
    return SqliteStore.over(disk);
  }

  /** A connection of nobody in the simulation, for looking. */
  public Observer observer() {
    return observer.orElseThrow();
  }

  public Path file() {
    return file;
  }

  /** Whether the app's tables here are those of an older version. */
  public boolean isOutdated() {
    return Migrations.isOutdated(world.app(), observer());
  }

  /** Whether the app's tables here still lack columns that its last version has. */
  public boolean lacksColumns() {
    return !Migrations.lacking(world.app(), observer()).isEmpty();
  }

  Trace trace() {
    return trace;
  }

  /** What the trace comes to. */
  HashTrace traced() {
    return hash;
  }

  Baton.Actor clientActor() {
    return clientActor;
  }

  Baton.Actor appActor() {
    return appActor;
  }

  Baton.Actor secondActor() {
    return secondActor;
  }

  Baton.Actor downloadsActor() {
    return downloadsActor;
  }

  /** The present process. */
  Incarnation process() {
    return incarnation;
  }

  boolean opened() {
    return opened;
  }

  void markOpened() {
    opened = true;
  }

  String wantedUser() {
    return wantedUser;
  }

  void want(String userId) {
    wantedUser = userId;
    attaching.remove();
  }

  /**
   * The calling thread is about to attach a user; only its own requests are signed for that one.
   */
  void attaching(String userId) {
    attaching.set(userId);
  }

  private String signedInAs() {
    String userId = attaching.get();
    return userId == null ? wantedUser : userId;
  }

  /** What the app and the library remember in memory. */
  public String memory() {
    return (opened ? "opened" : "unopened") + " " + wantedUser + resolverOfProcess.memory();
  }

  /** What {@link #memory()} would be if the process died now, on the calling thread. */
  public String memoryAfterCrash() {
    String user = attaching.get();
    String wanted = user == null ? wantedUser : DeviceTables.owner(this).orElse(user);
    return "unopened " + wanted + new PlannedResolver(world.app(), resolver).memory();
  }

  @Override
  public String toString() {
    return "device " + index;
  }
}
