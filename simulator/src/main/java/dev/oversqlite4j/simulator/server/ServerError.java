package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A request refused with an error envelope (spec 1.1). Codes are the contract, messages are not.
 */
final class ServerError extends RuntimeException {
  private final int status;
  private final ObjectNode envelope;
  private final Map<String, String> headers = new LinkedHashMap<>();

  ServerError(int status, String code, String message) {
    super(code + ": " + message);
    this.status = status;
    this.envelope = Json.object().put("error", code).put("message", message);
  }

  static ServerError invalidRequest(String message) {
    return new ServerError(400, "invalid_request", message);
  }

  String code() {
    return envelope.path("error").asText();
  }

  ServerError with(String field, String value) {
    envelope.put(field, value);
    return this;
  }

  ServerError with(String field, long value) {
    envelope.put(field, value);
    return this;
  }

  ServerError with(String field, ObjectNode value) {
    envelope.set(field, value);
    return this;
  }

  ServerError retryAfter(OptionalInt seconds) {
    seconds.ifPresent(value -> headers.put("Retry-After", Integer.toString(value)));
    return this;
  }

  WireResponse response() {
    WireResponse plain = Json.response(status, envelope);
    headers.putAll(plain.headers());
    return new WireResponse(status, headers, plain.body());
  }
}
