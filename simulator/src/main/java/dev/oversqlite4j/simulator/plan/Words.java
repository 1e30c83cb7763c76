package dev.oversqlite4j.simulator.plan;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The words of an enum in JSON: its constants in camel case. */
public final class Words<E extends Enum<E>> {

  private final Map<String, E> constants = new LinkedHashMap<>();

  Words(Class<E> type) {
    for (E constant : type.getEnumConstants()) {
      constants.put(word(constant), constant);
    }
  }

  Optional<E> constant(String word) {
    return Optional.ofNullable(constants.get(word));
  }

  Set<String> all() {
    return Collections.unmodifiableSet(constants.keySet());
  }

  /** The word of one constant. */
  public static String of(Enum<?> constant) {
    return word(constant);
  }

  static String word(Enum<?> constant) {
    StringBuilder word = new StringBuilder();
    boolean upper = false;
    for (char c : constant.name().toCharArray()) {
      if (c == '_') {
        upper = true;
      } else {
        word.append(upper ? c : Character.toLowerCase(c));
        upper = false;
      }
    }
    return word.toString();
  }
}
