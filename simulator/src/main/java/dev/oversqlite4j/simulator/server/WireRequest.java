package dev.oversqlite4j.simulator.server;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One HTTP request as the model server sees it.
 *
 * @param method upper-case HTTP method
 * @param path percent-encoded path as on the request line, without query, starting with {@code
 *     /sync/}
 * @param query decoded query parameters
 * @param headers header values by lower-case name
 * @param body body bytes, empty when there is none; not copied
 */
public record WireRequest(
    String method,
    String path,
    Map<String, String> query,
    Map<String, String> headers,
    byte[] body) {

  public WireRequest {
    query = Collections.unmodifiableMap(new LinkedHashMap<>(query));
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
  }

  /**
   * Splits a raw request target into path and query, and lower-cases header names.
   *
   * @param target percent-encoded path with optional {@code ?query}
   * @throws IllegalArgumentException if the query holds a malformed percent escape
   */
  public static WireRequest of(
      String method, String target, Map<String, String> headers, byte[] body) {
    int mark = target.indexOf('?');
    Map<String, String> query = new LinkedHashMap<>();
    if (mark >= 0) {
      for (String pair : target.substring(mark + 1).split("&")) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        if (!name.isEmpty()) {
          // The first of several equal names counts, as in the reference server's query reader.
          query.putIfAbsent(
              URLDecoder.decode(name, StandardCharsets.UTF_8),
              URLDecoder.decode(value, StandardCharsets.UTF_8));
        }
      }
    }
    Map<String, String> lower = new LinkedHashMap<>();
    headers.forEach((name, value) -> lower.putIfAbsent(name.toLowerCase(Locale.ROOT), value));
    return new WireRequest(
        method, mark < 0 ? target : target.substring(0, mark), query, lower, body);
  }
}
