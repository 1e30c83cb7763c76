package dev.oversqlite4j.simulator.server;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One HTTP response of the model server.
 *
 * @param status HTTP status code
 * @param headers header values by canonical name, for example {@code Content-Type}
 * @param body body bytes, empty for 204; not copied
 */
public record WireResponse(int status, Map<String, String> headers, byte[] body) {

  public WireResponse {
    headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
  }

  /** The body read as UTF-8. */
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  static WireResponse plain(int status, String text) {
    return new WireResponse(
        status,
        Map.of("Content-Type", "text/plain; charset=utf-8"),
        (text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  static WireResponse noContent() {
    return new WireResponse(204, Map.of(), new byte[0]);
  }
}
