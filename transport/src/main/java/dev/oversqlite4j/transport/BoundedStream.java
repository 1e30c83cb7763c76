package dev.oversqlite4j.transport;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Supplier;

/** Passes a bounded number of bytes and throws at the first one more. */
final class BoundedStream extends FilterInputStream {
  private final Supplier<RuntimeException> tooLarge;
  private long left;

  BoundedStream(InputStream in, long limitBytes, Supplier<RuntimeException> tooLarge) {
    super(in);
    this.left = limitBytes;
    this.tooLarge = tooLarge;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    // One more than allowed, so that a body of exactly the limit is seen to end there.
    int count = in.read(target, offset, (int) Math.min(length, left + 1));
    left -= Math.max(0, count);
    if (left < 0) {
      throw tooLarge.get();
    }
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    throw new UnsupportedOperationException("what is skipped would not be counted");
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
