package dev.oversqlite4j.simulator.world;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What happened in one run.
 *
 * @param operations calls and app transactions that reached the server or committed
 * @param fullOperations of these, the calls that sync: attach, push, pull, sync, rebuild, detach
 * @param crashes processes that died, of a power loss too
 * @param ackGapCrashes of these, between the server's commit and our acknowledgement
 * @param faults how often each kind of fault took effect, by its name: {@code network}, {@code
 *     server}, {@code disk}, {@code power}, {@code clock}, {@code schema} or {@code app}, a space
 *     and which one
 */
public record RunCounts(
    int devices,
    long operations,
    long fullOperations,
    long crashes,
    long ackGapCrashes,
    long seams,
    SortedMap<String, Long> faults) {

  /** Copies the map. */
  public RunCounts {
    faults = Collections.unmodifiableSortedMap(new TreeMap<>(faults));
  }

  /** Requests and answers that did not arrive once and as they were sent. */
  public long networkFaults() {
    return ofGroup("network");
  }

  /** Errors that the server answered with, and what happened to it. */
  public long serverFaults() {
    return ofGroup("server");
  }

  /** Statements that the file system failed. */
  public long diskFaults() {
    return ofGroup("disk");
  }

  /** Processes that died because their device lost its power. */
  public long powerLosses() {
    return ofGroup("power");
  }

  /** Migrations of the app. */
  public long schemaChanges() {
    return ofGroup("schema");
  }

  private long ofGroup(String group) {
    return faults.entrySet().stream()
        .filter(fault -> fault.getKey().startsWith(group + " "))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  public RunCounts plus(RunCounts other) {
    SortedMap<String, Long> all = new TreeMap<>(faults);
    other.faults.forEach((kind, times) -> all.merge(kind, times, Long::sum));
    return new RunCounts(
        Math.min(devices, other.devices),
        operations + other.operations,
        fullOperations + other.fullOperations,
        crashes + other.crashes,
        ackGapCrashes + other.ackGapCrashes,
        seams + other.seams,
        all);
  }
}
