package dev.oversqlite4j.persistence;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Parents before children, by Kahn's algorithm (spec 3, table order). */
final class TableOrder {

  private TableOrder() {}

  /**
   * Orders tables so that each follows the tables it refers to. Among tables that are ready the one
   * registered first goes first; tables in cycles come last, as registered. References to itself or
   * to a table that is not in the map do not count.
   *
   * @param parents the tables each table refers to, in the order of registration
   */
  static List<String> parentsFirst(Map<String, Set<String>> parents) {
    Map<String, Set<String>> waiting = new LinkedHashMap<>();
    parents.forEach(
        (table, referred) -> {
          Set<String> others = new LinkedHashSet<>(referred);
          others.retainAll(parents.keySet());
          others.remove(table);
          waiting.put(table, others);
        });
    List<String> order = new ArrayList<>();
    Optional<String> ready = firstReady(waiting);
    while (ready.isPresent()) {
      String table = ready.get();
      order.add(table);
      waiting.remove(table);
      waiting.values().forEach(others -> others.remove(table));
      ready = firstReady(waiting);
    }
    order.addAll(waiting.keySet());
    return order;
  }

  private static Optional<String> firstReady(Map<String, Set<String>> waiting) {
    return waiting.entrySet().stream()
        .filter(entry -> entry.getValue().isEmpty())
        .map(Map.Entry::getKey)
        .findFirst();
  }
}
