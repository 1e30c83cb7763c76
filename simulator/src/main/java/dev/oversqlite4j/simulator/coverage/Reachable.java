package dev.oversqlite4j.simulator.coverage;

import dev.oversqlite4j.fsm.Transition;
import dev.oversqlite4j.lifecycle.DurableState;
import dev.oversqlite4j.lifecycle.LifecycleDefinition;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.NetworkFault;
import dev.oversqlite4j.simulator.seam.Seam;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What there is to reach, and what campaigns do not reach for a reason. */
public final class Reachable {

  static final String POWER_LOSS = "POWER_LOSS";
  static final String DISK = "DISK";
  private static final String LOST_REQUEST = "LOST_REQUEST";
  private static final String LOST_RESPONSE = "LOST_RESPONSE";
  private static final String CLIENT_ERROR = "CLIENT_ERROR";
  private static final String SERVER_ERROR = "SERVER_ERROR";

  private Reachable() {}

  /** The declared transitions, in the order of their declaration. */
  public static List<String> transitions() {
    Set<String> names = new LinkedHashSet<>();
    for (Transition<DurableState, Trigger> edge : LifecycleDefinition.get().transitions()) {
      names.add(edge.from() + " " + edge.trigger() + " " + edge.to());
    }
    return List.copyOf(names);
  }

  /** The cells of the operation matrix. */
  public static List<String> cells() {
    List<String> names = new ArrayList<>();
    for (Call call : Call.values()) {
      for (DurableState state : DurableState.values()) {
        names.add(call + " " + state);
      }
    }
    return names;
  }

  /** Every fault in every state of a process. */
  public static List<String> pairs() {
    List<String> names = new ArrayList<>();
    for (DurableState state : DurableState.values()) {
      for (Seam.Kind kind : Seam.Kind.values()) {
        names.add(state + " " + crash(kind));
      }
      for (Disturbance what : Disturbance.values()) {
        names.add(state + " " + what);
      }
      for (NetworkFault kind : NetworkFault.values()) {
        names.add(state + " " + kind);
      }
      for (String other :
          List.of(LOST_REQUEST, LOST_RESPONSE, CLIENT_ERROR, SERVER_ERROR, DISK, POWER_LOSS)) {
        names.add(state + " " + other);
      }
    }
    return names;
  }

  /** What the network or the server does to one request. */
  static String fault(Fault fault) {
    if (fault instanceof Fault.Network network) {
      return network.kind().name();
    }
    if (fault instanceof Fault.Answer answer) {
      return answer.status() < 500 ? CLIENT_ERROR : SERVER_ERROR;
    }
    return fault instanceof Fault.LoseRequest ? LOST_REQUEST : LOST_RESPONSE;
  }

  static String crash(Seam.Kind kind) {
    return "CRASH_AT_" + kind;
  }

  /**
   * The transitions and cells that no campaign reaches, each with its reason. One that a campaign
   * does reach is out of date, and the campaign says so.
   */
  public static Map<String, String> exceptions() {
    Map<String, String> exceptions = new LinkedHashMap<>();
    for (String transition : transitions()) {
      if (transition.contains(" " + Trigger.CORRUPT + " ")) {
        exceptions.put(transition, "no plan damages control tables; CorruptStateTest does");
      }
    }
    for (DurableState state : List.of(DurableState.ATTACHED, DurableState.SEEDING)) {
      exceptions.put(
          stays(state, Trigger.REPAIR), "no operation that is in flight leaves this state behind");
      exceptions.put(
          edge(state, Trigger.SOURCE_FAILURE, DurableState.SOURCE_RECOVERY),
          "only a push of a frozen bundle and a rebuild that has begun ask what can tell of it");
    }
    exceptions.put(
        edge(DurableState.REPLACE_STAGED, Trigger.STAGE_SESSION, DurableState.REPLACE_PENDING),
        "the rows of a complete stage go with it in one transaction; RecoveryWeaknessTest damages"
            + " one");
    exceptions.put(
        edge(DurableState.PUSH_PREPARED, Trigger.REBUILD_BEGIN, DurableState.REBUILD_REQUIRED),
        "no plan damages a frozen bundle, any other is pushed first; RecoveryWeaknessTest does");
    for (Trigger trigger : List.of(Trigger.CONFLICT_RESOLVED, Trigger.CONFLICT_INVALID)) {
      exceptions.put(
          edge(DurableState.PUSH_PREPARED, trigger, DurableState.SEEDING),
          "an account that waits for its seed has no row that could be in conflict");
    }
    exceptions.put(
        edge(DurableState.SEEDING, Trigger.CHECKPOINT_AHEAD, DurableState.REBUILD_REQUIRED),
        "the checkpoint of a seed is 0, and no server is behind that");
    exceptions.put(
        stays(DurableState.REBUILD_COMMITTED, Trigger.PUSH_BEGIN),
        "what is committed is looked for in a snapshot and not pushed again, unless the app's tables"
            + " refuse the snapshot; no plan writes what the built-in app's refuse elsewhere");
    exceptions.put(
        edge(DurableState.SOURCE_RECOVERY, Trigger.DETACH, DurableState.DETACHED),
        "the rows that were frozen when the source failed wait until it is rotated");
    return exceptions;
  }

  private static String stays(DurableState state, Trigger trigger) {
    return edge(state, trigger, state);
  }

  private static String edge(DurableState from, Trigger trigger, DurableState to) {
    return from + " " + trigger + " " + to;
  }
}
