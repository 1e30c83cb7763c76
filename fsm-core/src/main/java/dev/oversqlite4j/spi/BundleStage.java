package dev.oversqlite4j.spi;

import dev.oversqlite4j.RowOperation;
import java.util.List;
import java.util.Optional;

/**
 * The rows of one bundle on their way in, when they are more than one batch ({@code
 * _fsm_pull_stage}, {@code _fsm_push_stage}). Only a complete stage may be applied.
 */
public interface BundleStage {

  /** Deletes whatever is staged. */
  void clear();

  /** Adds rows; ordinals count from 0. */
  void append(long bundleSeq, List<Row> rows);

  /**
   * All rows are staged and the bundle they came from is verified.
   *
   * @param bundleHash what identifies the bundle's content, empty if the server did not say
   * @param digest over all rows as they were staged
   */
  void complete(long bundleSeq, String bundleHash, long rowCount, String digest);

  /** The complete stage of this bundle; empty if it is of another one, or not all of it. */
  Optional<Complete> complete(long bundleSeq, String bundleHash);

  /**
   * The rows after {@code afterOrdinal}, -1 for the first ones: at most {@code maxRows} and about
   * {@code maxBytes} of payload, but at least one if there is any.
   */
  List<Row> page(long bundleSeq, long afterOrdinal, int maxRows, long maxBytes);

  /** What a complete stage says of itself. */
  record Complete(long rowCount, String digest) {}

  /**
   * A checked server row.
   *
   * @param wirePayload the wire payload as JSON text; empty exactly for DELETE
   */
  record Row(
      long ordinal, RowKey key, RowOperation op, long rowVersion, Optional<String> wirePayload) {
    @Override
    public String toString() {
      return "Row[" + ordinal + " " + op + " " + key + "]";
    }
  }
}
