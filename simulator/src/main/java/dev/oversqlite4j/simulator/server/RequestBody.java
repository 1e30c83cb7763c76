package dev.oversqlite4j.simulator.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.util.Map;

/**
 * A request object read leniently: unknown members ignored, names matched case-insensitively, null
 * and absent mean zero, but a wrong type is unparsable (spec 2).
 */
final class RequestBody {
  private final JsonNode node;

  private RequestBody(JsonNode node) {
    this.node = node;
  }

  static RequestBody parse(byte[] body) {
    try {
      JsonNode node = Json.parse(body);
      if (node == null || node.isMissingNode()) {
        throw ServerError.invalidRequest("the body is empty");
      }
      return of(node);
    } catch (IOException e) {
      throw ServerError.invalidRequest("the body is not JSON");
    }
  }

  static RequestBody of(JsonNode node) {
    if (!node.isObject() && !node.isNull()) {
      throw ServerError.invalidRequest("expected a JSON object");
    }
    return new RequestBody(node);
  }

  /** The member, or a missing node; of several spellings the last one counts. */
  JsonNode member(String name) {
    JsonNode found = MissingNode.getInstance();
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      if (member.getKey().equalsIgnoreCase(name)) {
        found = member.getValue();
      }
    }
    return found;
  }

  long int64(String name) {
    JsonNode value = member(name);
    if (value.isMissingNode() || value.isNull()) {
      return 0;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw ServerError.invalidRequest(name + " must be a 64-bit integer");
    }
    return value.longValue();
  }

  String string(String name) {
    JsonNode value = member(name);
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    if (!value.isTextual()) {
      throw ServerError.invalidRequest(name + " must be a string");
    }
    return value.textValue();
  }

  boolean bool(String name) {
    JsonNode value = member(name);
    if (value.isMissingNode() || value.isNull()) {
      return false;
    }
    if (!value.isBoolean()) {
      throw ServerError.invalidRequest(name + " must be a boolean");
    }
    return value.booleanValue();
  }
}
