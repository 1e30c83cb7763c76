package dev.oversqlite4j.simulator;

/**
 * Says what an app writes into the rows of one table where {@code NOT NULL}, {@code UNIQUE} and
 * foreign keys do not say enough, such as for a {@code CHECK}. It must depend on the draft alone.
 */
@FunctionalInterface
public interface RowGenerator {

  /** Sets columns of the row; those that it does not set are drawn from their declaration. */
  void fill(RowDraft row);
}
