package dev.oversqlite4j.fsm;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What one transition tells the journal: a JSON object, kept forever, so it should be small and
 * hold no secret. Immutable and thread-safe.
 */
public final class Facts {

  private static final Facts NONE = new Facts(JsonNodeFactory.instance.objectNode());

  private final ObjectNode json;

  private Facts(ObjectNode json) {
    this.json = json;
  }

  /** No facts: the empty object. */
  public static Facts none() {
    return NONE;
  }

  /** The facts of a JSON object, copied. */
  public static Facts of(ObjectNode json) {
    return new Facts(json.deepCopy());
  }

  /**
   * Facts from alternating names and values: {@code Facts.of("userHash", hash, "attempt", 2)}.
   *
   * @throws IllegalArgumentException if a name is not a String, a value is neither String, Integer,
   *     Long nor Boolean, or a name comes without a value
   */
  public static Facts of(String name, Object value, Object... more) {
    if (more.length % 2 != 0) {
      throw new IllegalArgumentException("facts come in pairs of a name and a value");
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    put(json, name, value);
    for (int i = 0; i < more.length; i += 2) {
      put(json, more[i], more[i + 1]);
    }
    return new Facts(json);
  }

  /**
   * These facts and one more; an earlier value of the same name is replaced.
   *
   * @throws IllegalArgumentException if name or value is null
   */
  public Facts with(String name, String value) {
    return plus(name, value);
  }

  /** These facts and one more; an earlier value of the same name is replaced. */
  public Facts with(String name, long value) {
    return plus(name, value);
  }

  /** These facts and one more; an earlier value of the same name is replaced. */
  public Facts with(String name, boolean value) {
    return plus(name, value);
  }

  /** A copy of the JSON object. */
  public ObjectNode json() {
    return json.deepCopy();
  }

  private Facts plus(String name, Object value) {
    ObjectNode copy = json.deepCopy();
    put(copy, name, value);
    return new Facts(copy);
  }

  private static void put(ObjectNode json, Object name, Object value) {
    if (!(name instanceof String key)) {
      throw new IllegalArgumentException("the name of a fact is a String");
    }
    if (value instanceof String text) {
      json.put(key, text);
    } else if (value instanceof Long number) {
      json.put(key, number);
    } else if (value instanceof Integer number) {
      json.put(key, number.longValue());
    } else if (value instanceof Boolean flag) {
      json.put(key, flag);
    } else {
      throw new IllegalArgumentException(
          "fact '" + key + "' needs a String, an Integer, a Long or a Boolean");
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Facts facts && json.equals(facts.json);
  }

  @Override
  public int hashCode() {
    return json.hashCode();
  }

  /** Names only: values may identify a user. */
  @Override
  public String toString() {
    List<String> names = new ArrayList<>();
    json.fieldNames().forEachRemaining(names::add);
    return "Facts" + names;
  }
}
