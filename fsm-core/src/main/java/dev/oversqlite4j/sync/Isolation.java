package dev.oversqlite4j.sync;

import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.RowKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The search for the row of a rejected bundle that the server can never accept (spec 4.4.8), by
 * halves. Known to one call only: after a crash the rows are dirty and the search starts over.
 */
final class Isolation {

  /** Rows of the rejected bundle that are neither committed nor set aside, in upload order. */
  private final Set<RowKey> waiting;

  private List<RowKey> suspects;
  private int sessionsLeft;
  private int rejections = 1;
  private boolean searching = true;
  private boolean failed;
  private boolean setAside;

  /**
   * @param rejected what the server committed nothing of, and no bundle of others explains it
   */
  Isolation(Collection<RowKey> rejected) {
    waiting = new LinkedHashSet<>(rejected);
    suspects = List.copyOf(rejected);
    int halvings = 32 - Integer.numberOfLeadingZeros(Math.max(0, rejected.size() - 1));
    sessionsLeft = halvings + 2;
  }

  boolean finished() {
    return waiting.isEmpty();
  }

  /** What to send next: half of the suspects, or all that is left once the search is over. */
  List<RowKey> next(LocalTransaction tx) {
    if (suspects.isEmpty()) {
      return List.copyOf(waiting);
    }
    return half(tx, suspects).orElse(suspects);
  }

  /** Counts an upload session; whether it is within the bound of spec 4.4.8. */
  boolean mayOpenSession() {
    sessionsLeft--;
    return sessionsLeft >= 0;
  }

  /**
   * A session that ended in a conflict said nothing of poison; retries have a bound of their own.
   */
  void conflictResolved() {
    sessionsLeft++;
  }

  /** One row was isolated already, or the bound is reached, and still the server rejects. */
  boolean failed() {
    return failed;
  }

  /** Whether there was a row to set aside. */
  boolean setAside() {
    return setAside;
  }

  /** How often the server committed nothing. */
  int rejections() {
    return rejections;
  }

  /** These are not the server's trouble; they are sent, or there was nothing to send. */
  void settled(Collection<RowKey> rows) {
    List<RowKey> left = new ArrayList<>(suspects);
    left.removeAll(rows);
    suspects = List.copyOf(left);
    waiting.removeAll(rows);
    searching &= !suspects.isEmpty();
  }

  /**
   * The server committed none of these, which are dirty again.
   *
   * @param newer what the app has written since it was frozen: it may be right, and gets its chance
   *     with the next push
   * @return the rows to set aside, if these cannot be halved any more; otherwise the search goes on
   *     unless {@link #failed()}
   */
  Optional<List<RowKey>> rejected(LocalTransaction tx, List<RowKey> rows, Set<RowKey> newer) {
    rejections++;
    if (!searching || sessionsLeft < 0) {
      failed = true;
      return Optional.empty();
    }
    suspects = List.copyOf(rows);
    if (half(tx, suspects).isPresent()) {
      return Optional.empty();
    }
    List<RowKey> dependants = tx.quarantine().dependants(rows);
    waiting.removeAll(rows);
    waiting.removeAll(dependants);
    suspects = List.of();
    searching = false;
    List<RowKey> poison = rows.stream().filter(key -> !newer.contains(key)).toList();
    setAside = !poison.isEmpty();
    return Optional.of(poison);
  }

  /**
   * About half of the rows, and only such as the server can take without the other half: upload
   * order has parents first but in cycles of tables. Empty if they only go together.
   */
  private static Optional<List<RowKey>> half(LocalTransaction tx, List<RowKey> rows) {
    int middle = (rows.size() + 1) / 2;
    List<RowKey> first = rows.subList(0, middle);
    List<RowKey> second = rows.subList(middle, rows.size());
    return without(tx, first, second).or(() -> without(tx, second, first));
  }

  private static Optional<List<RowKey>> without(
      LocalTransaction tx, List<RowKey> part, List<RowKey> other) {
    if (other.isEmpty()) {
      return Optional.empty();
    }
    List<RowKey> alone = new ArrayList<>(part);
    alone.removeAll(new LinkedHashSet<>(tx.quarantine().dependants(new LinkedHashSet<>(other))));
    return Optional.of(List.copyOf(alone)).filter(left -> !left.isEmpty());
  }
}
