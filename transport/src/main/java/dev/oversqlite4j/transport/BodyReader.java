package dev.oversqlite4j.transport;

import dev.oversqlite4j.SyncOperation;
import java.io.IOException;
import java.io.InputStream;

/** Makes something of the body of a 200 while it arrives. */
interface BodyReader<T> {

  /**
   * Reads the body to its end. May be called again with the answer to a repeated request.
   *
   * @param body decompressed and bounded
   * @throws IOException the network failed, nothing else
   */
  T read(SyncOperation op, InputStream body) throws IOException;
}
