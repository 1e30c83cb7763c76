package dev.oversqlite4j.simulator.seam;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A running SHA-256 of a trace: two runs did the same exactly when their hashes are equal.
 *
 * <p>Every value is framed by a type letter and its length, and nothing depends on the default
 * charset, locale or time zone. Not thread-safe; one actor runs at a time.
 */
public final class HashTrace implements Trace {

  private final MessageDigest digest = sha256();

  /** An empty trace. */
  public HashTrace() {}

  @Override
  public void statement(int connection, String sql, List<?> binds) {
    text('S', sql);
    frame('L', binds.size());
    for (Object bind : binds) {
      bind(bind);
    }
  }

  @Override
  public void committed(String contentHash) {
    text('C', contentHash);
  }

  @Override
  public void request(byte[] bytes) {
    bytes('Q', bytes);
  }

  @Override
  public void response(byte[] bytes) {
    bytes('A', bytes);
  }

  /**
   * The hash of everything recorded so far; recording may go on afterwards.
   *
   * @return 64 lower-case hexadecimal digits
   */
  public String hex() {
    return HexFormat.of().formatHex(value());
  }

  /**
   * One hash over the traces of several actors.
   *
   * @param traces in an order that the caller keeps fixed between runs
   * @return 64 lower-case hexadecimal digits
   */
  public static String combined(List<HashTrace> traces) {
    HashTrace all = new HashTrace();
    for (HashTrace trace : traces) {
      all.bytes('H', trace.value());
    }
    return all.hex();
  }

  private byte[] value() {
    try {
      return ((MessageDigest) digest.clone()).digest();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("This Java's SHA-256 cannot be cloned.", e);
    }
  }

  // The driver stores all integer types, and booleans, as INTEGER, and both binary types as REAL.
  private void bind(Object value) {
    if (value == null) {
      frame('N', 0);
    } else if (value instanceof String s) {
      text('T', s);
    } else if (value instanceof Double || value instanceof Float) {
      number('R', Double.doubleToRawLongBits(((Number) value).doubleValue()));
    } else if (value instanceof Long
        || value instanceof Integer
        || value instanceof Short
        || value instanceof Byte) {
      number('I', ((Number) value).longValue());
    } else if (value instanceof Boolean b) {
      number('I', b ? 1 : 0);
    } else if (value instanceof byte[] b) {
      bytes('B', b);
    } else if (value instanceof java.util.Date date) {
      // Its text would depend on the default time zone.
      number('D', date.getTime());
    } else {
      text('O', value.getClass().getName());
      text('T', value.toString());
    }
  }

  private void text(char type, String value) {
    bytes(type, value.getBytes(StandardCharsets.UTF_8));
  }

  private void number(char type, long value) {
    bytes(type, ByteBuffer.allocate(Long.BYTES).putLong(value).array());
  }

  private void bytes(char type, byte[] value) {
    frame(type, value.length);
    digest.update(value);
  }

  private void frame(char type, int length) {
    digest.update((byte) type);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(length).array());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}
