package dev.oversqlite4j.fsm;

import dev.oversqlite4j.fsm.Cell.Branch;
import dev.oversqlite4j.fsm.Cell.NamedGuard;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * A complete declaration of a machine: for every state and every trigger it says what happens.
 * There is no default; a pair nobody decided about fails {@link Builder#build()}.
 *
 * <pre>{@code
 * MachineDefinition.named("order", OrderState.class, OrderTrigger.class).initial(NEW)
 *     .from(NEW).on(PAY).to(PAID)
 *     .from(PAID).on(SHIP).when("in stock", guard).otherwise(OutOfStock::new).to(SHIPPED)
 *     .from(SHIPPED).ignore(PAY)
 *     .rejectOthers(IllegalOrderStep::new)
 *     .build();
 * }</pre>
 *
 * <p>Immutable and thread-safe; its builder is neither.
 */
public final class MachineDefinition<S extends Enum<S>, T extends Enum<T>> {

  private final String name;
  private final Class<S> states;
  private final Class<T> triggers;
  private final S initial;
  private final Map<At<S, T>, Cell<S>> cells;
  private final Map<S, S> parents;
  private final List<Transition<S, T>> transitions;

  private MachineDefinition(Draft<S, T> draft, Map<At<S, T>, Cell<S>> cells) {
    this.name = draft.name;
    this.states = draft.states;
    this.triggers = draft.triggers;
    this.initial = draft.initial.orElseThrow();
    this.cells = Collections.unmodifiableMap(cells);
    this.parents = Collections.unmodifiableMap(new LinkedHashMap<>(draft.parents));
    List<Transition<S, T>> edges = new ArrayList<>();
    cells.forEach(
        (at, cell) -> {
          if (cell instanceof Cell.Permitted<S> permitted) {
            for (Branch<S> branch : permitted.branches()) {
              edges.add(
                  new Transition<>(
                      at.state, at.trigger, branch.guard().map(NamedGuard::name), branch.to()));
            }
          }
        });
    this.transitions = List.copyOf(edges);
  }

  /**
   * Starts the declaration of a machine over these states and triggers.
   *
   * @param name not blank and without a slash, or {@link Builder#build()} fails
   */
  public static <S extends Enum<S>, T extends Enum<T>> Builder<S, T> named(
      String name, Class<S> states, Class<T> triggers) {
    return new Builder<>(new Draft<>(name, states, triggers));
  }

  /** The first part of the key of each of its machines in a journal. */
  public String name() {
    return name;
  }

  /** Every state, in declaration order of the enum. */
  public List<S> states() {
    return List.of(states.getEnumConstants());
  }

  /** Every trigger, in declaration order of the enum. */
  public List<T> triggers() {
    return List.of(triggers.getEnumConstants());
  }

  /** The state of a machine that has not moved yet. */
  public S initial() {
    return initial;
  }

  /** The state of this name, empty if none is declared. */
  public Optional<S> state(String stateName) {
    return Arrays.stream(states.getEnumConstants())
        .filter(state -> state.name().equals(stateName))
        .findFirst();
  }

  /** What was decided about a trigger in a state. */
  public Cell<S> cell(S state, T trigger) {
    return cells.get(
        new At<>(
            Objects.requireNonNull(state, "state"), Objects.requireNonNull(trigger, "trigger")));
  }

  /**
   * The state this one is a finer shade of. A substate inherits nothing: what happens in it is
   * declared like for any other state.
   */
  public Optional<S> parent(S state) {
    return Optional.ofNullable(parents.get(Objects.requireNonNull(state, "state")));
  }

  /** Whether a state is this other one or a substate of it, at any depth. */
  public boolean isIn(S state, S ancestor) {
    return state == ancestor || parent(state).filter(up -> isIn(up, ancestor)).isPresent();
  }

  /** Every edge, in the order it was declared. */
  public List<Transition<S, T>> transitions() {
    return transitions;
  }

  @Override
  public String toString() {
    return "MachineDefinition[" + name + "]";
  }

  private record At<S, T>(S state, T trigger) {
    @Override
    public String toString() {
      return state + " on " + trigger;
    }
  }

  /** What the builder stages collect; problems are gathered, so that build() names all of them. */
  private static final class Draft<S extends Enum<S>, T extends Enum<T>> {
    private final String name;
    private final Class<S> states;
    private final Class<T> triggers;
    private final Map<At<S, T>, DraftCell<S>> cells = new LinkedHashMap<>();
    private final Map<S, S> parents = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();
    private Optional<S> initial = Optional.empty();
    private Optional<StepRefusal> others = Optional.empty();

    Draft(String name, Class<S> states, Class<T> triggers) {
      this.name = Objects.requireNonNull(name, "name");
      this.states = Objects.requireNonNull(states, "states");
      this.triggers = Objects.requireNonNull(triggers, "triggers");
      // The journal key is name/instance; a slash in the name would let two machines share one.
      if (name.isBlank() || name.contains("/")) {
        problems.add("the name is blank or contains '/'");
      }
    }

    void define(S state, T trigger, DraftCell<S> cell) {
      At<S, T> at =
          new At<>(
              Objects.requireNonNull(state, "state"), Objects.requireNonNull(trigger, "trigger"));
      if (cells.putIfAbsent(at, cell) != null) {
        problems.add(at + " is defined twice");
      }
    }

    void substate(S child, S parent) {
      Objects.requireNonNull(child, "child");
      if (parents.containsKey(child)) {
        problems.add(child + " is a substate twice");
        return;
      }
      for (S up = parent; up != null; up = parents.get(up)) {
        if (up == child) {
          problems.add(child + " is a substate of itself");
          return;
        }
      }
      parents.put(child, parent);
    }

    MachineDefinition<S, T> build() {
      List<String> found = new ArrayList<>(problems);
      if (initial.isEmpty()) {
        found.add("there is no initial state");
      }
      Map<At<S, T>, Cell<S>> complete = new LinkedHashMap<>();
      cells.forEach(
          (at, cell) -> {
            cell.problem().ifPresent(problem -> found.add(at + " " + problem));
            complete.put(at, cell.finish());
          });
      for (S state : EnumSet.allOf(states)) {
        for (T trigger : EnumSet.allOf(triggers)) {
          At<S, T> at = new At<>(state, trigger);
          if (complete.containsKey(at)) {
            continue;
          }
          if (others.isPresent()) {
            complete.put(at, new Cell.Refused<>(others.get()));
          } else {
            found.add(at + " is undefined");
          }
        }
      }
      if (!found.isEmpty()) {
        throw new IllegalStateException(
            "Machine " + name + " cannot be built:\n  - " + String.join("\n  - ", found));
      }
      return new MachineDefinition<>(this, complete);
    }
  }

  private static final class DraftCell<S extends Enum<S>> {
    private final List<Branch<S>> branches = new ArrayList<>();
    private Optional<StepRefusal> otherwise = Optional.empty();
    private final Optional<Cell<S>> fixed;

    /** To be permitted, once it has branches. */
    DraftCell() {
      this.fixed = Optional.empty();
    }

    DraftCell(Cell<S> fixed) {
      this.fixed = Optional.of(fixed);
    }

    Optional<String> problem() {
      if (fixed.isPresent()) {
        return Optional.empty();
      }
      boolean total = branches.get(branches.size() - 1).guard().isEmpty();
      if (!total && otherwise.isEmpty()) {
        return Optional.of("has a guard and no otherwise");
      }
      if (total && otherwise.isPresent()) {
        return Optional.of("has an otherwise that can never happen");
      }
      return Optional.empty();
    }

    Cell<S> finish() {
      return fixed.orElseGet(() -> new Cell.Permitted<>(List.copyOf(branches), otherwise));
    }
  }

  /** A declaration in progress. */
  public static sealed class Builder<S extends Enum<S>, T extends Enum<T>> permits From {

    private final Draft<S, T> draft;

    private Builder(Draft<S, T> draft) {
      this.draft = draft;
    }

    /** The state of a machine that has not moved yet. */
    public final Builder<S, T> initial(S state) {
      Objects.requireNonNull(state, "state");
      if (draft.initial.isPresent()) {
        draft.problems.add("there is more than one initial state");
      }
      draft.initial = Optional.of(state);
      return this;
    }

    /** These states are finer shades of the parent, which remains a state of its own. */
    @SafeVarargs
    public final Builder<S, T> substates(S parent, S first, S... more) {
      Objects.requireNonNull(parent, "parent");
      draft.substate(first, parent);
      for (S child : more) {
        draft.substate(child, parent);
      }
      return this;
    }

    /** What follows is about this state, or about each of these states alike. */
    @SafeVarargs
    public final From<S, T> from(S first, S... more) {
      List<S> sources = new ArrayList<>();
      sources.add(first);
      for (S source : more) {
        sources.add(source);
      }
      return new From<>(draft, List.copyOf(sources));
    }

    /** Refuses every pair of state and trigger that is not declared, before or after. */
    public final Builder<S, T> rejectOthers(StepRefusal.Plain error) {
      return rejectOthers((StepRefusal) error);
    }

    /** Refuses every pair of state and trigger that is not declared, before or after. */
    public final Builder<S, T> rejectOthers(StepRefusal error) {
      Objects.requireNonNull(error, "error");
      if (draft.others.isPresent()) {
        draft.problems.add("others are rejected twice");
      }
      draft.others = Optional.of(error);
      return this;
    }

    /**
     * The finished definition.
     *
     * @throws IllegalStateException naming everything that is missing or contradictory: pairs of
     *     state and trigger that are undefined or defined twice, guards without an otherwise or
     *     with one that can never happen, no initial state or several, substates of two parents or
     *     of themselves, an unfit name
     */
    public final MachineDefinition<S, T> build() {
      return draft.build();
    }
  }

  /** Decides about triggers in one or more states. */
  public static sealed class From<S extends Enum<S>, T extends Enum<T>> extends Builder<S, T>
      permits Guarded {

    private final Draft<S, T> draft;
    private final List<S> sources;

    private From(Draft<S, T> draft, List<S> sources) {
      super(draft);
      this.draft = draft;
      this.sources = sources;
    }

    /** Permits a trigger; where it leads comes next. */
    public final On<S, T> on(T trigger) {
      return new On<>(this, trigger);
    }

    /** The triggers succeed and do nothing. */
    @SafeVarargs
    public final From<S, T> ignore(T first, T... more) {
      defineAll(first, source -> new DraftCell<>(new Cell.Ignored<S>()));
      for (T trigger : more) {
        defineAll(trigger, source -> new DraftCell<>(new Cell.Ignored<S>()));
      }
      return this;
    }

    /** The trigger fails with this error. */
    public final From<S, T> reject(T trigger, StepRefusal.Plain error) {
      return reject(trigger, (StepRefusal) error);
    }

    /** The trigger fails with this error. */
    public final From<S, T> reject(T trigger, StepRefusal error) {
      Objects.requireNonNull(error, "error");
      defineAll(trigger, source -> new DraftCell<>(new Cell.Refused<S>(error)));
      return this;
    }

    private void defineAll(T trigger, Function<S, DraftCell<S>> cell) {
      sources.forEach(source -> draft.define(source, trigger, cell.apply(source)));
    }
  }

  /** Says where a permitted trigger leads. */
  public static final class On<S extends Enum<S>, T extends Enum<T>> {

    private final From<S, T> from;
    private final T trigger;

    private On(From<S, T> from, T trigger) {
      this.from = from;
      this.trigger = trigger;
    }

    /** Unconditionally to this state, which may be the one it comes from. */
    public From<S, T> to(S state) {
      Objects.requireNonNull(state, "state");
      from.defineAll(trigger, source -> unconditional(state));
      return from;
    }

    /** Unconditionally, staying in the state it comes from; journaled like any other step. */
    public From<S, T> toSame() {
      from.defineAll(trigger, On::unconditional);
      return from;
    }

    /** Only if the guard holds; the name is for diagrams and messages. */
    public When<S, T> when(String name, Guard guard) {
      Map<S, DraftCell<S>> open = new LinkedHashMap<>();
      from.defineAll(trigger, source -> open.computeIfAbsent(source, s -> new DraftCell<>()));
      return new When<>(from, open, new NamedGuard(name, Objects.requireNonNull(guard, "guard")));
    }

    private static <S extends Enum<S>> DraftCell<S> unconditional(S to) {
      DraftCell<S> cell = new DraftCell<>();
      cell.branches.add(new Branch<>(Optional.empty(), to));
      return cell;
    }
  }

  /** A guard that still needs to know where it leads. */
  public static final class When<S extends Enum<S>, T extends Enum<T>> {

    private final From<S, T> from;
    private final Map<S, DraftCell<S>> open;
    private final NamedGuard guard;

    private When(From<S, T> from, Map<S, DraftCell<S>> open, NamedGuard guard) {
      this.from = from;
      this.open = open;
      this.guard = guard;
    }

    /** The error if no guard of this cell holds. */
    public When<S, T> otherwise(StepRefusal.Plain error) {
      return otherwise((StepRefusal) error);
    }

    /** The error if no guard of this cell holds. */
    public When<S, T> otherwise(StepRefusal error) {
      setOtherwise(from, open, error);
      return this;
    }

    /** To this state if the guard holds. */
    public Guarded<S, T> to(S state) {
      Objects.requireNonNull(state, "state");
      open.forEach((source, cell) -> cell.branches.add(new Branch<>(Optional.of(guard), state)));
      return new Guarded<>(from, open);
    }

    /** Staying in the state it comes from if the guard holds; journaled like any other step. */
    public Guarded<S, T> toSame() {
      open.forEach((source, cell) -> cell.branches.add(new Branch<>(Optional.of(guard), source)));
      return new Guarded<>(from, open);
    }

    private static <S extends Enum<S>> void setOtherwise(
        From<S, ?> from, Map<S, DraftCell<S>> open, StepRefusal error) {
      Objects.requireNonNull(error, "error");
      open.forEach(
          (source, cell) -> {
            if (cell.otherwise.isPresent()) {
              from.draft.problems.add("a guarded trigger of " + source + " has two otherwise");
            }
            cell.otherwise = Optional.of(error);
          });
    }
  }

  /** A guarded trigger that may get more branches, tried in order, and its otherwise. */
  public static final class Guarded<S extends Enum<S>, T extends Enum<T>> extends From<S, T> {

    private final From<S, T> from;
    private final Map<S, DraftCell<S>> open;

    private Guarded(From<S, T> from, Map<S, DraftCell<S>> open) {
      super(from.draft, from.sources);
      this.from = from;
      this.open = open;
    }

    /** Another branch, tried if no guard before it holds. */
    public When<S, T> orWhen(String name, Guard guard) {
      return new When<>(from, open, new NamedGuard(name, Objects.requireNonNull(guard, "guard")));
    }

    /** The error if no guard of this cell holds. */
    public From<S, T> otherwise(StepRefusal.Plain error) {
      return otherwise((StepRefusal) error);
    }

    /** The error if no guard of this cell holds. */
    public From<S, T> otherwise(StepRefusal error) {
      When.setOtherwise(from, open, error);
      return from;
    }

    /** Where the trigger leads if no guard of this cell holds. */
    public From<S, T> otherwiseTo(S state) {
      Objects.requireNonNull(state, "state");
      open.forEach((source, cell) -> cell.branches.add(new Branch<>(Optional.empty(), state)));
      return from;
    }

    /** Stays where it is, with a journal row, if no guard of this cell holds. */
    public From<S, T> otherwiseToSame() {
      open.forEach((source, cell) -> cell.branches.add(new Branch<>(Optional.empty(), source)));
      return from;
    }
  }
}
