package dev.oversqlite4j.transport;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Server-sent events, as far as the protocol uses them (wire-protocol 2.13), in bounded memory.
 * Lines end with LF or CRLF; comments, other fields and an event that the end cuts off are skipped.
 */
final class EventReader {

  /** An event; its name is {@code message} if the server gave none. */
  record Event(String name, byte[] data) {}

  private final InputStream in;
  private final Supplier<RuntimeException> tooLarge;
  private final int limitBytes;

  /**
   * @param limitBytes of a line, and of the lines of an event
   */
  EventReader(InputStream in, int limitBytes, Supplier<RuntimeException> tooLarge) {
    this.in = new BufferedInputStream(in);
    this.limitBytes = limitBytes;
    this.tooLarge = tooLarge;
  }

  /** Waits for the next event; empty at the end of the stream. */
  Optional<Event> next() throws IOException {
    String name = "message";
    Optional<ByteArrayOutputStream> data = Optional.empty();
    int left = limitBytes;
    while (true) {
      Optional<byte[]> read = line();
      if (read.isEmpty()) {
        return Optional.empty();
      }
      byte[] line = read.get();
      if (line.length == 0) {
        if (data.isPresent()) {
          return Optional.of(new Event(name, data.get().toByteArray()));
        }
        name = "message";
        left = limitBytes;
      } else if (line[0] != ':') {
        left -= line.length;
        if (left < 0) {
          throw tooLarge.get();
        }
        if (field(line).equals("event")) {
          name = new String(value(line), StandardCharsets.UTF_8);
        } else if (field(line).equals("data")) {
          data.ifPresent(earlier -> earlier.write('\n'));
          ByteArrayOutputStream all = data.orElseGet(ByteArrayOutputStream::new);
          all.writeBytes(value(line));
          data = Optional.of(all);
        }
      }
    }
  }

  private static String field(byte[] line) {
    return new String(line, 0, colon(line), StandardCharsets.UTF_8);
  }

  /** What follows the colon and at most one blank. */
  private static byte[] value(byte[] line) {
    int start = Math.min(line.length, colon(line) + 1);
    if (start < line.length && line[start] == ' ') {
      start++;
    }
    return Arrays.copyOfRange(line, start, line.length);
  }

  private static int colon(byte[] line) {
    int colon = 0;
    while (colon < line.length && line[colon] != ':') {
      colon++;
    }
    return colon;
  }

  /** A line without its end; empty if the stream ends before the line does. */
  private Optional<byte[]> line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0; b = in.read()) {
      if (b == '\n') {
        byte[] bytes = line.toByteArray();
        boolean cr = bytes.length > 0 && bytes[bytes.length - 1] == '\r';
        return Optional.of(cr ? Arrays.copyOf(bytes, bytes.length - 1) : bytes);
      }
      line.write(b);
      if (line.size() > limitBytes) {
        throw tooLarge.get();
      }
    }
    return Optional.empty();
  }
}
