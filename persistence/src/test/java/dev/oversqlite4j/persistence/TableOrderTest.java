package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Spec 3, table order, judged by who is whose ancestor and not by how Kahn finds out. */
class TableOrderTest {

  private static String table(int number) {
    // Registered in an order that is not the alphabet's; table 7 is not registered.
    return List.of("m", "c", "z", "a", "q", "b", "k", "elsewhere").get(number);
  }

  @Property(seed = "3", tries = 1000)
  void parentsComeFirstAndTiesAreByRegistration(
      @ForAll @IntRange(max = 7) int count,
      @ForAll @Size(max = 10) List<@IntRange(max = 55) Integer> references) {
    Map<String, Set<String>> parents = new LinkedHashMap<>();
    for (int table = 0; table < count; table++) {
      parents.put(table(table), new HashSet<>());
    }
    for (int pair : references) {
      int from = pair / 8;
      int to = pair % 8;
      if (from < count) {
        parents.get(table(from)).add(table(to));
      }
    }
    List<String> registered = List.copyOf(parents.keySet());
    List<String> order = TableOrder.parentsFirst(parents);

    assertEquals(new HashSet<>(registered), new HashSet<>(order));
    assertEquals(count, order.size());
    Map<String, Set<String>> ancestors = ancestors(parents);
    List<String> last = new ArrayList<>(registered);
    last.removeIf(table -> !inOrBelowACircle(table, ancestors));
    assertEquals(last, order.subList(count - last.size(), count), "circles, as registered");
    for (int place = 0; place < count - last.size(); place++) {
      Set<String> before = new HashSet<>(order.subList(0, place));
      String table = order.get(place);
      assertTrue(before.containsAll(ancestors.get(table)), "a parent comes later");
      for (String earlier : registered.subList(0, registered.indexOf(table))) {
        assertTrue(
            before.contains(earlier) || !before.containsAll(ancestors.get(earlier)),
            "a table that was registered earlier could have gone first");
      }
    }
  }

  /** All tables a table refers to, over any number of steps; its own row does not count. */
  private static Map<String, Set<String>> ancestors(Map<String, Set<String>> parents) {
    Map<String, Set<String>> ancestors = new LinkedHashMap<>();
    parents.forEach(
        (table, referred) -> {
          Set<String> managed = new HashSet<>(referred);
          managed.retainAll(parents.keySet());
          managed.remove(table);
          ancestors.put(table, managed);
        });
    for (int step = 0; step < parents.size(); step++) {
      for (Set<String> known : ancestors.values()) {
        Set.copyOf(known).forEach(table -> known.addAll(ancestors.get(table)));
      }
    }
    return ancestors;
  }

  private static boolean inOrBelowACircle(String table, Map<String, Set<String>> ancestors) {
    return ancestors.get(table).contains(table)
        || ancestors.get(table).stream().anyMatch(above -> ancestors.get(above).contains(above));
  }

  @Test
  void theMapHandedInIsLeftAlone() {
    Set<String> referred = new HashSet<>(Set.of("author", "elsewhere"));
    Map<String, Set<String>> parents = new LinkedHashMap<>();
    parents.put("book", referred);
    parents.put("author", new HashSet<>());
    assertEquals(List.of("author", "book"), TableOrder.parentsFirst(parents));
    assertEquals(Set.of("author", "elsewhere"), referred);
  }
}
