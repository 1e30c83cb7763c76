package dev.oversqlite4j;

/**
 * Decides conflicts between a local edit and the server's row. Called outside any transaction, on
 * the thread of the operation; calling the client from it fails with {@link
 * SyncOperationInProgressException}. It may be asked about the same conflict again after a crash,
 * so the decision should depend on the conflict alone.
 */
@FunctionalInterface
public interface Resolver {
  /**
   * Decides one conflict. Throwing, or returning null, ends the push with {@link
   * InvalidConflictResolutionException}; the edits are kept.
   *
   * @param conflict both sides
   */
  Resolution resolve(ConflictContext conflict);

  /** Always takes the server's row. */
  static Resolver serverWins() {
    return conflict -> Resolution.acceptServer();
  }

  /** Takes the local edit wherever that is possible, else the server's row. */
  static Resolver clientWins() {
    return conflict -> Resolution.keepLocal();
  }
}
