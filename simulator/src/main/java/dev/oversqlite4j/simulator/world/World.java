package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.AttachResult;
import dev.oversqlite4j.CheckpointRecoveryBlockedException;
import dev.oversqlite4j.ConflictContext;
import dev.oversqlite4j.DetachOutcome;
import dev.oversqlite4j.ErrorCategory;
import dev.oversqlite4j.InvalidConflictResolutionException;
import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.PushConflictRetryExhaustedException;
import dev.oversqlite4j.QuarantinedRow;
import dev.oversqlite4j.Resolution;
import dev.oversqlite4j.Resolver;
import dev.oversqlite4j.SyncThenDetachResult;
import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.network.HttpHandler.Reply;
import dev.oversqlite4j.simulator.plan.AfterCrash;
import dev.oversqlite4j.simulator.plan.Command;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.ResolverChoice;
import dev.oversqlite4j.simulator.plan.Step;
import dev.oversqlite4j.simulator.plan.Words;
import dev.oversqlite4j.simulator.seam.DiskFate;
import dev.oversqlite4j.simulator.seam.HashTrace;
import dev.oversqlite4j.simulator.seam.Incarnation;
import dev.oversqlite4j.simulator.seam.NetworkFate;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.simulator.seam.Seams;
import dev.oversqlite4j.simulator.seam.SimulatedCrash;
import dev.oversqlite4j.simulator.seam.Trace;
import dev.oversqlite4j.simulator.server.ModelServer;
import dev.oversqlite4j.simulator.server.Revision;
import dev.oversqlite4j.simulator.server.Scope;
import dev.oversqlite4j.simulator.server.ServerLimits;
import dev.oversqlite4j.simulator.server.SourceState;
import dev.oversqlite4j.simulator.server.State;
import dev.oversqlite4j.simulator.server.WireRequest;
import dev.oversqlite4j.simulator.server.WireResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Interprets one plan: first its steps with their faults, then, with faults off, what an app does
 * to get everything synced. Used once, by one thread; the actors have threads of their own, of
 * which exactly one runs at a time.
 */
public final class World implements AutoCloseable {

  /** 2026-01-01T00:00:00Z; virtual time starts here and moves only when somebody sleeps. */
  private static final long START_MILLIS = 1_767_225_600_000L;

  // A resolver that throws lets one conflict of a device through in each attempt.
  private static final int SETTLE_ATTEMPTS_MAX = 24;

  /** The bound on steps of phase two: seams that one device may need, many times what it does. */
  private static final long SETTLE_SEAMS_MAX_PER_DEVICE = 50_000;

  private static final int REQUESTS_PER_COLLISION = 16;
  private static final int LAUNCHES_PER_WRONG_ONE = 2;
  private static final int PLANS_PER_PAUSED_ONE = 8;
  private static final Set<Operation> CALLED_WHILE_PAUSED =
      Set.of(Operation.PUSH, Operation.PULL, Operation.SYNC, Operation.REBUILD);
  private static final List<Operation> COLLIDING =
      List.of(
          Operation.SYNC, Operation.PULL, Operation.DETACH, Operation.REBUILD, Operation.ATTACH);

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofDays(1);

  /** Goes on for ever; an error, because it is thrown from below the client. */
  private static final class Endless extends Error {
    private static final long serialVersionUID = 1;

    Endless() {
      super("too many steps", null, false, false);
    }
  }

  private final SimulatedApp app;
  private final Plan plan;
  private final boolean powerFails;
  private final boolean schemaChanges;
  private final boolean pauses;
  private final Parts parts;
  private final Witness witness;
  private final Tracing tracing;
  private final ModelServer server;
  private final Baton baton;
  private final Locks locks = new Locks();
  private final List<Device> devices = new ArrayList<>();
  private final Map<Baton.Actor, StepRun> running = new IdentityHashMap<>();
  private final ThreadLocal<Baton.Actor> actorOfThread = new ThreadLocal<>();
  private final List<RunEvent> told = new ArrayList<>();

  private final Supplier<String> serverIds;
  private Optional<State> savedServer = Optional.empty();
  private Set<String> usersOfSavedServer = Set.of();
  private Optional<Path> savedFile = Optional.empty();
  private int savedFiles;
  private int migrations;
  private boolean serverRestored;

  private long nowMillis = START_MILLIS;
  private long serverClockAheadMillis;
  private int serverLife;
  private long settlingSeams;
  private boolean faultsOn = true;
  private long operations;
  private long fullOperations;
  private long crashes;
  private final SortedMap<String, Long> faults = new TreeMap<>();
  private final LateArrivals late = new LateArrivals();
  private long seams;
  private long served;
  private long requests;
  private long launches;
  // The threads that are in a call of the client that is not automatic work.
  private final Set<Thread> explicit = new HashSet<>();

  /** How much of the databases' content goes into the trace after each commit. */
  public enum Tracing {
    /** For runs whose trace is compared. */
    CONTENT,
    /** For runs nobody compares: reading every table costs more than the commit. */
    STATEMENTS
  }

  /**
   * @param folder where the devices' files go; must exist and be empty
   * @param server makes the witness, which wants to look at the server, too
   * @throws dev.oversqlite4j.simulator.plan.InvalidPlanException if it is a plan of another app
   */
  public World(
      SimulatedApp app,
      Plan plan,
      Path folder,
      Parts parts,
      Tracing tracing,
      java.util.function.Function<ModelServer, Witness> server) {
    app.check(plan);
    this.app = app;
    this.plan = plan;
    this.powerFails =
        plan.steps().stream()
            .flatMap(step -> step.faults().stream())
            .anyMatch(fault -> fault instanceof Fault.LosePower);
    this.schemaChanges =
        plan.steps().stream()
            .anyMatch(
                step ->
                    step.command() instanceof Command.Disturb disturb
                        && disturb.what().changesSchema());
    this.parts = parts;
    this.tracing = tracing;
    // Automatic downloads would only wait.
    this.pauses =
        Math.floorMod(plan.scheduleSeed(), PLANS_PER_PAUSED_ONE) == PLANS_PER_PAUSED_ONE - 1
            && plan.steps().stream().noneMatch(World::downloadsAutomatically);
    SplittableRandom root = new SplittableRandom(plan.scheduleSeed());
    this.baton = new Baton(root.split(), plan.switchPercent(), Baton.PATIENCE);
    SplittableRandom idsOfServer = root.split();
    this.serverIds = () -> new UUID(idsOfServer.nextLong(), idsOfServer.nextLong()).toString();
    this.server =
        new ModelServer(
            plan.revision(),
            app.serverSchema(),
            ServerLimits.july(),
            () -> nowMillis + serverClockAheadMillis,
            serverIds);
    if (plan.steps().stream().anyMatch(World::downloadsAutomatically)) {
      State.WatchOffer[] offers = State.WatchOffer.values();
      this.server.offerWatch(offers[Math.floorMod(plan.scheduleSeed(), offers.length)]);
    }
    this.witness = server.apply(this.server);
    for (int i = 0; i < plan.devices(); i++) {
      devices.add(
          new Device(
              this,
              i,
              plan.users().get(i),
              plan.resolvers().get(i),
              folder,
              root.split(),
              new Power(parts.sync(plan.synchronous()))));
    }
  }

  /** Runs the plan, then settles. */
  public void run() {
    devices.forEach(
        device -> {
          device.create(upgrades(device) ? Migrations.Version.FIRST : Migrations.Version.LAST);
          boot(device);
          baton.admit(device.clientActor());
          baton.admit(device.appActor());
          baton.admit(device.secondActor());
          baton.admit(device.downloadsActor());
        });
    List<Baton.Task> tasks = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      int index = i;
      Step step = plan.steps().get(i);
      Device device = devices.get(step.device());
      Baton.Actor actor = actor(device, step);
      tasks.add(new Baton.Task(actor, step.at(), () -> perform(device, actor, step, index)));
    }
    try {
      baton.run(tasks);
    } catch (Baton.Stuck stuck) {
      throw new LivenessException(stuck.getMessage(), stuck);
    }
    faultsOn = false;
    deliverLate(Long.MAX_VALUE);
    try {
      settle();
    } catch (Endless tooMany) {
      throw new LivenessException(
          "with faults off not everything is done after "
              + SETTLE_SEAMS_MAX_PER_DEVICE
              + " steps of each device",
          tooMany);
    }
    listener.settled(this);
  }

  private static boolean downloadsAutomatically(Step step) {
    return step.command().equals(new Command.Call(Operation.AUTO_DOWNLOADS));
  }

  /** Whose work a step is. */
  private static Baton.Actor actor(Device device, Step step) {
    Command command = step.command();
    if (command instanceof Command.Write write) {
      return write.heldOpen().isPresent() ? device.secondActor() : device.appActor();
    }
    if (command instanceof Command.Disturb disturb && disturb.what().onServer()) {
      return device.appActor();
    }
    return downloadsAutomatically(step) ? device.downloadsActor() : device.clientActor();
  }

  private boolean upgrades(Device device) {
    return plan.steps().stream()
        .anyMatch(
            step ->
                step.device() == device.index()
                    && step.command().equals(new Command.Disturb(Disturbance.ADD_COLUMN)));
  }

  /** The columns that the table does not have on the device yet. */
  List<String> lackingColumns(Device device, AppTable table) {
    return schemaChanges
        ? Migrations.lacking(app, device.observer()).stream()
            .filter(column -> column.table().equals(table.name()))
            .map(AppTable.Later::column)
            .toList()
        : List.of();
  }

  @Override
  public void close() {
    baton.end();
    if (baton.isStuck()) {
      // Its process is still in the middle of something.
      return;
    }
    for (Device device : devices) {
      if (device.alive()) {
        device.shutDown();
      }
      device.endObserver();
    }
  }

  // --- Steps -----------------------------------------------------------------------------------

  private void perform(Device device, Baton.Actor actor, Step step, int index) {
    actorOfThread.set(actor);
    StepRun run = new StepRun(step, index);
    run.began(DeviceTables.read(device.observer()));
    running.put(actor, run);
    tell(device, new RunEvent.StepBegan(step));
    int life = device.life();
    Incarnation process = device.process();
    try {
      boolean again = false;
      while (true) {
        try {
          if (again && step.afterCrash() != AfterCrash.DO_NOTHING) {
            Runnable restart = () -> untilTheDiskWorks(device, run, () -> restart(device));
            if (actor != device.clientActor()) {
              baton.standIn(actor, restart);
            } else {
              restart.run();
            }
          }
          if (!again || step.afterCrash() == AfterCrash.RETRY) {
            untilTheDiskWorks(device, run, () -> execute(device, step.command()));
          }
          break;
        } catch (SimulatedCrash crash) {
          if (device.life() != life
              || actor != device.clientActor() && device.process() != process) {
            // Another actor ended this process and has started the next one.
            break;
          }
          onCrash(device, run);
          life = device.life();
          process = device.process();
          again = true;
        }
      }
    } finally {
      running.remove(actor);
      device.unlockFile();
    }
  }

  /** What a disk that failed refused is tried once more when it works again. */
  private void untilTheDiskWorks(Device device, StepRun run, Runnable work) {
    work.run();
    if (run.storageFailed) {
      run.storageFailed = false;
      run.diskWorks = true;
      device.unlockFile();
      baton.go(device.clientActor());
      log(device, RunEvent.Kind.FAULT, "the disk works again");
      work.run();
    }
  }

  private void onCrash(Device device, StepRun run) {
    crashes++;
    Optional<Fault> crash = run.dueCrash();
    run.crashed();
    if (crash.isPresent() && crash.get() instanceof Fault.LosePower loss) {
      log(device, RunEvent.Kind.CRASH, "POWER LOSS at " + lastSeam);
      count("power", Words.of(loss.tail()));
      device.losePower(loss);
      witness.lostPower(device, plan.synchronous());
    } else {
      log(device, RunEvent.Kind.CRASH, "CRASH at " + lastSeam);
      device.crash();
    }
    witness.crashed(device, lastSeam);
    boot(device);
    listener.crashed(this);
  }

  private Seam lastSeam = new Seam(Seam.Kind.LOCK, "start");

  private void boot(Device device) {
    device.boot(new DeviceSeams(device));
    tell(device, new RunEvent.Booted());
    witness.booted(device);
    device.recovered();
  }

  /** What an app does when its process starts again: open, and attach whoever was signed in. */
  private void restart(Device device) {
    call(device, Operation.OPEN);
    if (!device.wantedUser().isEmpty()) {
      attach(device, device.wantedUser());
    }
  }

  private void execute(Device device, Command command) {
    if (command instanceof Command.Call call) {
      call(device, call.operation());
    } else if (command instanceof Command.Write
        && schemaChanges
        && Migrations.hasLostTriggers(device)) {
      log(device, RunEvent.Kind.APP, "no write before the client is open again");
    } else if (command instanceof Command.Write write) {
      AppWrites.perform(this, device, witness, write);
    } else if (command instanceof Command.Restart) {
      log(device, RunEvent.Kind.APP, "restart");
      boolean wasOpened = device.opened();
      device.shutDown();
      launchWrongly(device);
      boot(device);
      if (wasOpened) {
        restart(device);
      }
    } else if (command instanceof Command.AdvanceClock advance) {
      log(device, RunEvent.Kind.APP, "clock +" + advance.seconds() + " s");
      nowMillis += advance.seconds() * 1000;
    } else if (command instanceof Command.Disturb disturb) {
      disturb(device, disturb.what());
    }
  }

  /** Now and then. */
  private void launchWrongly(Device device) {
    if (launches++ % LAUNCHES_PER_WRONG_ONE == 0) {
      WrongLaunch.Ended ended =
          WrongLaunch.of(this, device, plan.scheduleSeed() + launches & Integer.MAX_VALUE);
      witness.misconfigured(device, ended.outcome(), ended.before(), ended.after());
    }
  }

  private void disturb(Device device, Disturbance what) {
    String user = DeviceTables.owner(device).orElse(device.user());
    boolean inUse = server.scope(user) instanceof Scope.Initialized;
    boolean allInUse =
        plan.users().stream().allMatch(u -> server.scope(u) instanceof Scope.Initialized);
    boolean applies =
        switch (what) {
          case PRUNE_ALL, PRUNE_BUT_LAST, RETIRE_SOURCE, RETIRE_SOURCE_NAMING -> inUse;
          case SAVE_SERVER -> allInUse;
          // An account that the backup has never seen is gone for good, and its devices with it.
          case RESTORE_SERVER ->
              savedServer.isPresent()
                  && devices.stream()
                      .allMatch(
                          d ->
                              DeviceTables.owner(d).map(usersOfSavedServer::contains).orElse(true));
          case SAVE_FILE -> true;
          case RESTORE_FILE -> savedFile.isPresent();
          case OTHER_CLIENT ->
              app == Business.APP
                  && !device.lacksColumns()
                  && OtherClient.mayTakeOver(DeviceTables.read(device.observer()));
          case EXPIRE_LEASE -> server.scope(user) instanceof Scope.Initializing;
          case ADD_COLUMN -> device.isOutdated();
          case DROP_TRIGGERS -> DeviceTables.read(device.observer()).installed();
          default -> true;
        };
    if (!applies) {
      return;
    }
    log(device, RunEvent.Kind.DISTURBANCE, "disturbance " + what);
    witness.disturbing(device, what);
    count(group(what), Words.of(what));
    switch (what) {
      case PRUNE_ALL -> server.prune(user, server.latestBundleSeq(user));
      case PRUNE_BUT_LAST -> server.prune(user, Math.max(0, server.latestBundleSeq(user) - 1));
      case RETIRE_SOURCE -> retire(device, user, Optional.empty());
      case RETIRE_SOURCE_NAMING -> retire(device, user, Optional.of(serverIds.get()));
      case SAVE_SERVER -> {
        savedServer = Optional.of(server.state());
        usersOfSavedServer = new TreeSet<>(plan.users());
        plan.users().stream()
            .map(World::otherUser)
            .filter(other -> server.scope(other) instanceof Scope.Initialized)
            .forEach(usersOfSavedServer::add);
      }
      case RESTORE_SERVER -> {
        server.restore(savedServer.orElseThrow());
        serverRestored = true;
      }
      case SAVE_FILE -> savedFile = Optional.of(device.copyOfFile("saved-" + savedFiles++ + ".db"));
      case RESTORE_FILE -> {
        betweenProcesses(device, what, () -> device.replaceFile(savedFile.orElseThrow()));
        return;
      }
      case OTHER_CLIENT -> {
        betweenProcesses(
            device,
            what,
            () -> {
              OtherClient.takeOver(device.file());
              device.fileChanged();
            });
        return;
      }
      case ADD_COLUMN, ADD_INDEX, RECREATE_TABLES, DROP_TRIGGERS -> {
        changeSchema(device, what);
        return;
      }
      case RESTART_SERVER -> serverLife++;
      case LOSE_SESSIONS -> {
        serverLife++;
        server.forgetSessions();
      }
      case EXPIRE_LEASE -> server.expireLease(user);
      case SERVER_CLOCK_FORWARD -> serverClockAheadMillis += HOUR.toMillis();
      case SERVER_CLOCK_BACK -> serverClockAheadMillis -= HOUR.toMillis();
      case DEVICE_CLOCK_FORWARD -> device.moveClock(DAY);
      case DEVICE_CLOCK_BACK -> device.moveClock(DAY.negated());
    }
    witness.disturbed(device, what);
  }

  private static String group(Disturbance what) {
    if (what.changesSchema()) {
      return "schema";
    }
    if (what.name().contains("CLOCK")) {
      return "clock";
    }
    return what.onServer() ? "server" : "file";
  }

  /** An app migrates when its process starts, before anything else uses the file. */
  private void changeSchema(Device device, Disturbance what) {
    boolean wasOpened = device.opened();
    baton.standIn(
        device.clientActor(),
        () -> {
          device.shutDown();
          boot(device);
          Migrations.perform(this, device, witness, what);
          witness.disturbed(device, what);
          if (wasOpened || DeviceTables.read(device.observer()).installed()) {
            restart(device);
          }
        });
  }

  private void betweenProcesses(Device device, Disturbance what, Runnable change) {
    boolean wasOpened = device.opened();
    device.shutDown();
    change.run();
    witness.disturbed(device, what);
    boot(device);
    device.want(DeviceTables.owner(device).orElse(""));
    if (wasOpened) {
      restart(device);
    }
  }

  private static String otherUser(String user) {
    return user + "-other";
  }

  private void retire(Device device, String user, Optional<String> successor) {
    DeviceTables tables = DeviceTables.read(device.observer());
    // A server retires a source once, and what it named then stays.
    if (tables.installed()
        && Optional.ofNullable(server.sources(user).get(tables.control().source()))
            .filter(known -> known.phase() == SourceState.Phase.RETIRED)
            .isEmpty()) {
      server.retire(user, tables.control().source(), successor);
    }
  }

  private void call(Device device, Operation operation) {
    switch (operation) {
      case OPEN ->
          observed(
              device,
              operation,
              () -> {
                device.client().open();
                device.markOpened();
                return "opened";
              });
      case ATTACH -> {
        openFirst(device);
        attach(device, device.user());
      }
      case ATTACH_OTHER_USER -> {
        openFirst(device);
        attach(device, Operation.ATTACH_OTHER_USER, otherUser(device.user()));
      }
      case PUSH -> observed(device, operation, () -> device.client().pushPending());
      case PULL -> observed(device, operation, () -> device.client().pullToStable());
      case SYNC -> observed(device, operation, () -> device.client().sync());
      case REBUILD -> observed(device, operation, () -> device.client().rebuild());
      case SYNC_STATUS -> observed(device, operation, () -> device.client().syncStatus());
      case SOURCE_INFO -> observed(device, operation, () -> device.client().sourceInfo());
      case PAUSE_RESUME -> observed(device, operation, () -> pauseAndResume(device.client()));
      case AUTO_TICK -> observed(device, operation, device::tick);
      case AUTO_DOWNLOADS -> observed(device, operation, device::download);
      case RETRY_QUARANTINED ->
          observed(device, operation, () -> said("retried", device.client()::retryQuarantined));
      case DISCARD_QUARANTINED -> {
        device.givesUpRows();
        observed(
            device,
            operation,
            () ->
                said(
                    "discarded",
                    () -> device.client().discardQuarantined(device.client().quarantined())));
      }
      case CLOSE -> observed(device, operation, () -> said("closed", device.client()::close));
      case UNINSTALL -> {
        observed(device, operation, () -> said("uninstalled", device.client()::uninstallSync));
        device.want(DeviceTables.owner(device).orElse(""));
      }
      case SYNC_THEN_DETACH -> {
        CallOutcome outcome = observed(device, operation, () -> device.client().syncThenDetach());
        if (outcome instanceof CallOutcome.Returned r
            && ((SyncThenDetachResult) r.value()).isSuccess()) {
          device.want("");
        }
      }
      case DETACH -> {
        CallOutcome outcome = observed(device, operation, () -> device.client().detach());
        if (outcome instanceof CallOutcome.Returned r && r.value() == DetachOutcome.DETACHED) {
          device.want("");
        }
      }
    }
  }

  private static String pauseAndResume(OversqliteClient client) {
    client.pauseUploads();
    client.pauseDownloads();
    client.resumeDownloads();
    client.resumeUploads();
    return "paused and resumed";
  }

  private static String said(String what, Runnable call) {
    call.run();
    return what;
  }

  private void openFirst(Device device) {
    if (!device.opened()) {
      call(device, Operation.OPEN);
    }
  }

  private CallOutcome attach(Device device, String user) {
    return attach(device, Operation.ATTACH, user);
  }

  /**
   * The app signs its requests for the user it attaches, and afterwards for whoever the file
   * belongs to, however the call ended: a refused attach does not sign anybody out.
   */
  private CallOutcome attach(Device device, Operation operation, String user) {
    device.attaching(user);
    try {
      return observed(device, operation, () -> device.client().attach(user));
    } finally {
      device.want(DeviceTables.owner(device).orElse(user));
    }
  }

  private CallOutcome observed(
      Device device, Operation operation, java.util.function.Supplier<Object> work) {
    Incarnation process = device.process();
    tell(device, new RunEvent.Calling(operation));
    boolean paused = pauses && faultsOn && CALLED_WHILE_PAUSED.contains(operation);
    if (paused) {
      device.client().pauseUploads();
      device.client().pauseDownloads();
      witness.paused(device);
    }
    witness.calling(device, operation);
    current().ifPresent(run -> run.reachedSomething = false);
    CallOutcome outcome;
    if (operation != Operation.AUTO_TICK && operation != Operation.AUTO_DOWNLOADS) {
      // Automatic work stands back for a second call instead of refusing it.
      explicit.add(Thread.currentThread());
    }
    try {
      outcome = new CallOutcome.Returned(work.get());
    } catch (RuntimeException error) {
      outcome = new CallOutcome.Threw(error);
      if (error instanceof OversqliteException known && known.category() == ErrorCategory.STORAGE) {
        storageFailed(device, error.getClass().getSimpleName());
      }
    } finally {
      explicit.remove(Thread.currentThread());
      if (paused) {
        device.client().resumeDownloads();
        device.client().resumeUploads();
      }
      if (current().filter(run -> run.reachedSomething).isPresent()) {
        operations++;
        fullOperations += operation.syncs() ? 1 : 0;
      }
    }
    // Another actor may have ended the process since its last seam: nobody is left to be told.
    process.ensureAlive(operation);
    log(device, RunEvent.Kind.CALL, operation + " → " + describe(outcome));
    witness.called(device, operation, outcome);
    return outcome;
  }

  private static String describe(CallOutcome outcome) {
    return outcome instanceof CallOutcome.Threw threw
        ? threw.error().getClass().getSimpleName()
        : String.valueOf(((CallOutcome.Returned) outcome).value());
  }

  /**
   * Now and then another thread of the app calls the client while a call waits for the server. What
   * is refused meets no seam, so that the run is the same with and without it.
   */
  private void collide(Device device) {
    if (!faultsOn
        || !explicit.contains(Thread.currentThread())
        || requests++ % REQUESTS_PER_COLLISION != 0) {
      return;
    }
    DeviceTables before = DeviceTables.read(device.observer());
    Operation second = COLLIDING.get((int) (requests % COLLIDING.size()));
    CallOutcome[] outcome = new CallOutcome[1];
    Thread other =
        new Thread(
            () -> {
              try {
                outcome[0] = new CallOutcome.Returned(second(device, second));
              } catch (RuntimeException error) {
                outcome[0] = new CallOutcome.Threw(error);
              }
            });
    other.start();
    try {
      other.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException("Nobody interrupts an actor that waits", e);
    }
    witness.collided(device, second, outcome[0], before);
  }

  private static Object second(Device device, Operation operation) {
    return switch (operation) {
      case PULL -> device.client().pullToStable();
      case DETACH -> device.client().detach();
      case REBUILD -> device.client().rebuild();
      case ATTACH -> device.client().attach(device.user());
      default -> device.client().sync();
    };
  }

  // --- Faults off: everything must get done ----------------------------------------------------

  private void settle() {
    tell(
        new RunEvent(
            nowMillis - START_MILLIS,
            plan.steps().size(),
            Optional.empty(),
            new RunEvent.Told(RunEvent.Kind.PHASE, "faults off")));
    for (Device device : devices) {
      actorOfThread.set(device.clientActor());
      running.put(
          device.clientActor(),
          new StepRun(Step.of(device.index(), new Command.Restart()), plan.steps().size()));
      device.shutDown();
      boot(device);
      if (device.isOutdated()) {
        // Every device gets the last version of the app at last.
        Migrations.perform(this, device, witness, Disturbance.ADD_COLUMN);
      }
      call(device, Operation.OPEN);
      settleAttach(device);
    }
    for (int round = 0; round < 2; round++) {
      for (Device device : devices) {
        actorOfThread.set(device.clientActor());
        if ((serverRestored || device.gaveUpRows()) && round == 0) {
          // Nothing in the protocol tells a device that is not ahead that the server went back, and
          // rows whose edit was given up stay as they are until a snapshot takes their place.
          settleRebuild(device);
        }
        settleSync(device);
        settleQuarantine(device);
      }
    }
    witness.settled(devices);
  }

  private void settleAttach(Device device) {
    String user = DeviceTables.owner(device).orElse(device.user());
    for (int attempt = 0; attempt < SETTLE_ATTEMPTS_MAX; attempt++) {
      CallOutcome outcome = attach(device, user);
      if (outcome instanceof CallOutcome.Threw threw) {
        throw new LivenessException(
            device + " cannot attach although nothing is in the way", threw.error());
      }
      if (((CallOutcome.Returned) outcome).value() instanceof AttachResult.RetryLater later) {
        nowMillis += later.retryAfter().toMillis() + 1;
      } else {
        return;
      }
    }
    throw new LivenessException(device + " is told to retry later for ever", null);
  }

  /** A lost lease is the one thing that asks the app for another attach (spec 4.4.5). */
  private void settleSync(Device device) {
    for (int attempt = 0; attempt < SETTLE_ATTEMPTS_MAX; attempt++) {
      CallOutcome outcome = observed(device, Operation.SYNC, () -> device.client().sync());
      if (outcome instanceof CallOutcome.Returned) {
        return;
      }
      RuntimeException error = ((CallOutcome.Threw) outcome).error();
      if (error instanceof dev.oversqlite4j.InitializationLeaseInvalidException) {
        settleAttach(device);
      } else if (error instanceof dev.oversqlite4j.SourceRecoveryRequiredException) {
        settleRebuild(device);
      } else if (!aConflictForAnotherTime(device, error)) {
        throw new LivenessException(device + " cannot sync although nothing is in the way", error);
      }
    }
    throw new LivenessException(device + " does not get its edits synced", null);
  }

  /** Whether a later attempt gets further: each gets one conflict of the app out of the way. */
  private static boolean aConflictForAnotherTime(Device device, RuntimeException error) {
    Throwable reason =
        error instanceof CheckpointRecoveryBlockedException && error.getCause() != null
            ? error.getCause()
            : error;
    return reason instanceof PushConflictRetryExhaustedException
        || reason instanceof InvalidConflictResolutionException
            && device.resolver() == ResolverChoice.THROWS;
  }

  /** What an app does about rows that were set aside: one more try, and then it gives them up. */
  private void settleQuarantine(Device device) {
    if (device.client().quarantined().isEmpty()) {
      return;
    }
    device.client().retryQuarantined();
    settleSync(device);
    List<QuarantinedRow> left = device.client().quarantined();
    if (!left.isEmpty()) {
      device.client().discardQuarantined(left);
      settleRebuild(device);
      settleSync(device);
    }
  }

  private void settleRebuild(Device device) {
    for (int attempt = 0; attempt < SETTLE_ATTEMPTS_MAX; attempt++) {
      CallOutcome outcome = observed(device, Operation.REBUILD, () -> device.client().rebuild());
      if (outcome instanceof CallOutcome.Returned) {
        return;
      }
      RuntimeException error = ((CallOutcome.Threw) outcome).error();
      if (error instanceof dev.oversqlite4j.InitializationLeaseInvalidException) {
        settleAttach(device);
      } else if (!aConflictForAnotherTime(device, error)) {
        throw new LivenessException(
            device + " cannot rebuild although nothing is in the way", error);
      }
    }
    throw new LivenessException(device + " does not get rebuilt", null);
  }

  // --- Seams -----------------------------------------------------------------------------------

  /** What the processes of one device meet. */
  private final class DeviceSeams implements Seams {
    private final Device device;

    DeviceSeams(Device device) {
      this.device = device;
    }

    @Override
    public void reach(Seam seam) {
      if (seam.kind() == Seam.Kind.SEND) {
        witness.requested(device, seam.label());
        current().ifPresent(run -> run.reachedSomething = true);
        collide(device);
      }
      meet(device, seam);
    }

    @Override
    public void passed(Seam seam) {
      if (seam.kind() != Seam.Kind.COMMIT) {
        meet(device, seam);
        return;
      }
      current().ifPresent(run -> run.reachedSomething = true);
      Device.Commit commit = device.written();
      if (device.unsynced(commit)) {
        current().ifPresent(run -> run.commitsOfLife++);
      }
      tell(device, new RunEvent.Committed());
      traceContent(device);
      witness.committed(device);
      meet(device, seam, Optional.of(commit));
      device.acknowledged(commit);
      if (plan.synchronous() == SynchronousMode.FULL) {
        witness.acknowledged(device, commit.number());
      }
    }

    @Override
    public NetworkFate fate(String label) {
      if (!faultsOn || current().isEmpty()) {
        return NetworkFate.DELIVER;
      }
      StepRun run = current().get();
      run.requestsOfStep++;
      return run.step.faults().stream()
          .filter(fault -> fault.n() == run.requestsOfStep)
          .flatMap(fault -> networkFate(device, fault, label).stream())
          .findFirst()
          .orElse(NetworkFate.DELIVER);
    }

    @Override
    public DiskFate diskFate(Seam seam) {
      if (!faultsOn || current().isEmpty() || current().get().diskWorks) {
        return DiskFate.WORK;
      }
      StepRun run = current().get();
      run.statementsOfStep++;
      return run.step.faults().stream()
          .filter(fault -> fault.n() <= run.statementsOfStep)
          .flatMap(fault -> World.this.diskFate(device, run, fault).stream())
          .findFirst()
          .orElse(DiskFate.WORK);
    }

    @Override
    public Trace trace() {
      return device.trace();
    }
  }

  private void traceContent(Device device) {
    if (tracing == Tracing.CONTENT) {
      try {
        device.trace().committed(device.observer().contentHash());
      } catch (SQLException e) {
        throw new IllegalStateException("The simulator cannot read a device's file", e);
      }
    }
  }

  private Optional<StepRun> current() {
    return Optional.ofNullable(actorOfThread.get()).map(running::get);
  }

  private Optional<NetworkFate> networkFate(Device device, Fault fault, String label) {
    Optional<NetworkFate> fate = Optional.empty();
    if (fault instanceof Fault.LoseRequest) {
      log(device, RunEvent.Kind.FAULT, "lost request " + label);
      count("network", "loseRequest");
      fate = Optional.of(NetworkFate.LOSE_REQUEST);
    } else if (fault instanceof Fault.LoseResponse) {
      log(device, RunEvent.Kind.FAULT, "lost answer of " + label);
      count("network", "loseResponse");
      fate = Optional.of(NetworkFate.LOSE_RESPONSE);
    } else if (fault instanceof Fault.Network network) {
      log(device, RunEvent.Kind.FAULT, "network " + Words.of(network.kind()) + " at " + label);
      count("network", Words.of(network.kind()));
      fate = Optional.of(networkFate(device, network, label));
    } else if (fault instanceof Fault.Answer answer) {
      log(device, RunEvent.Kind.FAULT, "answered " + answer.status() + " instead: " + label);
      count("server", Integer.toString(answer.status()));
      fate = Optional.of(errorAnswer(answer));
    }
    if (fate.isPresent()) {
      witness.faulty(device, fault);
    }
    return fate;
  }

  private NetworkFate networkFate(Device device, Fault.Network network, String label) {
    Consumer<Runnable> later =
        delivery ->
            late.add(
                served + network.at(),
                () -> {
                  log(device, RunEvent.Kind.FAULT, "late arrival of " + label);
                  delivery.run();
                });
    return switch (network.kind()) {
      case REFUSE -> new NetworkFate.Refuse();
      case RESEND -> new NetworkFate.Resend();
      case COPY -> new NetworkFate.Copy(later);
      case DELAY -> new NetworkFate.Delay(later);
      case CUT_BODY -> new NetworkFate.CutBody(network.at());
      case CORRUPT_BODY -> new NetworkFate.CorruptBody(network.at());
      case ENDLESS_BODY -> new NetworkFate.EndlessBody();
      case FORGE ->
          new NetworkFate.Forge(
              body -> {
                Optional<byte[]> forged =
                    Forgery.of(app, plan.revision(), label, body, network.at());
                forged.ifPresent(other -> witness.forged(device, label));
                return forged.orElse(body);
              });
      case CAPTIVE_PORTAL ->
          new NetworkFate.Instead(
              NetworkFate.Instead.Server.IDLE,
              200,
              Map.of("Content-Type", "text/html"),
              "<html><body>Sign in to this network</body></html>".getBytes(StandardCharsets.UTF_8));
    };
  }

  /** What a gateway says: no code of the protocol, and most often no JSON. */
  private static NetworkFate errorAnswer(Fault.Answer answer) {
    Map<String, String> headers = new TreeMap<>(Map.of("Content-Type", "text/plain"));
    if (answer.retryAfterSeconds() > 0) {
      headers.put("Retry-After", Integer.toString(answer.retryAfterSeconds()));
    }
    return new NetworkFate.Instead(
        answer.server() == Fault.Answer.Effect.DONE
            ? NetworkFate.Instead.Server.ACTS
            : NetworkFate.Instead.Server.IDLE,
        answer.status(),
        headers,
        ("gateway says " + answer.status()).getBytes(StandardCharsets.UTF_8));
  }

  private Optional<DiskFate> diskFate(Device device, StepRun run, Fault fault) {
    if (!(fault instanceof Fault.Disk disk)) {
      return Optional.empty();
    }
    boolean now = disk.n() == run.statementsOfStep;
    return switch (disk.kind()) {
      case BUSY -> {
        if (now) {
          device.lockFile(disk.at());
        }
        yield Optional.empty();
      }
      case FULL -> Optional.of(new DiskFate.Full());
      case READ_ONLY -> Optional.of(new DiskFate.ReadOnly());
      case INTERRUPTED ->
          now ? Optional.of(new DiskFate.Interrupt(disk.at() + 1)) : Optional.empty();
    };
  }

  /** The transaction on the second connection stays open while others go on. */
  void stay(Device device, int seams) {
    log(device, RunEvent.Kind.WRITE, "holds a transaction open");
    Incarnation process = device.process();
    baton.stay(device.secondActor(), seams);
    process.ensureAlive("transaction");
  }

  /** A call or a transaction of the app failed because of the disk. */
  void storageFailed(Device device, String how) {
    boolean mine =
        current().filter(run -> !run.diskWorks).filter(StepRun::failsTheDisk).isPresent();
    boolean locked = current().filter(run -> run.waitedForLock).isPresent();
    if (mine || locked || device.fileLocked()) {
      current().ifPresent(run -> run.storageFailed = true);
      count("disk", how);
      witness.diskFailed(device);
    }
  }

  private void count(String group, String kind) {
    faults.merge(group + " " + kind, 1L, Long::sum);
  }

  private void meet(Device device, Seam seam) {
    meet(device, seam, Optional.empty());
  }

  /**
   * @param made the commit that was made just now, if one was
   */
  private void meet(Device device, Seam seam, Optional<Device.Commit> made) {
    seams++;
    int number = current().map(run -> run.seamsOfLife + 1).filter(n -> faultsOn).orElse(0);
    tell(device, new RunEvent.AtSeam(seam, number));
    if (!faultsOn && ++settlingSeams > SETTLE_SEAMS_MAX_PER_DEVICE * devices.size()) {
      throw new Endless();
    }
    if (!faultsOn || actorOfThread.get() == null) {
      return;
    }
    if (seam.kind() == Seam.Kind.LOCK && device.fileLocked()) {
      current().filter(run -> !run.failsTheDisk()).ifPresent(run -> run.waitedForLock = true);
      if (device.waitsForLockedFile()) {
        count("disk", "locked");
      }
    }
    if (seam.kind() == Seam.Kind.LOCK && baton.stays(actorOfThread.get())) {
      StepRun waiting = running.get(actorOfThread.get());
      if (!waiting.waitedForLock) {
        count("app", "heldOpen");
      }
      waiting.waitedForLock = true;
    }
    baton.seam(actorOfThread.get(), seam);
    StepRun run = running.get(actorOfThread.get());
    if (run == null || !device.alive()) {
      return;
    }
    run.seamsOfLife++;
    if (seam.kind() == Seam.Kind.RECEIVE) {
      run.requestsOfLife++;
    }
    boolean dies =
        run.dueCrash()
            .filter(
                fault ->
                    fault instanceof Fault.CrashAtSeam s && s.n() == run.seamsOfLife
                        || fault instanceof Fault.CrashAtAnswer a
                            && seam.kind() == Seam.Kind.RECEIVE
                            && a.n() == run.requestsOfLife
                        || fault instanceof Fault.CrashAfter after
                            && made.isPresent()
                            && run.journaled(DeviceTables.read(device.observer()), after)
                        || fault instanceof Fault.LosePower p
                            && made.filter(device::unsynced).isPresent()
                            && p.n() == run.commitsOfLife)
            .isPresent();
    if (dies) {
      lastSeam = seam;
      throw new SimulatedCrash(seam);
    }
    observeSeam(device, seam, run);
  }

  private void observeSeam(Device device, Seam seam, StepRun run) {
    listener.reached(
        this,
        new RunListener.Reached(
            device,
            run.index,
            run.crashesOfStep,
            run.seamsOfLife,
            run.requestsOfStep,
            crashes,
            seam));
  }

  private RunListener listener = RunListener.NOBODY;

  /** To be set before the run. */
  public void tell(RunListener wanted) {
    listener = wanted;
  }

  Reply serve(String method, String target, Map<String, String> headers, byte[] body) {
    deliverLate(served);
    served++;
    WireResponse response = server.handle(WireRequest.of(method, target, headers, body));
    witness.served(new Exchange(method, target, headers, body, response.status(), response.body()));
    current()
        .ifPresent(
            run ->
                tell(
                    devices.get(run.step.device()),
                    new RunEvent.Served(method, target, body, response.status(), response.body())));
    return new Reply(response.status(), response.headers(), response.body());
  }

  /** What is due arrives before the next request. */
  private void deliverLate(long answered) {
    for (Optional<Runnable> next = late.next(answered);
        next.isPresent();
        next = late.next(answered)) {
      next.get().run();
    }
  }

  void sleep(Device device, Duration duration) {
    log(device, RunEvent.Kind.SLEEP, "sleeps " + duration.toMillis() + " ms");
    nowMillis += duration.toMillis();
    meet(device, new Seam(Seam.Kind.SLEEP, "sleep"));
  }

  /** A thread of a process waits for another one, which needs the monitor. */
  void waitForTurn(Incarnation process, Object monitor) {
    count("app", "waitedForTurn");
    Runnable wait = () -> process.reach(new Seam(Seam.Kind.TURN, "another operation"));
    Optional<Baton.Actor> actor = Optional.ofNullable(actorOfThread.get());
    if (actor.isPresent()) {
      baton.inMonitor(actor.get(), monitor, wait);
    } else {
      wait.run();
    }
  }

  /** Milliseconds of virtual time since 1970. */
  public long nowMillis() {
    return nowMillis;
  }

  Instant now() {
    return Instant.ofEpochMilli(nowMillis);
  }

  /** The protocol the server speaks. */
  Revision revision() {
    return plan.revision();
  }

  /** Lets the device's resolver decide; what it makes of a row is the app's own doing. */
  Resolution resolve(Device device, Resolver resolver, ConflictContext conflict) {
    Resolution decision = resolver.resolve(conflict);
    if (decision instanceof Resolution.KeepMerged merged) {
      AppTable table = app.table(conflict.table()).orElseThrow();
      witness.merged(
          device,
          DeviceTables.rowId(table, conflict.key()),
          Marks.ofMerged(table, merged.merged()));
    }
    return decision;
  }

  /** Whose sync is simulated. */
  public SimulatedApp app() {
    return app;
  }

  /** How often the server has been started anew. */
  int serverLife() {
    return serverLife;
  }

  SynchronousMode synchronous() {
    return plan.synchronous();
  }

  /** Whether a device loses its power; if not, nobody has to know what is synced. */
  boolean powerFails() {
    return powerFails;
  }

  Parts parts() {
    return parts;
  }

  Locks locks() {
    return locks;
  }

  /** What happened, a line each; for people. */
  public List<String> timeline() {
    return told.stream().flatMap(event -> event.line().stream()).toList();
  }

  /** An app transaction committed. */
  void countOperation() {
    operations++;
  }

  /** A number that no other migration of the run has. */
  int nextMigration() {
    return migrations++;
  }

  /** Adds a line to the timeline. */
  void log(Device device, RunEvent.Kind kind, String what) {
    tell(device, new RunEvent.Told(kind, what));
  }

  private void tell(Device device, RunEvent.What what) {
    int step = current().map(run -> run.index).orElse(0);
    tell(new RunEvent(nowMillis - START_MILLIS, step, Optional.of(device), what));
  }

  private void tell(RunEvent event) {
    if (event.what() instanceof RunEvent.Told) {
      told.add(event);
    }
    listener.happened(this, event);
  }

  /** The hash over everything every device did. */
  public String traceHash() {
    return HashTrace.combined(devices.stream().map(Device::traced).toList());
  }

  /**
   * @param ackGapCrashes counted by whoever can see it
   */
  public RunCounts counts(long ackGapCrashes) {
    return new RunCounts(
        devices.size(), operations, fullOperations, crashes, ackGapCrashes, seams, faults);
  }

  /** How many requests the server has answered: its state is the same while this is. */
  public long served() {
    return served;
  }

  /** How many steps of the plan have begun. */
  public int released() {
    return baton.released();
  }

  /** The server's state, for exploration. */
  public ModelServer server() {
    return server;
  }

  public List<Device> devices() {
    return List.copyOf(devices);
  }
}
