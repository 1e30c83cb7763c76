package dev.oversqlite4j.simulator.coverage;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What runs have reached. Immutable.
 *
 * @param transitions as {@code from trigger to}
 * @param cells of the operation matrix, as {@code call state}
 * @param pairs as {@code state fault}
 * @param sometimes what happened that has to happen
 */
public record Coverage(
    SortedSet<String> transitions,
    SortedSet<String> cells,
    SortedSet<String> pairs,
    SortedSet<Sometimes> sometimes) {

  /** Nothing yet. */
  public static final Coverage NONE =
      new Coverage(new TreeSet<>(), new TreeSet<>(), new TreeSet<>(), new TreeSet<>());

  public Coverage {
    transitions = copy(transitions);
    cells = copy(cells);
    pairs = copy(pairs);
    sometimes = copy(sometimes);
  }

  /** What either of them has reached. */
  public Coverage plus(Coverage other) {
    return new Coverage(
        union(transitions, other.transitions),
        union(cells, other.cells),
        union(pairs, other.pairs),
        union(sometimes, other.sometimes));
  }

  private static <T> SortedSet<T> union(SortedSet<T> one, Collection<T> other) {
    SortedSet<T> both = new TreeSet<>(one);
    both.addAll(other);
    return both;
  }

  private static <T> SortedSet<T> copy(SortedSet<T> original) {
    return Collections.unmodifiableSortedSet(new TreeSet<>(original));
  }
}
