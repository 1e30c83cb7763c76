package dev.oversqlite4j.simulator.world;

/**
 * What happened in one run.
 *
 * @param operations calls and app transactions that reached the server or committed
 * @param crashes processes that died
 * @param ackGapCrashes of these, between the server's commit and our acknowledgement
 * @param networkFaults requests or answers that were lost
 */
public record RunCounts(
    int devices,
    long operations,
    long crashes,
    long ackGapCrashes,
    long networkFaults,
    long seams) {

  public RunCounts plus(RunCounts other) {
    return new RunCounts(
        Math.min(devices, other.devices),
        operations + other.operations,
        crashes + other.crashes,
        ackGapCrashes + other.ackGapCrashes,
        networkFaults + other.networkFaults,
        seams + other.seams);
  }
}
