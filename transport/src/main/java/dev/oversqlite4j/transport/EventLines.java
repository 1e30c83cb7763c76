package dev.oversqlite4j.transport;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Supplier;
import okio.Buffer;
import okio.BufferedSource;
import okio.Okio;
import okio.Source;
import okio.Timeout;

/**
 * The lines of an event stream for okhttp's parser, which bounds neither lines nor events and
 * stumbles over one that is cut off: only complete lines are handed on, each as soon as it is
 * there, ended by LF. UTF-8 only.
 */
final class EventLines implements Source {

  private final InputStream in;
  private final Timeout timeout;
  private final int limitBytes;
  private final Supplier<RuntimeException> tooLarge;
  private final Buffer line = new Buffer();
  private int leftOfEvent;

  /**
   * @param limitBytes of a line, and of the lines of an event that are no comments
   */
  EventLines(BufferedSource body, int limitBytes, Supplier<RuntimeException> tooLarge) {
    this.in = new Utf8Stream(body.inputStream());
    this.timeout = body.timeout();
    this.limitBytes = limitBytes;
    this.tooLarge = tooLarge;
    this.leftOfEvent = limitBytes;
  }

  /** The same, as okhttp wants it. */
  BufferedSource buffered() {
    return Okio.buffer((Source) this);
  }

  @Override
  public long read(Buffer sink, long byteCount) throws IOException {
    if (line.exhausted() && !readLine()) {
      return -1;
    }
    return line.read(sink, byteCount);
  }

  /** Returns whether there was one more; what the end cuts off is none. */
  private boolean readLine() throws IOException {
    for (int b = in.read(); b >= 0; b = in.read()) {
      if (b == '\n') {
        endLine();
        return true;
      }
      line.writeByte(b);
      if (line.size() > limitBytes) {
        throw tooLarge.get();
      }
    }
    line.clear();
    return false;
  }

  private void endLine() throws IOException {
    if (!line.exhausted() && line.getByte(line.size() - 1) == '\r') {
      Buffer withoutEnd = new Buffer();
      withoutEnd.write(line, line.size() - 1);
      line.clear();
      line.writeAll(withoutEnd);
    }
    if (line.exhausted()) {
      leftOfEvent = limitBytes;
    } else if (line.getByte(0) != ':') {
      leftOfEvent -= (int) line.size();
      if (leftOfEvent < 0) {
        throw tooLarge.get();
      }
    }
    line.writeByte('\n');
  }

  @Override
  public Timeout timeout() {
    return timeout;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
