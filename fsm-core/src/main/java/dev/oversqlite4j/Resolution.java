package dev.oversqlite4j;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** What a {@link Resolver} decides. */
public sealed interface Resolution {
  /** The server's row stays; the local edit goes to the audit of discarded intents. */
  static Resolution acceptServer() {
    return new AcceptServer();
  }

  /** The local edit is sent again, now building on the server's row. */
  static Resolution keepLocal() {
    return new KeepLocal();
  }

  /**
   * This row is stored and sent instead.
   *
   * @param merged every column of the row, by name
   */
  static Resolution keepMerged(ObjectNode merged) {
    return new KeepMerged(merged);
  }

  /** See {@link #acceptServer()}. */
  record AcceptServer() implements Resolution {}

  /** See {@link #keepLocal()}. */
  record KeepLocal() implements Resolution {}

  /**
   * See {@link #keepMerged(ObjectNode)}. The row stays out of {@link #toString()}.
   *
   * @param merged every column of the row, by name; a copy
   */
  record KeepMerged(ObjectNode merged) implements Resolution {
    public KeepMerged {
      merged = merged.deepCopy();
    }

    /** Every column of the row, by name; a copy. */
    public ObjectNode merged() {
      return merged.deepCopy();
    }

    @Override
    public String toString() {
      return "KeepMerged[" + merged.size() + " columns]";
    }
  }
}
