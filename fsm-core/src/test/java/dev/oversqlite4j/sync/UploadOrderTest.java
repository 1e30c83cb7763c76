package dev.oversqlite4j.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.DirtyRow;
import dev.oversqlite4j.spi.RowKey;
import dev.oversqlite4j.sync.UploadOrder.Upload;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

/** Spec 3, table order; property 21. */
class UploadOrderTest {

  private static final List<String> PARENTS_FIRST = List.of("author", "book", "chapter");

  private record Row(String table, RowOperation op) {}

  @Provide
  Arbitrary<Row> rows() {
    return Combinators.combine(Arbitraries.of(PARENTS_FIRST), Arbitraries.of(RowOperation.class))
        .as(Row::new);
  }

  /** Compares every pair, and not what a sort would compare. */
  @Property(seed = "21", tries = 1000)
  void everyPairIsInOrder(@ForAll @Size(max = 12) List<@From("rows") Row> rows) {
    List<Upload> touched = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      // As if handed over from the last touched to the first: the order of the list says nothing.
      touched.add(0, upload(rows.get(i), i));
    }
    List<Upload> sorted = UploadOrder.sorted(touched, PARENTS_FIRST);
    assertEquals(rows.size(), sorted.size());
    assertEquals(new HashSet<>(touched), new HashSet<>(sorted));
    for (int first = 0; first < sorted.size(); first++) {
      for (int second = first + 1; second < sorted.size(); second++) {
        inOrder(sorted.get(first), sorted.get(second));
      }
    }
  }

  private static void inOrder(Upload first, Upload second) {
    boolean firstDeletes = first.op() == RowOperation.DELETE;
    boolean secondDeletes = second.op() == RowOperation.DELETE;
    assertTrue(!firstDeletes || secondDeletes, "an upsert follows a delete");
    if (firstDeletes != secondDeletes) {
      return;
    }
    String firstTable = first.captured().key().table();
    String secondTable = second.captured().key().table();
    if (firstTable.equals(secondTable)) {
      assertTrue(first.captured().ordinal() < second.captured().ordinal(), "touched later");
    } else {
      boolean parentFirst = PARENTS_FIRST.indexOf(firstTable) < PARENTS_FIRST.indexOf(secondTable);
      assertEquals(!firstDeletes, parentFirst, "parents go first, and are deleted last");
    }
  }

  private static Upload upload(Row row, int ordinal) {
    // What was captured may be named otherwise than what it amounts to by now.
    return new Upload(
        new DirtyRow(
            new RowKey(row.table(), "{\"id\":\"" + ordinal + "\"}"),
            RowOperation.INSERT,
            0,
            Optional.empty(),
            ordinal),
        row.op());
  }
}
