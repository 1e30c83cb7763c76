package dev.oversqlite4j.spi;

/** The append-only lineage of source identities ({@code _sync_source_state}). */
public interface Sources {

  boolean exists(String sourceId);

  /** Whether nothing was ever pushed by it and nothing replaced it; true if it is unknown. */
  boolean fresh(String sourceId);

  /** Adds a source with next bundle id 1; nothing if it exists. */
  void ensure(String sourceId);

  /** The id the next bundle of {@code sourceId} gets. */
  long nextBundleId(String sourceId);

  /** Raises the next bundle id to at least {@code floor}; it never falls. */
  void raiseNextBundleId(String sourceId, long floor);

  /** Records that {@code sourceId} was replaced. */
  void markReplaced(String sourceId, String replacedBy);

  /** Lets every chain of replacements that ends elsewhere, or nowhere, end at this source (I4). */
  void endLineageAt(String sourceId);
}
