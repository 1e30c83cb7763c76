package dev.oversqlite4j.simulator.field;

import java.util.Map;
import java.util.TreeMap;

/**
 * What a trial has seen.
 *
 * @param killedDuring how many kills by what the worker had last said it was doing
 * @param transactions how many app transactions were acknowledged, over all devices
 */
public record FieldReport(
    int kills, Map<String, Integer> killedDuring, long transactions, long bundles) {

  public FieldReport {
    killedDuring = new TreeMap<>(killedDuring);
  }

  /** How many kills hit a worker inside this call. */
  public int during(String call) {
    return killedDuring.getOrDefault(call, 0);
  }

  @Override
  public String toString() {
    return "field: "
        + kills
        + " kills "
        + killedDuring
        + ", "
        + transactions
        + " acknowledged transactions, "
        + bundles
        + " bundles, everything accounted for";
  }
}
