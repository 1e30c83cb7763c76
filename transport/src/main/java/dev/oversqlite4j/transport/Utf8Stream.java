package dev.oversqlite4j.transport;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.MalformedInputException;

/**
 * Passes UTF-8 and throws at anything else: Jackson's byte parser lets overlong forms and encoded
 * surrogates through. No byte order mark, either.
 */
final class Utf8Stream extends FilterInputStream {
  private boolean started;

  // How many continuation bytes follow, and between which values the next one must be.
  private int expected;
  private int low;
  private int high;

  Utf8Stream(InputStream in) {
    super(in);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int count = in.read(target, offset, length);
    if (count < 0 && expected > 0) {
      throw new MalformedInputException(1);
    }
    for (int i = offset; i < offset + count; i++) {
      check(target[i] & 0xff);
    }
    return count;
  }

  /** The well-formed sequences of the Unicode standard, table 3-7. */
  private void check(int b) throws CharacterCodingException {
    if (expected > 0) {
      if (b < low || b > high) {
        throw new MalformedInputException(1);
      }
      follow(expected - 1, 0x80, 0xbf);
    } else if (b >= 0x80) {
      switch (b) {
        case 0xe0 -> follow(2, 0xa0, 0xbf);
        case 0xed -> follow(2, 0x80, 0x9f);
        case 0xf0 -> follow(3, 0x90, 0xbf);
        case 0xf4 -> follow(3, 0x80, 0x8f);
        default -> {
          boolean lead = b >= 0xc2 && b <= 0xf4;
          if (!lead || b == 0xef && !started) {
            throw new MalformedInputException(1);
          }
          follow(b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3, 0x80, 0xbf);
        }
      }
    }
    started = true;
  }

  private void follow(int count, int from, int to) {
    expected = count;
    low = from;
    high = to;
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
