package dev.oversqlite4j.simulator.plan;

import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.server.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Plans for jqwik: plain lists of steps without preconditions, so that they shrink well. */
public final class PlanArbitraries {

  private static final int MAX_STEPS = 40;

  private PlanArbitraries() {}

  /** Any plan of one to three devices with small numbers. */
  public static Arbitrary<Plan> plans() {
    return Combinators.combine(
            Arbitraries.longs(),
            Arbitraries.of(0, 2, 10, 30, 100),
            Arbitraries.of("ada", "bob").list().ofMinSize(1).ofMaxSize(3),
            steps(),
            Arbitraries.of(ResolverChoice.class).list().ofSize(3),
            Arbitraries.of(Revision.class),
            Arbitraries.of(SynchronousMode.class),
            Arbitraries.of(Optional.<String>empty(), Optional.of("a \"quoted\"\nlesson – ü")))
        .as(
            (seed, switchPercent, users, steps, resolvers, revision, synchronous, why) ->
                new Plan(
                    Plan.VERSION,
                    seed,
                    switchPercent,
                    users.size(),
                    users,
                    resolvers.subList(0, users.size()),
                    revision,
                    synchronous,
                    onDevices(steps, users.size()),
                    why));
  }

  /** Steps of devices 0 to 2. */
  public static Arbitrary<List<Step>> steps() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 2),
            commands(),
            faults().list().ofMaxSize(4),
            Arbitraries.of(AfterCrash.class),
            Arbitraries.of(
                Optional.<String>empty(),
                Optional.<String>empty(),
                Optional.of("RECEIVE POST /sync/push-sessions/*/commit")))
        .as(Step::new)
        .list()
        .ofMaxSize(MAX_STEPS);
  }

  /** Any command. */
  public static Arbitrary<Command> commands() {
    Arbitrary<Command> calls = Arbitraries.of(Operation.class).map(Command.Call::new);
    Arbitrary<Command> writes =
        Combinators.combine(rowWrites().list().ofMinSize(1).ofMaxSize(4), endings())
            .as(Command.Write::new);
    Arbitrary<Command> clock = Arbitraries.longs().between(1, 4_000).map(Command.AdvanceClock::new);
    Arbitrary<Command> restarts = Arbitraries.create(Command.Restart::new);
    return Arbitraries.oneOf(calls, calls, writes, clock, restarts);
  }

  /** Any fault with a small number. */
  public static Arbitrary<Fault> faults() {
    Arbitrary<Integer> n = Arbitraries.integers().between(1, 200);
    Arbitrary<Fault> seams = n.map(Fault.CrashAtSeam::new);
    Arbitrary<Fault> answers = n.map(Fault.CrashAtAnswer::new);
    Arbitrary<Fault> requests = n.map(Fault.LoseRequest::new);
    Arbitrary<Fault> responses = n.map(Fault.LoseResponse::new);
    return Arbitraries.oneOf(seams, answers, requests, responses, hazards());
  }

  private static Arbitrary<Fault> hazards() {
    Arbitrary<Integer> n = Arbitraries.integers().between(1, 30);
    Arbitrary<Integer> at = Arbitraries.integers().between(0, 1_000);
    Arbitrary<Fault> power =
        Combinators.combine(n, Arbitraries.of(Fault.LosePower.Tail.class), at)
            .as(Fault.LosePower::new);
    Arbitrary<Fault> network =
        Combinators.combine(n, Arbitraries.of(NetworkFault.class), at).as(Fault.Network::new);
    Arbitrary<Fault> answers =
        Combinators.combine(
                n,
                Arbitraries.of(401, 429, 500, 502, 503, 504),
                Arbitraries.of(0, 5),
                Arbitraries.of(Fault.Answer.Effect.class))
            .as(Fault.Answer::new);
    Arbitrary<Fault> disk =
        Combinators.combine(n, Arbitraries.of(DiskFault.class), at).as(Fault.Disk::new);
    return Arbitraries.oneOf(power, network, answers, disk);
  }

  private static Arbitrary<RowWrite> rowWrites() {
    return Combinators.combine(
            Arbitraries.of(RowWrite.Kind.class),
            Arbitraries.of(Table.ALL),
            Arbitraries.integers().between(0, 5),
            Arbitraries.integers().between(0, 1_000))
        .as(PlanArbitraries::rowWrite);
  }

  private static RowWrite rowWrite(RowWrite.Kind kind, String table, int row, int value) {
    boolean person = kind == RowWrite.Kind.DELETE && table.equals(Table.PERSON);
    return new RowWrite(kind, person ? Table.NOTE : table, row, value);
  }

  private static Arbitrary<Ending> endings() {
    return Arbitraries.of(Ending.class);
  }

  private static List<Step> onDevices(List<Step> steps, int devices) {
    List<Step> fitting = new ArrayList<>();
    for (Step step : steps) {
      fitting.add(
          new Step(
              step.device() % devices,
              step.command(),
              step.faults(),
              step.afterCrash(),
              step.at()));
    }
    return fitting;
  }
}
