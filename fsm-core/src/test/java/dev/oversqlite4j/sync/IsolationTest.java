package dev.oversqlite4j.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Partial;
import dev.oversqlite4j.spi.Quarantine;
import dev.oversqlite4j.spi.RowKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Spec 4.4.8, against a server that judges whole bundles and rows that refer to each other. */
class IsolationTest {

  /** Row i refers to {@code refersTo[i]}, or to nothing if negative. */
  private record Rows(int[] refersTo) {

    static Rows free(int count) {
      return new Rows(IntStream.range(0, count).map(i -> -1).toArray());
    }

    List<RowKey> all() {
      return IntStream.range(0, refersTo.length).mapToObj(Rows::key).toList();
    }

    static RowKey key(int row) {
      return new RowKey("t", Integer.toString(row));
    }

    static int number(RowKey key) {
      return Integer.parseInt(key.keyJson());
    }

    /** Quarantine's part. */
    public List<RowKey> dependants(Collection<RowKey> keys) {
      Set<RowKey> found = new LinkedHashSet<>();
      boolean more = true;
      while (more) {
        more = false;
        for (int row = 0; row < refersTo.length; row++) {
          RowKey parent = key(refersTo[row]);
          if (keys.contains(parent) || found.contains(parent)) {
            more |= !keys.contains(key(row)) && found.add(key(row));
          }
        }
      }
      return List.copyOf(found);
    }
  }

  /** Lets a search run the way a push does. */
  private static final class Run {
    private final Rows rows;
    private final Predicate<List<RowKey>> accepts;
    private final LocalTransaction tx;
    private final List<List<RowKey>> sent = new ArrayList<>();
    private final Set<RowKey> committed = new HashSet<>();
    private final List<List<RowKey>> setAside = new ArrayList<>();
    private final Isolation search;

    Run(Rows rows, Predicate<List<RowKey>> accepts) {
      this.rows = rows;
      this.accepts = accepts;
      this.tx = Partial.transaction(Partial.of(Quarantine.class, rows));
      this.search = new Isolation(rows.all());
      while (!search.failed() && !search.finished()) {
        step();
      }
    }

    private void step() {
      List<RowKey> next = search.next(tx);
      assertFalse(next.isEmpty(), "a search that sends nothing never ends");
      boolean opened = search.mayOpenSession();
      if (opened) {
        sent.add(next);
        for (RowKey row : next) {
          int parent = rows.refersTo()[Rows.number(row)];
          assertTrue(
              parent < 0 || committed.contains(Rows.key(parent)) || next.contains(Rows.key(parent)),
              "a row is sent without the one it refers to");
        }
      }
      if (opened && accepts.test(next)) {
        committed.addAll(next);
        search.settled(next);
      } else {
        rejected(next);
      }
    }

    private void rejected(List<RowKey> bundle) {
      search.rejected(tx, bundle, Set.of()).ifPresent(setAside::add);
    }
  }

  private static int bound(int rows) {
    int halvings = 0;
    for (int reached = 1; reached < rows; reached *= 2) {
      halvings++;
    }
    return halvings + 2;
  }

  @Property(seed = "448", tries = 500)
  void oneRowIsSetAsideAndTheOthersAreCommittedWithinTheBound(
      @ForAll @Size(min = 1, max = 40) List<@IntRange(min = -1, max = 38) Integer> references,
      @ForAll @IntRange(max = 39) int anyRow) {
    int[] refersTo = new int[references.size()];
    for (int row = 0; row < refersTo.length; row++) {
      // Upload order: a row only refers to one before it.
      refersTo[row] = references.get(row) < row ? references.get(row) : -1;
    }
    Rows rows = new Rows(refersTo);
    RowKey poison = Rows.key(anyRow % refersTo.length);
    Run run = new Run(rows, bundle -> !bundle.contains(poison));
    assertFalse(run.search.failed());
    assertEquals(List.of(List.of(poison)), run.setAside);
    Set<RowKey> gone = new HashSet<>(rows.dependants(Set.of(poison)));
    gone.add(poison);
    Set<RowKey> expected = new HashSet<>(rows.all());
    expected.removeAll(gone);
    assertEquals(expected, run.committed);
    assertTrue(
        run.sent.size() <= bound(refersTo.length),
        () -> run.sent.size() + " sessions for " + refersTo.length + " rows");
    assertEquals(
        run.search.rejections(),
        1 + run.sent.stream().filter(bundle -> bundle.contains(poison)).count());
  }

  @Test
  void eightRowsAreHalved() {
    Run run = new Run(Rows.free(8), bundle -> !bundle.contains(Rows.key(5)));
    assertEquals(
        List.of(List.of(0, 1, 2, 3), List.of(4, 5), List.of(4), List.of(5), List.of(6, 7)),
        run.sent.stream().map(rows -> rows.stream().map(Rows::number).toList()).toList());
    assertEquals(3, run.search.rejections());
  }

  @Test
  void aServerThatCommitsNothingEmptiesNothingIntoQuarantine() {
    Run run = new Run(Rows.free(8), bundle -> false);
    assertTrue(run.search.failed());
    assertEquals(List.of(List.of(Rows.key(0))), run.setAside);
    assertEquals(
        List.of(4, 2, 1, 7), run.sent.stream().map(List::size).toList(), "the rest goes out once");
    assertFalse(run.search.finished());
  }

  @Test
  void aSecondPoisonRowFailsTheSearch() {
    Run run =
        new Run(
            Rows.free(8), bundle -> !bundle.contains(Rows.key(1)) && !bundle.contains(Rows.key(6)));
    assertTrue(run.search.failed());
    assertEquals(List.of(List.of(Rows.key(1))), run.setAside);
    assertEquals(Set.of(Rows.key(0)), run.committed);
  }

  @Test
  void rowsThatOnlyGoTogetherAreSetAsideTogether() {
    Rows circle = new Rows(new int[] {2, 0, 1});
    Run run = new Run(circle, bundle -> false);
    assertEquals(List.of(circle.all()), run.setAside);
    assertTrue(run.search.finished());
    assertFalse(run.search.failed());
    assertEquals(List.of(circle.all()), run.sent, "once more as a whole, and no part of it");
  }

  /** In a circle of tables a child may come first: then the half that can go alone is the other. */
  @Test
  void theHalfThatNeedsNothingOfTheOtherGoesAlone() {
    Run run = new Run(new Rows(new int[] {3, 2, -1, -1}), bundle -> !bundle.contains(Rows.key(1)));
    assertEquals(
        List.of(List.of(2, 3), List.of(0), List.of(1)),
        run.sent.stream().map(rows -> rows.stream().map(Rows::number).toList()).toList());
    assertEquals(List.of(List.of(Rows.key(1))), run.setAside);
  }

  /** A part of a half goes, if only the rest of it refers to the other. */
  @Test
  void whatRefersToTheOtherHalfStaysBehind() {
    Run run = new Run(new Rows(new int[] {3, -1, -1, -1}), bundle -> !bundle.contains(Rows.key(3)));
    assertEquals(
        List.of(1), run.sent.get(0).stream().map(Rows::number).toList(), "row 0 needs row 3");
    assertEquals(List.of(List.of(Rows.key(3))), run.setAside);
    assertEquals(Set.of(Rows.key(1), Rows.key(2)), run.committed);
  }

  @Property(seed = "4480", tries = 200)
  void sessionsAreCountedToTheBound(@ForAll @IntRange(min = 1, max = 300) int rows) {
    Isolation search = new Isolation(Rows.free(rows).all());
    for (int session = 0; session < bound(rows); session++) {
      assertTrue(search.mayOpenSession());
    }
    assertFalse(search.mayOpenSession());
    assertEquals(
        Optional.empty(), search.rejected(Partial.transaction(), Rows.free(rows).all(), Set.of()));
    assertTrue(search.failed());
  }

  @Test
  void aRejectionWithinTheLastSessionStillCounts() {
    Rows one = Rows.free(1);
    Isolation search = new Isolation(one.all());
    for (int session = 0; session < bound(1); session++) {
      assertTrue(search.mayOpenSession());
    }
    assertEquals(
        Optional.of(one.all()),
        search.rejected(
            Partial.transaction(Partial.of(Quarantine.class, one)), one.all(), Set.of()));
    assertFalse(search.failed());
    assertTrue(search.setAside());
  }

  /** Every suspect was committed after all, so nobody is left to blame for the other half. */
  @Test
  void aServerThatChangesItsMindFailsTheSearch() {
    Rows rows = Rows.free(4);
    List<RowKey> firstHalf = rows.all().subList(0, 2);
    List<RowKey> secondHalf = rows.all().subList(2, 4);
    Run run = new Run(rows, bundle -> !bundle.equals(firstHalf) && !bundle.equals(secondHalf));
    assertTrue(run.search.failed());
    assertEquals(List.of(), run.setAside);
    assertEquals(Set.copyOf(firstHalf), run.committed);
    // All of it, its first half, and the other half, which is not searched any more.
    assertEquals(3, run.search.rejections());
  }

  /** What an app took back meanwhile leaves nothing to send, and so nothing to search for. */
  @Test
  void aSearchWithNothingLeftIsOver() {
    Isolation search = new Isolation(Rows.free(3).all());
    assertFalse(search.finished());
    search.settled(Rows.free(3).all());
    assertTrue(search.finished());
    assertFalse(search.failed());
  }

  /** Retries after conflicts have a bound of their own. */
  @Test
  void aSessionThatEndedInAConflictIsNotCounted() {
    Isolation search = new Isolation(Rows.free(2).all());
    for (int session = 0; session < 10; session++) {
      assertTrue(search.mayOpenSession());
      search.conflictResolved();
    }
    for (int session = 0; session < 3; session++) {
      assertTrue(search.mayOpenSession());
    }
    assertFalse(search.mayOpenSession());
  }

  /** What the app wrote meanwhile is not what the server refused. */
  @Test
  void aRowThatWasWrittenAgainIsNotSetAside() {
    Rows one = Rows.free(1);
    Isolation search = new Isolation(one.all());
    assertTrue(search.mayOpenSession());
    assertEquals(
        Optional.of(List.of()),
        search.rejected(
            Partial.transaction(Partial.of(Quarantine.class, one)),
            one.all(),
            Set.copyOf(one.all())));
    assertTrue(search.finished());
    assertFalse(search.setAside());
  }
}
