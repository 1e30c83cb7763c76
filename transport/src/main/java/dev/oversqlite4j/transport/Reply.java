package dev.oversqlite4j.transport;

import dev.oversqlite4j.SyncOperation;
import java.util.OptionalLong;

/**
 * An answer of the server, read to its end.
 *
 * @param retryAfterSeconds the header of that name when it holds whole seconds above 0
 * @param body decompressed; empty for an error whose body is too long or in an unknown encoding
 */
record Reply(SyncOperation op, int status, OptionalLong retryAfterSeconds, byte[] body) {
  @Override
  public String toString() {
    return "Reply[" + op + " " + status + " " + body.length + " bytes]";
  }
}
