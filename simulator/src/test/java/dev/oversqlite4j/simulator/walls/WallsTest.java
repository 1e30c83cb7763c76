package dev.oversqlite4j.simulator.walls;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.JournalTransaction;
import dev.oversqlite4j.spi.Clock;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Assertions;

/** The walls of the house: who may know whom, and which calls nobody may make. */
@AnalyzeClasses(
    packages = WallsTest.ROOT,
    importOptions = {ImportOption.DoNotIncludeTests.class})
class WallsTest {

  static final String ROOT = "dev.oversqlite4j";

  private static final String FSM = ROOT + ".fsm..";
  private static final String LIFECYCLE = ROOT + ".lifecycle..";
  private static final String SYNC = ROOT + ".sync..";
  private static final String SPI = ROOT + ".spi..";
  private static final String PERSISTENCE = ROOT + ".persistence..";
  private static final String TRANSPORT = ROOT + ".transport..";
  private static final String SIMULATOR = ROOT + ".simulator..";
  private static final String[] SQL = {"java.sql..", "javax.sql..", "org.sqlite.."};
  private static final String[] HTTP = {"okhttp3..", "okio..", "java.net.http.."};

  /** The ports' production sides: the only places that touch the clock, chance and threads. */
  private static final Set<String> PRODUCTION_PORTS =
      Set.of("SystemClock", "ThreadSleeper", "SecureIdSource", "DaemonWorker");

  // --- Rooms -----------------------------------------------------------------------------------

  @ArchTest
  static final ArchRule persistenceDoesNotKnowTransport =
      noClasses()
          .that()
          .resideInAPackage(PERSISTENCE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(TRANSPORT, "okhttp3..")
          .because("everything that is HTTP lives in transport; the two meet in fsm-core's ports");

  @ArchTest
  static final ArchRule transportDoesNotKnowPersistence =
      noClasses()
          .that()
          .resideInAPackage(TRANSPORT)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(PERSISTENCE)
          .because("everything that is SQL lives in persistence; the two meet in fsm-core's ports");

  @ArchTest
  static final ArchRule theCoreKnowsNoImplementation =
      noClasses()
          .that()
          .resideInAnyPackage(ROOT, FSM, LIFECYCLE, SYNC, SPI)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(PERSISTENCE, TRANSPORT, SIMULATOR)
          .because(
              "fsm-core names ports (LocalStore, SyncServer) and is handed what is behind them");

  @ArchTest
  static final ArchRule nothingKnowsTheSimulator =
      noClasses()
          .that()
          .resideOutsideOfPackage(SIMULATOR)
          .should()
          .dependOnClassesThat()
          .resideInAPackage(SIMULATOR)
          .because("the simulator looks at everything and nothing depends on being looked at");

  @ArchTest
  static final ArchRule theEngineIsForAnyMachine =
      classes()
          .that()
          .resideInAPackage(FSM)
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(
                      FSM, "java..", "com.github.oxo42.stateless4j..", "com.fasterxml.jackson..")
                  .or(named(JournalEntry.class))
                  .or(named(Clock.class)))
          .because("an app's own machines use fsm; what sync needs belongs in lifecycle or sync");

  @ArchTest
  static final ArchRule onlyTheEngineKnowsStateless4j =
      noClasses()
          .that()
          .resideOutsideOfPackage(FSM)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.github.oxo42..")
          .because("machines are declared with fsm.MachineDefinition");

  @ArchTest
  static final ArchRule theDeclarationDoesNotKnowTheWorkflows =
      noClasses()
          .that()
          .resideInAPackage(LIFECYCLE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(SYNC)
          .because("lifecycle says what may happen; workflows ask it, never the other way round");

  @ArchTest
  static final ArchRule portsKnowNobody =
      noClasses()
          .that()
          .resideInAPackage(SPI)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(SYNC, LIFECYCLE)
          .because("a port is implemented without knowing who calls it; use plain records of spi");

  @ArchTest
  static final ArchRule noWorkflowSeesAConnectionOrAResponse =
      noClasses()
          .that()
          .resideInAnyPackage(SYNC, LIFECYCLE)
          .should()
          .dependOnClassesThat(resideInAnyPackage(SQL).or(resideInAnyPackage(HTTP)))
          .because("workflows use LocalTransaction's roles and SyncServer's typed answers");

  @ArchTest
  static final ArchRule sqlIsInPersistence =
      noClasses()
          .that(
              resideInAnyPackage(ROOT, FSM, LIFECYCLE, SYNC, SPI, TRANSPORT)
                  .and(DescribedPredicate.not(named(JournalTransaction.class))))
          .should()
          .dependOnClassesThat(resideInAnyPackage(SQL))
          .because(
              "SQL lives in persistence; others use LocalTransaction, and only"
                  + " fsm.JournalTransaction hands a connection through");

  @ArchTest
  static final ArchRule httpIsInTransport =
      noClasses()
          .that()
          .resideOutsideOfPackages(TRANSPORT, SIMULATOR)
          .should()
          .dependOnClassesThat(resideInAnyPackage(HTTP))
          .because("HTTP lives in transport; others use SyncServer");

  // --- Judges that share nothing with the judged -----------------------------------------------

  @ArchTest
  static final ArchRule theOracleSharesNoClientCode =
      noClasses()
          .that()
          .resideInAPackage(ROOT + ".simulator.oracle..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(FSM, LIFECYCLE, SYNC, SPI, PERSISTENCE, TRANSPORT)
          .because(
              "an oracle that shared the client's mistakes would not see them; use"
                  + " world.DeviceTables and the public API");

  @ArchTest
  static final ArchRule theModelServerSharesNoClientCode =
      noClasses()
          .that()
          .resideInAPackage(ROOT + ".simulator.server..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ROOT, FSM, LIFECYCLE, SYNC, SPI, PERSISTENCE, TRANSPORT)
          .because("the model server is written from the protocol alone");

  // --- Calls that make a run unrepeatable ------------------------------------------------------

  @ArchTest
  static final ArchRule timeComesFromAPort =
      main(
          "(java\\.lang\\.System\\.(currentTimeMillis|nanoTime)"
              + "|java\\.time\\.\\w+\\.now"
              + "|java\\.time\\.Clock\\.(system\\w*|tick\\w*)"
              + "|java\\.util\\.Date\\.<init>)\\(.*",
          "time comes from spi.Clock, so that a simulated run can repeat it");

  @ArchTest
  static final ArchRule idsComeFromAPort =
      main(
          "java\\.util\\.UUID\\.randomUUID\\(.*",
          "ids come from spi.IdSource.newUuid(), so that a simulated run can repeat them");

  @ArchTest
  static final ArchRule chanceComesFromAPort =
      main(
          "(java\\.lang\\.Math\\.random"
              + "|java\\.util\\.(Random|SplittableRandom)\\.<init>"
              + "|java\\.security\\.SecureRandom\\.<init>"
              + "|java\\.util\\.concurrent\\.ThreadLocalRandom\\.current)\\(.*",
          "chance comes from spi.IdSource.jitter(), so that a simulated run can repeat it");

  @ArchTest
  static final ArchRule sleepingGoesThroughAPort =
      main(
          "(java\\.lang\\.Thread\\.sleep|java\\.util\\.concurrent\\.TimeUnit\\.sleep"
              + "|java\\.util\\.concurrent\\.locks\\.LockSupport\\.park\\w*)\\(.*",
          "waiting goes through spi.Sleeper, so that a simulated run need not wait");

  @ArchTest
  static final ArchRule threadsComeFromAPort =
      main(
          "(java\\.lang\\.Thread\\.(<init>|startVirtualThread)"
              + "|java\\.util\\.Timer\\.<init>"
              + "|java\\.util\\.concurrent\\.Executors\\.\\w+"
              + "|java\\.util\\.concurrent\\.CompletableFuture\\.(run|supply)Async)\\(.*",
          "background work goes through spi.Worker, so that a simulated run can schedule it");

  private static ArchRule main(String call, String because) {
    return noClasses()
        .that(
            resideInAPackage(ROOT + "..")
                .and(DescribedPredicate.not(resideInAPackage(SIMULATOR)))
                .and(DescribedPredicate.not(aProductionPort())))
        .should()
        .accessTargetWhere(calls(call))
        .because(because);
  }

  /** Calls and method references alike. */
  private static DescribedPredicate<JavaAccess<?>> calls(String pattern) {
    return DescribedPredicate.describe(
        "target matches " + pattern, access -> access.getTarget().getFullName().matches(pattern));
  }

  private static DescribedPredicate<JavaClass> aProductionPort() {
    return DescribedPredicate.describe(
        "is a production port",
        owner ->
            owner.getPackageName().equals(ROOT + ".spi")
                && PRODUCTION_PORTS.contains(owner.getSimpleName()));
  }

  private static DescribedPredicate<JavaClass> named(Class<?> type) {
    // Nested classes belong to their class.
    return name(type.getName())
        .or(nameMatching(java.util.regex.Pattern.quote(type.getName()) + "\\$.*"))
        .forSubtype();
  }

  // --- The walls themselves --------------------------------------------------------------------

  /** A rule over a package nobody imported would hold for ever. */
  @ArchTest
  static void everyRoomIsLookedAt(JavaClasses classes) {
    Set<String> rooms = new TreeSet<>();
    classes.forEach(
        type -> rooms.add(type.getPackageName().replaceFirst("(\\.simulator)\\..*", "$1")));
    Assertions.assertEquals(
        Set.of(
            ROOT,
            ROOT + ".fsm",
            ROOT + ".lifecycle",
            ROOT + ".sync",
            ROOT + ".spi",
            ROOT + ".persistence",
            ROOT + ".transport",
            ROOT + ".simulator"),
        rooms);
  }

  /** The rules about calls bite: this very class makes some of those calls. */
  @ArchTest
  static void forbiddenCallsAreSeen(JavaClasses ignored) {
    JavaClasses offender = new ClassFileImporter().importClasses(Offender.class);
    for (String call :
        new String[] {
          "java\\.lang\\.System\\.nanoTime\\(.*",
          "java\\.time\\.\\w+\\.now\\(.*",
          "java\\.util\\.UUID\\.randomUUID\\(.*",
          "java\\.util\\.Random\\.<init>\\(.*"
        }) {
      Assertions.assertTrue(
          noClasses().should().accessTargetWhere(calls(call)).evaluate(offender).hasViolation(),
          call);
    }
  }

  private static final class Offender {
    @SuppressWarnings("unused")
    private static Object[] offend() {
      java.util.function.Supplier<java.time.Instant> now = java.time.Instant::now;
      return new Object[] {
        System.nanoTime(), now, java.util.UUID.randomUUID(), new java.util.Random()
      };
    }
  }
}
