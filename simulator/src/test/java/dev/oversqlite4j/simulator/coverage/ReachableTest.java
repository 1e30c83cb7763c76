package dev.oversqlite4j.simulator.coverage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ReachableTest {

  @Test
  void whatIsExceptedIsDeclaredAndHasAReason() {
    Set<String> declared = new HashSet<>(Reachable.transitions());
    declared.addAll(Reachable.cells());

    Reachable.exceptions()
        .forEach(
            (name, reason) -> {
              assertTrue(declared.contains(name), name);
              assertFalse(reason.isBlank(), name);
            });
  }

  @Test
  void nothingIsNamedTwice() {
    for (List<String> names :
        List.of(Reachable.transitions(), Reachable.cells(), Reachable.pairs())) {
      assertEquals(names.size(), new TreeSet<>(names).size());
    }
  }
}
