package dev.oversqlite4j.sync;

import static dev.oversqlite4j.RowOperation.DELETE;
import static dev.oversqlite4j.RowOperation.INSERT;
import static dev.oversqlite4j.RowOperation.UPDATE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.RowKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Spec 5.1. Payloads are equivalent here if they differ in case only, so that equal is not it. */
class ReplayDecisionTest {

  private static final RowKey KEY = new RowKey("t", "{\"id\":\"k\"}");
  private static final String UPLOADED = "Ada";
  private static final String EQUIVALENT = "ADA";
  private static final String ANOTHER = "Ada newer";

  private record Inputs(RowOperation uploaded, Optional<DirtyRow> dirty, Optional<String> live) {

    ReplayDecision decide() {
      Optional<String> payload = uploaded == DELETE ? Optional.empty() : Optional.of(UPLOADED);
      FrozenRow frozen = new FrozenRow(0, KEY, KEY.keyJson(), uploaded, 0, payload, payload);
      return ReplayDecision.decide(frozen, dirty, live, String::equalsIgnoreCase);
    }

    boolean dirtyMatches() {
      return dirty
          .filter(d -> d.op() == uploaded)
          .filter(d -> d.payload().map(p -> !p.equals(ANOTHER)).orElse(uploaded == DELETE))
          .isPresent();
    }

    boolean liveMatches() {
      return uploaded == DELETE ? live.isEmpty() : live.isPresent() && !live.get().equals(ANOTHER);
    }
  }

  /** A line of the table, in the order in which the first match counts. */
  private static Optional<RowOperation> table(Inputs in) {
    if (in.uploaded() == DELETE) {
      return in.live().isPresent() ? Optional.of(INSERT) : Optional.empty();
    }
    if (in.live().isEmpty()) {
      return Optional.of(DELETE);
    }
    if (in.dirty().isPresent() && !in.dirtyMatches()) {
      return Optional.of(UPDATE);
    }
    return in.liveMatches() ? Optional.empty() : Optional.of(UPDATE);
  }

  static Stream<Inputs> all() {
    List<Optional<DirtyRow>> dirty = new ArrayList<>();
    dirty.add(Optional.empty());
    dirty.add(dirty(DELETE, null));
    for (RowOperation op : List.of(INSERT, UPDATE)) {
      for (String payload : List.of(UPLOADED, EQUIVALENT, ANOTHER)) {
        dirty.add(dirty(op, payload));
      }
    }
    List<Optional<String>> live =
        List.of(
            Optional.empty(), Optional.of(UPLOADED), Optional.of(EQUIVALENT), Optional.of(ANOTHER));
    return Stream.of(RowOperation.values())
        .flatMap(op -> dirty.stream().flatMap(d -> live.stream().map(l -> new Inputs(op, d, l))));
  }

  @ParameterizedTest
  @MethodSource("all")
  void everyCombinationIsTheTables(Inputs in) {
    ReplayDecision expected =
        table(in)
            .<ReplayDecision>map(op -> new ReplayDecision.Preserve(op, in.live()))
            .orElseGet(ReplayDecision.Accept::new);
    assertEquals(expected, in.decide());
  }

  private static Optional<DirtyRow> dirty(RowOperation op, String payload) {
    return Optional.of(new DirtyRow(KEY, op, 1, Optional.ofNullable(payload), 1));
  }

  private static ReplayDecision replay(
      RowOperation uploaded, Optional<DirtyRow> dirty, String live) {
    return new Inputs(uploaded, dirty, Optional.ofNullable(live)).decide();
  }

  private static ReplayDecision preserve(RowOperation op, String live) {
    return new ReplayDecision.Preserve(op, Optional.ofNullable(live));
  }

  @Test
  void theExamplesOfTheSpecification() {
    assertEquals(
        preserve(UPDATE, ANOTHER),
        replay(INSERT, dirty(UPDATE, ANOTHER), ANOTHER),
        "inserted, edited in flight");
    assertEquals(
        preserve(DELETE, null), replay(UPDATE, dirty(DELETE, null), null), "updated, then deleted");
    assertEquals(
        preserve(INSERT, ANOTHER),
        replay(DELETE, dirty(INSERT, ANOTHER), ANOTHER),
        "deleted, then created again");
    assertEquals(
        preserve(DELETE, null),
        replay(INSERT, dirty(DELETE, null), null),
        "inserted, then deleted");
    assertEquals(
        preserve(UPDATE, UPLOADED),
        replay(INSERT, dirty(UPDATE, UPLOADED), UPLOADED),
        "two edits that cancel out: sent once more");
    assertEquals(
        new ReplayDecision.Accept(),
        replay(UPDATE, Optional.empty(), UPLOADED),
        "nothing happened");
  }
}
