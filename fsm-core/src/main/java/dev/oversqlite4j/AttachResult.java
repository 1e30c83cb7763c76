package dev.oversqlite4j;

import java.time.Duration;
import java.util.Optional;

/** Result of {@code attach}. */
public sealed interface AttachResult {
  /**
   * The user is attached.
   *
   * @param outcome how
   * @param status where the database stands
   * @param restore what was downloaded, if anything
   */
  record Connected(AttachOutcome outcome, SyncStatus status, Optional<RestoreSummary> restore)
      implements AttachResult {}

  /**
   * Another device is seeding the account. Not a failure: nothing changed; call again later.
   *
   * @param retryAfter how long to wait at least
   */
  record RetryLater(Duration retryAfter) implements AttachResult {}
}
