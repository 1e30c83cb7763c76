package dev.oversqlite4j.simulator.junit;

import dev.oversqlite4j.fsm.MachineDefinition;
import dev.oversqlite4j.fsm.Transition;
import dev.oversqlite4j.simulator.InvalidSimulationException;
import dev.oversqlite4j.simulator.MachineSimulator;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The machines of a {@link MachineTest}. Not thread-safe. */
public final class MachineTrial {

  private final List<MachineSimulator<?, ?>> machines = new ArrayList<>();

  MachineTrial() {}

  /** Adds a machine and how the app fires it; what is returned takes the SQL of its tables. */
  public <S extends Enum<S>, T extends Enum<T>> MachineSimulator<S, T> of(
      MachineDefinition<S, T> definition, MachineSimulator.Step<S, T> step) {
    MachineSimulator<S, T> machine = MachineSimulator.of(definition, step);
    machines.add(machine);
    return machine;
  }

  /**
   * Crashes all of them.
   *
   * @throws AssertionError if a crash left half a step, or a transition was never taken
   */
  void run() {
    if (machines.isEmpty()) {
      throw new InvalidSimulationException("there is no machine; call of(…) first.");
    }
    for (MachineSimulator<?, ?> machine : machines) {
      List<? extends Transition<?, ?>> unreached = machine.run().unreached();
      if (!unreached.isEmpty()) {
        throw new AssertionError(
            "never taken, and so never crashed: "
                + unreached.stream()
                    .map(t -> t.trigger() + " from " + t.from() + " to " + t.to())
                    .collect(Collectors.joining(", "))
                + "; the step or a guard refuses, or nothing leads there.");
      }
    }
  }
}
