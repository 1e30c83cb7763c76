package dev.oversqlite4j.transport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.SyncOperation;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the members of one JSON object of an answer. A member that is missing, of another type or
 * out of the range of its type is a {@link RemoteResponseDecodeException}; a value that breaks a
 * rule is a {@link RemoteResponseSemanticException}.
 */
final class Fields {
  private final SyncOperation op;
  private final ObjectNode node;

  Fields(SyncOperation op, ObjectNode node) {
    this.op = op;
    this.node = node;
  }

  ObjectNode node() {
    return node;
  }

  boolean has(String name) {
    return node.has(name);
  }

  long integer(String name) {
    JsonNode value = member(name);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw decodeFailure();
    }
    return value.longValue();
  }

  /** Servers leave a zero out (wire-protocol 2). */
  long integerOrZero(String name) {
    return node.has(name) ? integer(name) : 0;
  }

  String text(String name) {
    JsonNode value = member(name);
    if (!value.isTextual()) {
      throw decodeFailure();
    }
    return value.textValue();
  }

  Optional<String> optionalText(String name) {
    return node.has(name) ? Optional.of(text(name)) : Optional.empty();
  }

  boolean flag(String name) {
    JsonNode value = member(name);
    if (!value.isBoolean()) {
      throw decodeFailure();
    }
    return value.booleanValue();
  }

  ObjectNode object(String name) {
    if (member(name) instanceof ObjectNode object) {
      return object;
    }
    throw decodeFailure();
  }

  /** Empty for an explicit null; the member has to be there. */
  Optional<ObjectNode> nullableObject(String name) {
    return member(name).isNull() ? Optional.empty() : Optional.of(object(name));
  }

  Fields fields(String name) {
    return new Fields(op, object(name));
  }

  List<Fields> list(String name) {
    List<Fields> elements = new ArrayList<>();
    for (JsonNode element : array(name)) {
      if (!(element instanceof ObjectNode object)) {
        throw decodeFailure();
      }
      elements.add(new Fields(op, object));
    }
    return elements;
  }

  List<String> texts(String name) {
    List<String> elements = new ArrayList<>();
    for (JsonNode element : array(name)) {
      if (!element.isTextual()) {
        throw decodeFailure();
      }
      elements.add(element.textValue());
    }
    return elements;
  }

  /** No member may be missing or unknown. */
  void requireMembers(Set<String> names) {
    for (String name : names) {
      member(name);
    }
    for (Iterator<String> present = node.fieldNames(); present.hasNext(); ) {
      if (!names.contains(present.next())) {
        throw decodeFailure();
      }
    }
  }

  /**
   * Checks a rule of wire-protocol 7.1.
   *
   * @param rule in words of this library; never a value of the answer
   */
  void require(boolean holds, String rule) {
    if (!holds) {
      throw new RemoteResponseSemanticException(op, rule);
    }
  }

  RemoteResponseDecodeException decodeFailure() {
    return new RemoteResponseDecodeException(op);
  }

  void requireArray(String name) {
    array(name);
  }

  private JsonNode array(String name) {
    JsonNode value = member(name);
    if (!value.isArray()) {
      throw decodeFailure();
    }
    return value;
  }

  private JsonNode member(String name) {
    JsonNode value = node.get(name);
    if (value == null) {
      throw decodeFailure();
    }
    return value;
  }
}
