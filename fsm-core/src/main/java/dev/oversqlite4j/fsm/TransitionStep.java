package dev.oversqlite4j.fsm;

import com.github.oxo42.stateless4j.StateConfiguration;
import com.github.oxo42.stateless4j.StateMachine;
import com.github.oxo42.stateless4j.StateMachineConfig;
import dev.oversqlite4j.fsm.Cell.Branch;
import dev.oversqlite4j.fsm.Cell.NamedGuard;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * Moves machines of one definition, one step at a time, inside a transaction that is already open:
 * guard, effect, journal row. It keeps no state between steps; what it was given is the state, and
 * what it returns becomes true only if the caller's transaction commits.
 *
 * <p>Thread-safe; steps of one instance run one after the other.
 *
 * <p>stateless4j decides which transition is taken. It stores a new state <i>before</i> entry
 * actions run, does not roll back when one throws, and its guards take no argument. Hence entry and
 * exit actions do nothing, the effect is the transition's action and the journal row its state
 * mutator, each step gets a fresh stateless4j machine, and the guards of the shared configuration
 * read the step in progress.
 */
public final class TransitionStep<S extends Enum<S>, T extends Enum<T>> {

  private final MachineDefinition<S, T> definition;

  // Guarded by this: stateless4j's configuration is not synchronised.
  private final StateMachineConfig<S, T> config = new StateMachineConfig<>();
  // Guarded by this; non-null only while a step runs.
  private Running running;

  private TransitionStep(MachineDefinition<S, T> definition) {
    this.definition = Objects.requireNonNull(definition, "definition");
    for (S state : definition.states()) {
      definition.parent(state).ifPresent(parent -> config.configure(state).substateOf(parent));
      for (T trigger : definition.triggers()) {
        configure(config.configure(state), state, trigger);
      }
    }
  }

  /** The step of this definition. */
  public static <S extends Enum<S>, T extends Enum<T>> TransitionStep<S, T> of(
      MachineDefinition<S, T> definition) {
    return new TransitionStep<>(definition);
  }

  /** The definition its machines follow. */
  public MachineDefinition<S, T> definition() {
    return definition;
  }

  /**
   * The state of a machine according to its journal.
   *
   * @throws UnknownStateException if the definition does not declare the state of the last row
   * @throws JournalFailedException if the journal cannot be read
   */
  public S current(JournalTransaction tx, String machine) {
    return tx.head(machine)
        .map(
            head ->
                definition
                    .state(head.to())
                    .orElseThrow(() -> new UnknownStateException(machine, head.to())))
        .orElseGet(definition::initial);
  }

  /**
   * Takes one step. If it throws, whatever it throws, the caller has to roll back the transaction.
   *
   * @param machine key of the machine in the journal
   * @param current the state the machine is in, as read in this transaction
   * @param facts what guards may look at and the journal row keeps
   * @param opId the operation this step belongs to, empty if none
   * @param effect runs after the guard and before the journal row, unless the trigger is ignored
   * @throws RuntimeException the declared error of the cell if the step is refused; whatever guard
   *     and effect throw
   * @throws JournalFailedException if the row cannot be written
   * @throws IllegalStateException if called from within a guard or effect of the same instance
   */
  public synchronized Fired<S> run(
      JournalTransaction tx,
      String machine,
      S current,
      T trigger,
      Facts facts,
      String opId,
      Runnable effect) {
    if (running != null) {
      throw new IllegalStateException(
          "Cannot fire "
              + trigger
              + " on machine "
              + machine
              + " from within a guard or effect of "
              + definition
              + ". Fire it after the step in progress.");
    }
    Running step = new Running(tx, machine, current, trigger, facts, opId, effect);
    running = step;
    try {
      return step.take();
    } finally {
      running = null;
    }
  }

  private void configure(StateConfiguration<S, T> state, S from, T trigger) {
    Cell<S> cell = definition.cell(from, trigger);
    if (cell instanceof Cell.Ignored<S>) {
      state.ignore(trigger);
    } else if (cell instanceof Cell.Permitted<S> permitted) {
      for (Branch<S> branch : permitted.branches()) {
        // Only one guard may hold in stateless4j, and a substate without a handler asks its
        // parent's: every guard therefore asks for the very branch already chosen.
        if (branch.to() == from) {
          state.permitReentryIf(trigger, () -> running.chose(branch), () -> running.effect.run());
        } else {
          state.permitIf(
              trigger, branch.to(), () -> running.chose(branch), () -> running.effect.run());
        }
      }
    }
  }

  /** One step in progress. */
  private final class Running {
    private final JournalTransaction tx;
    private final String machine;
    private final S from;
    private final T trigger;
    private final Facts facts;
    private final String opId;
    private final Runnable effect;
    private S state;
    private Optional<Branch<S>> chosen = Optional.empty();
    private OptionalLong seq = OptionalLong.empty();
    // stateless4j calls the mutator from its constructor, which must not reach the journal.
    private boolean armed;

    Running(
        JournalTransaction tx,
        String machine,
        S from,
        T trigger,
        Facts facts,
        String opId,
        Runnable effect) {
      this.tx = Objects.requireNonNull(tx, "tx");
      this.machine = Objects.requireNonNull(machine, "machine");
      this.from = Objects.requireNonNull(from, "current");
      this.trigger = Objects.requireNonNull(trigger, "trigger");
      this.facts = Objects.requireNonNull(facts, "facts");
      this.opId = Objects.requireNonNull(opId, "opId");
      this.effect = Objects.requireNonNull(effect, "effect");
      this.state = from;
    }

    Fired<S> take() {
      choose();
      StateMachine<S, T> stateless = new StateMachine<>(from, () -> state, this::move, config);
      armed = true;
      stateless.fire(trigger);
      return new Fired<>(from, state, seq);
    }

    boolean chose(Branch<S> branch) {
      return chosen.filter(taken -> taken == branch).isPresent();
    }

    private void choose() {
      Cell<S> cell = definition.cell(from, trigger);
      if (cell instanceof Cell.Refused<S> refused) {
        throw refusal(refused.error(), "it is not permitted in this state");
      }
      if (cell instanceof Cell.Permitted<S> permitted) {
        GuardContext context = new GuardContext(tx, facts);
        chosen =
            permitted.branches().stream()
                .filter(branch -> branch.guard().map(g -> g.guard().holds(context)).orElse(true))
                .findFirst();
        if (chosen.isEmpty()) {
          throw refusal(permitted.otherwise().orElseThrow(), doesNotHold(permitted.branches()));
        }
      }
    }

    private void move(S to) {
      if (armed) {
        seq =
            OptionalLong.of(
                tx.append(machine, trigger.name(), from.name(), to.name(), opId, facts));
        state = to;
      }
    }

    private RuntimeException refusal(StepRefusal error, String reason) {
      return error.error(new RefusedStep(machine, from.name(), trigger.name(), reason));
    }

    private String doesNotHold(List<Branch<S>> branches) {
      return branches.stream()
          .flatMap(branch -> branch.guard().stream())
          .map(NamedGuard::name)
          .collect(Collectors.joining("', '", "it requires '", "'"));
    }
  }
}
