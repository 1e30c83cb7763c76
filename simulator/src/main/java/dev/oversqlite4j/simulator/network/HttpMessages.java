package dev.oversqlite4j.simulator.network;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** As much of HTTP/1.1 (RFC 9112) as a well-behaved client needs at the other end. */
final class HttpMessages {

  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final Pattern UUID =
      Pattern.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private HttpMessages() {}

  /** A complete request, and how many bytes it took. */
  record Request(
      String method, String target, Map<String, String> headers, byte[] body, int length) {

    /** Method and path, without what differs between two calls of the same endpoint. */
    String label() {
      int query = target.indexOf('?');
      String path = query < 0 ? target : target.substring(0, query);
      StringBuilder label = new StringBuilder(method).append(' ');
      for (String segment : path.split("(?<=/)|(?=/)")) {
        boolean id = NUMBER.matcher(segment).matches() || UUID.matcher(segment).matches();
        label.append(id ? "*" : segment);
      }
      return label.toString();
    }
  }

  /** The request at the start of {@code bytes}, or empty if it is not complete yet. */
  static Optional<Request> parse(byte[] bytes) throws IOException {
    int headEnd = indexOf(bytes, "\r\n\r\n", 0);
    if (headEnd < 0) {
      return Optional.empty();
    }
    String[] lines = text(bytes, 0, headEnd).split("\r\n");
    String[] requestLine = lines[0].split(" ");
    if (requestLine.length != 3 || !requestLine[2].equals("HTTP/1.1")) {
      throw new ProtocolException("The simulated server expects an HTTP/1.1 request line.");
    }
    Map<String, String> headers = new TreeMap<>();
    for (String line : Arrays.asList(lines).subList(1, lines.length)) {
      int colon = line.indexOf(':');
      if (colon <= 0) {
        throw new ProtocolException("The simulated server met a header line without a name.");
      }
      headers.merge(
          line.substring(0, colon).toLowerCase(Locale.ROOT),
          line.substring(colon + 1).strip(),
          (first, second) -> first + ", " + second);
    }
    int bodyStart = headEnd + 4;
    Optional<Body> body = body(bytes, bodyStart, headers);
    return body.map(
        b -> new Request(requestLine[0], requestLine[1], headers, b.content(), b.end()));
  }

  private record Body(byte[] content, int end) {}

  private static Optional<Body> body(byte[] bytes, int start, Map<String, String> headers)
      throws IOException {
    if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
      return chunked(bytes, start);
    }
    int length = number(headers.getOrDefault("content-length", "0"), 10);
    return bytes.length - start < length
        ? Optional.empty()
        : Optional.of(new Body(Arrays.copyOfRange(bytes, start, start + length), start + length));
  }

  private static Optional<Body> chunked(byte[] bytes, int start) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    int position = start;
    while (true) {
      int lineEnd = indexOf(bytes, "\r\n", position);
      if (lineEnd < 0) {
        return Optional.empty();
      }
      String size = text(bytes, position, lineEnd).split(";", 2)[0].strip();
      int length = number(size, 16);
      int next = lineEnd + 2 + length + 2;
      if (bytes.length < next) {
        return Optional.empty();
      }
      if (length == 0) {
        return Optional.of(new Body(content.toByteArray(), next));
      }
      content.write(bytes, lineEnd + 2, length);
      position = next;
    }
  }

  /** The answer as it goes over the wire. No {@code Date}: the bytes depend on the reply alone. */
  static byte[] format(Request request, HttpHandler.Reply reply) {
    StringBuilder head = new StringBuilder("HTTP/1.1 ").append(reply.status()).append(" \r\n");
    reply.headers().forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    boolean bodiless = isBodiless(request, reply);
    if (!bodiless && !reply.headers().containsKey("content-length")) {
      head.append("Content-Length: ").append(reply.body().length).append("\r\n");
    }
    byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    if (bodiless) {
      return start;
    }
    byte[] all = Arrays.copyOf(start, start.length + reply.body().length);
    System.arraycopy(reply.body(), 0, all, start.length, reply.body().length);
    return all;
  }

  /** The start of an answer whose body has no end. */
  static byte[] endless(HttpHandler.Reply reply) {
    StringBuilder head = new StringBuilder("HTTP/1.1 ").append(reply.status()).append(" \r\n");
    head.append("Connection: close\r\n");
    return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The answer without the end of its body, and with the length of all of it. */
  static HttpHandler.Reply cut(HttpHandler.Reply reply, int at) {
    Map<String, String> headers = new TreeMap<>(reply.headers());
    headers.put("Content-Length", Integer.toString(reply.body().length));
    return new HttpHandler.Reply(reply.status(), headers, Arrays.copyOf(reply.body(), at));
  }

  /** The answer with one byte replaced by 0xff, which is in no text in UTF-8. */
  static HttpHandler.Reply corrupted(HttpHandler.Reply reply, int at) {
    byte[] body = reply.body().clone();
    body[at] = (byte) 0xff;
    return new HttpHandler.Reply(reply.status(), reply.headers(), body);
  }

  /** Whether the connection ends with this answer. */
  static boolean closes(Request request, HttpHandler.Reply reply) {
    String length = reply.headers().get("content-length");
    boolean breaksOff =
        length != null
            && !isBodiless(request, reply)
            && !length.equals(Integer.toString(reply.body().length));
    return breaksOff
        || "close".equalsIgnoreCase(reply.headers().get("connection"))
        || "close".equalsIgnoreCase(request.headers().get("connection"));
  }

  private static boolean isBodiless(Request request, HttpHandler.Reply reply) {
    return request.method().equals("HEAD") || reply.status() == 204 || reply.status() == 304;
  }

  private static int number(String digits, int radix) throws ProtocolException {
    try {
      return Integer.parseUnsignedInt(digits, radix);
    } catch (NumberFormatException e) {
      throw new ProtocolException("The simulated server cannot read the length of a body.");
    }
  }

  private static int indexOf(byte[] bytes, String sought, int from) {
    for (int i = from; i <= bytes.length - sought.length(); i++) {
      int matched = 0;
      while (matched < sought.length() && bytes[i + matched] == sought.charAt(matched)) {
        matched++;
      }
      if (matched == sought.length()) {
        return i;
      }
    }
    return -1;
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }
}
