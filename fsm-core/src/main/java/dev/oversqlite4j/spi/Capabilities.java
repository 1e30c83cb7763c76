package dev.oversqlite4j.spi;

import java.util.Set;

/**
 * What the server says of itself, as far as the workflows act on it.
 *
 * @param tables the registered tables with their key columns
 * @param features the names of the features that are on
 * @param snapshotLimits negotiated with the client's own limits by the transport
 */
public record Capabilities(
    Set<RegisteredTable> tables, Set<String> features, SnapshotLimits snapshotLimits) {

  /** The feature without which {@code attach} cannot work. */
  public static final String CONNECT_LIFECYCLE = "connect_lifecycle";

  /** The feature with which {@code watch} works. */
  public static final String BUNDLE_CHANGE_WATCH = "bundle_change_watch";

  /** A table the server syncs. */
  public record RegisteredTable(String schema, String table, String keyColumn) {}

  /** Effective page limits of a snapshot download: the smaller of both sides. */
  public record SnapshotLimits(int chunkRows, long chunkBytes) {}
}
