package dev.oversqlite4j.simulator.planted;

import java.util.List;
import java.util.stream.Stream;

/** All of them. */
final class PlantedBugs {

  private PlantedBugs() {}

  static List<PlantedBug> all() {
    return Stream.of(
            OpenBugs.all(),
            PushBugs.all(),
            ReplayBugs.all(),
            PullBugs.all(),
            SnapshotBugs.all(),
            LifecycleBugs.all(),
            WeaknessBugs.all(),
            WireBugs.all())
        .flatMap(List::stream)
        .toList();
  }
}
