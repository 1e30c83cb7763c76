package dev.oversqlite4j.simulator.oracle;

import static dev.oversqlite4j.simulator.oracle.Oracle.require;

import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.NetworkFault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.world.CallOutcome;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.DeviceTables;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Property 26: from an answer that breaks the protocol until the next request, or the end of the
 * call, the thread that got it changes nothing but the journal. What was applied of earlier answers
 * stays, and what others commit meanwhile is theirs.
 */
final class AnswerChecks extends Check {

  private static final Set<NetworkFault> BROKEN =
      Set.of(NetworkFault.CORRUPT_BODY, NetworkFault.ENDLESS_BODY, NetworkFault.CAPTIVE_PORTAL);

  /** Best effort: its answer is nobody's business (client specification, appendix A). */
  private static final String IGNORED = "DELETE ";

  /** An answer that must not have any effect. */
  private record Spoilt(int device, int property, String label) {}

  private final Map<Thread, String> asked = new HashMap<>();
  private final Map<Thread, Spoilt> spoilt = new HashMap<>();

  @Override
  public void requested(Device device, String label) {
    asked.put(Thread.currentThread(), label);
    if (!label.startsWith(IGNORED)) {
      spoilt.remove(Thread.currentThread());
    }
  }

  @Override
  public void faulty(Device device, Fault fault) {
    String label = asked.getOrDefault(Thread.currentThread(), IGNORED);
    if (fault instanceof Fault.Network network
        && BROKEN.contains(network.kind())
        && !label.startsWith(IGNORED)) {
      spoilt.put(Thread.currentThread(), new Spoilt(device.index(), 26, label));
    }
  }

  @Override
  void committed(Device device, DeviceTables before, DeviceTables now) {
    Spoilt answer = spoilt.get(Thread.currentThread());
    if (answer != null && answer.device() == device.index()) {
      unchanged(answer.property(), device, answer.label(), before, now);
    }
  }

  /** Judges a commit of whoever got an answer that must not have any effect. */
  static void unchanged(
      int property, Object where, String label, DeviceTables before, DeviceTables now) {
    require(
        property,
        before.withoutJournal().equals(now.withoutJournal()),
        where,
        "an answer to " + label + " that breaks the protocol changed durable state");
  }

  @Override
  public void called(Device device, Operation operation, CallOutcome outcome) {
    spoilt.remove(Thread.currentThread());
  }

  @Override
  public void booted(Device device) {
    super.booted(device);
    spoilt.values().removeIf(answer -> answer.device() == device.index());
  }
}
