package dev.oversqlite4j.simulator.coverage;

import dev.oversqlite4j.fsm.Transition;
import dev.oversqlite4j.lifecycle.DurableState;
import dev.oversqlite4j.lifecycle.LifecycleDefinition;
import dev.oversqlite4j.lifecycle.OperationMatrix.Call;
import dev.oversqlite4j.lifecycle.Trigger;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.seam.Seam;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What there is to reach, and what campaigns do not reach for a reason. */
public final class Reachable {

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
    }
    return names;
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
    return exceptions;
  }
}
