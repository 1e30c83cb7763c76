package dev.oversqlite4j.simulator.report;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The properties of section 10 of the client's specification, a sentence each. */
final class Properties {

  private static final Map<Integer, String> SENTENCES = read("properties.txt");
  private static final Map<Integer, String> TESTS = read("checked-by-tests.txt");

  private Properties() {}

  /** What has to hold; empty if there is no property of this number. */
  static Optional<String> sentence(int number) {
    return Optional.ofNullable(SENTENCES.get(number));
  }

  /** All of them. */
  static Set<Integer> numbers() {
    return SENTENCES.keySet();
  }

  /** The tests that check what the oracle does not; empty if it does. */
  static Optional<String> tests(int number) {
    return Optional.ofNullable(TESTS.get(number));
  }

  private static Map<Integer, String> read(String resource) {
    Map<Integer, String> sentences = new LinkedHashMap<>();
    for (String line : Page.resource(resource).lines().toList()) {
      int space = line.indexOf(' ');
      sentences.put(Integer.valueOf(line.substring(0, space)), line.substring(space + 1));
    }
    return sentences;
  }
}
