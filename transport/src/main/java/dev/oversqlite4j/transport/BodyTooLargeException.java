package dev.oversqlite4j.transport;

import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.SyncOperation;

/**
 * A page is longer than its bound, which a request for fewer items may get below. Internal: where
 * that does not help it becomes a {@link RemoteResponseDecodeException}.
 */
final class BodyTooLargeException extends RuntimeException {
  private final transient SyncOperation op;

  BodyTooLargeException(SyncOperation op) {
    super("answer too long", null, false, false);
    this.op = op;
  }

  RemoteResponseDecodeException asDecodeFailure() {
    return new RemoteResponseDecodeException(op);
  }
}
