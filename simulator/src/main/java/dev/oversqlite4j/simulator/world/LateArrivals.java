package dev.oversqlite4j.simulator.world;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Requests that are still under way while others, of any device, overtake them. */
final class LateArrivals {

  private record Arrival(long afterRequest, Runnable delivery) {}

  private final List<Arrival> waiting = new ArrayList<>();

  /** Something arrives once the server has answered that many requests. */
  void add(long afterRequest, Runnable delivery) {
    waiting.add(new Arrival(afterRequest, delivery));
    waiting.sort(Comparator.comparingLong(Arrival::afterRequest));
  }

  /** The next one that is due, which is under way no more. */
  Optional<Runnable> next(long answered) {
    return waiting.isEmpty() || waiting.get(0).afterRequest() > answered
        ? Optional.empty()
        : Optional.of(waiting.remove(0).delivery());
  }
}
