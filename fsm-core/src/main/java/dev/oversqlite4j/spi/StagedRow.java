package dev.oversqlite4j.spi;

/**
 * One snapshot row, validated, in the form the stage stores it.
 *
 * @param ordinal 1-based position in the snapshot
 * @param wirePayload the wire payload as JSON text
 */
public record StagedRow(long ordinal, RowKey key, long rowVersion, String wirePayload) {
  @Override
  public String toString() {
    return "StagedRow[" + ordinal + " " + key + "]";
  }
}
