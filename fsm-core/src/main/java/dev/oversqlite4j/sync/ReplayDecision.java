package dev.oversqlite4j.sync;

import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.FrozenRow;
import java.util.Optional;
import java.util.function.BiPredicate;

/**
 * What the replay of an uploaded row does to the local one (spec 5.1): accept the server's row, or
 * preserve an edit made while the bundle was in flight (W-2).
 */
sealed interface ReplayDecision {

  /** The server's row becomes the local row; no intent is left. */
  record Accept() implements ReplayDecision {}

  /** The local row stays as it is and waits to be sent on top of the committed version. */
  record Preserve(RowOperation op, Optional<String> livePayload) implements ReplayDecision {}

  /**
   * @param frozen what was uploaded
   * @param dirty intent captured since
   * @param live the app row now, in the trigger's encoding
   * @param equivalent spec 5.2
   */
  static ReplayDecision decide(
      FrozenRow frozen,
      Optional<DirtyRow> dirty,
      Optional<String> live,
      BiPredicate<String, String> equivalent) {
    if (frozen.op() == RowOperation.DELETE) {
      return live.isPresent() ? new Preserve(RowOperation.INSERT, live) : new Accept();
    }
    if (live.isEmpty()) {
      return new Preserve(RowOperation.DELETE, Optional.empty());
    }
    String uploaded = frozen.localPayload().orElseThrow();
    boolean sameIntent =
        dirty.isEmpty()
            || (dirty.get().op() == frozen.op()
                && dirty.get().payload().filter(p -> equivalent.test(p, uploaded)).isPresent());
    return sameIntent && equivalent.test(live.get(), uploaded)
        ? new Accept()
        : new Preserve(RowOperation.UPDATE, live);
  }
}
