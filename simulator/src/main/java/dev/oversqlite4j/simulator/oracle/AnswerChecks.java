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
 * Properties 26, 47 and 55: from an answer that breaks the protocol until the next request, or the
 * end of the call, the thread that got it changes nothing but the journal. What was applied of
 * earlier answers stays, and what others commit meanwhile is theirs.
 */
final class AnswerChecks extends Check {

  private static final Set<NetworkFault> BROKEN =
      Set.of(NetworkFault.CORRUPT_BODY, NetworkFault.ENDLESS_BODY, NetworkFault.CAPTIVE_PORTAL);

  /** Best effort: its answer is nobody's business (client specification, appendix A). */
  private static final String IGNORED = "DELETE ";

  private static final String SNAPSHOT = "POST /sync/snapshot-sessions";
  private static final String PULL = "GET /sync/pull";
  private static final String WATCH = "GET /sync/watch";

  /** An answer that must not have any effect. */
  private record Spoilt(int device, int property, String label) {}

  private final Map<Thread, String> asked = new HashMap<>();
  private final Map<Thread, Spoilt> spoilt = new HashMap<>();
  // Who was told totals that the snapshot does not have, and of which device.
  private final Map<Thread, Integer> lying = new HashMap<>();

  @Override
  public void requested(Device device, String label) {
    Thread caller = Thread.currentThread();
    asked.put(caller, label);
    if (!label.startsWith(IGNORED)) {
      spoilt.remove(caller);
    }
    if (label.equals(SNAPSHOT) || label.equals(PULL)) {
      // Another snapshot, or none: what it tells of has totals of its own.
      lying.remove(caller);
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
  public void forged(Device device, String label) {
    if (label.equals(SNAPSHOT)) {
      lying.put(Thread.currentThread(), device.index());
    } else if (!label.equals(WATCH)) {
      spoilt.put(Thread.currentThread(), new Spoilt(device.index(), 55, label));
    }
  }

  @Override
  void committed(Device device, DeviceTables before, DeviceTables now) {
    Spoilt answer = spoilt.get(Thread.currentThread());
    if (answer != null && answer.device() == device.index()) {
      unchanged(answer.property(), device, answer.label(), before, now);
    }
    Integer lied = lying.get(Thread.currentThread());
    if (lied != null && lied == device.index()) {
      notApplied(device, before, now);
    }
  }

  /** 47: a snapshot that is not what its session declared is neither applied nor complete. */
  static void notApplied(Object where, DeviceTables before, DeviceTables now) {
    boolean complete = before.installed() && before.control().stageComplete();
    require(
        47,
        before.rows().equals(now.rows())
            && (complete || !now.installed() || !now.control().stageComplete()),
        where,
        "a snapshot whose totals are not those of its session was taken over");
  }

  /** Judges a commit of whoever got an answer that must not have any effect. */
  static void unchanged(
      int property, Object where, String label, DeviceTables before, DeviceTables now) {
    require(
        property,
        before.withoutJournal().equals(now.withoutJournal()),
        where,
        "an answer to " + label + " that must not have any effect changed durable state");
  }

  @Override
  public void called(Device device, Operation operation, CallOutcome outcome) {
    spoilt.remove(Thread.currentThread());
    lying.remove(Thread.currentThread());
  }

  @Override
  public void booted(Device device) {
    super.booted(device);
    spoilt.values().removeIf(answer -> answer.device() == device.index());
    lying.values().removeIf(index -> index == device.index());
  }
}
