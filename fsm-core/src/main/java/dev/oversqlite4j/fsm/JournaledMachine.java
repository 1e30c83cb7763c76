package dev.oversqlite4j.fsm;

import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One machine whose every step is one transaction: its head is loaded from the journal, the guard
 * asked, the effect run, the journal row appended, all of it committed, and only then does {@link
 * #state()} change. If anything throws in between, errors included, database, journal and memory
 * are as before.
 *
 * <p>Crash before {@code fire} returns: the step happened entirely or not at all, and the machine
 * opened next knows which. After it returns, the step is as durable as the journal's commits.
 *
 * <p>Thread-safe, one step at a time. Other processes may move the same machine: memory is a cache,
 * the journal decides.
 */
public final class JournaledMachine<S extends Enum<S>, T extends Enum<T>> {

  /** What a step does to the app's data, in the transaction of its journal row. */
  @FunctionalInterface
  public interface Effect {

    /**
     * Applies the effect. Unchecked exceptions pass through {@code fire}; a checked one becomes the
     * cause of an {@link EffectFailedException}.
     */
    void apply(JournalTransaction tx) throws Exception;
  }

  private final TransitionStep<S, T> step;
  private final String key;
  private final Journal journal;
  private final ReentrantLock firing = new ReentrantLock();
  private volatile S state;

  private JournaledMachine(TransitionStep<S, T> step, String key, Journal journal) {
    this.step = step;
    this.key = key;
    this.journal = journal;
    this.state = journal.transact(tx -> step.current(tx, key));
  }

  /**
   * Opens a machine where its journal left it, or in the initial state if it never moved.
   *
   * @param instance tells it apart from other machines of the definition
   * @throws UnknownStateException if the definition does not declare the state it is in
   * @throws JournalFailedException if the journal cannot be read
   */
  public static <S extends Enum<S>, T extends Enum<T>> JournaledMachine<S, T> open(
      MachineDefinition<S, T> definition, String instance, Journal journal) {
    Objects.requireNonNull(instance, "instance");
    return new JournaledMachine<>(
        TransitionStep.of(definition),
        definition.name() + "/" + instance,
        Objects.requireNonNull(journal, "journal"));
  }

  /** Its key in the journal: name of the definition, a slash, the instance. */
  public String key() {
    return key;
  }

  /** The state after the last step this object took or saw. Never blocks. */
  public S state() {
    return state;
  }

  /** Takes a step that has neither facts nor an effect; see {@link #fire(Enum, Facts, Effect)}. */
  public Fired<S> fire(T trigger) {
    return fire(trigger, Facts.none());
  }

  /** Takes a step that has no effect; see {@link #fire(Enum, Facts, Effect)}. */
  public Fired<S> fire(T trigger, Facts facts) {
    return fire(trigger, facts, tx -> {});
  }

  /**
   * Takes one step.
   *
   * @throws RuntimeException the declared error if the step is refused; whatever guard and effect
   *     throw unchecked
   * @throws EffectFailedException if the effect throws a checked exception
   * @throws UnknownStateException if the definition does not declare the state it is in
   * @throws JournalFailedException if the journal cannot be read or written, or the commit fails
   * @throws IllegalStateException if called from within a guard or effect of this machine
   */
  public Fired<S> fire(T trigger, Facts facts, Effect effect) {
    Objects.requireNonNull(effect, "effect");
    if (firing.isHeldByCurrentThread()) {
      throw new IllegalStateException(
          "Cannot fire "
              + trigger
              + " on machine "
              + key
              + " from within its own guard or effect. Fire it after the step in progress.");
    }
    firing.lock();
    try {
      Fired<S> fired =
          journal.transact(
              tx ->
                  step.run(
                      tx,
                      key,
                      step.current(tx, key),
                      trigger,
                      facts,
                      "",
                      () -> apply(effect, tx, trigger)));
      state = fired.to();
      return fired;
    } finally {
      firing.unlock();
    }
  }

  private void apply(Effect effect, JournalTransaction tx, T trigger) {
    try {
      effect.apply(tx);
    } catch (RuntimeException passesThrough) {
      throw passesThrough;
    } catch (Exception checked) {
      if (checked instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new EffectFailedException(key, trigger.name(), checked);
    }
  }
}
