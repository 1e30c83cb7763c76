package dev.oversqlite4j.simulator.report;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The properties of section 10 of the client's specification, a sentence each. */
final class Properties {

  private static final Map<Integer, String> SENTENCES = read();

  private Properties() {}

  /** What has to hold; empty if there is no property of this number. */
  static Optional<String> sentence(int number) {
    return Optional.ofNullable(SENTENCES.get(number));
  }

  /** All of them. */
  static Set<Integer> numbers() {
    return SENTENCES.keySet();
  }

  private static Map<Integer, String> read() {
    Map<Integer, String> sentences = new LinkedHashMap<>();
    for (String line : Page.resource("properties.txt").lines().toList()) {
      int space = line.indexOf(' ');
      sentences.put(Integer.valueOf(line.substring(0, space)), line.substring(space + 1));
    }
    return sentences;
  }
}
