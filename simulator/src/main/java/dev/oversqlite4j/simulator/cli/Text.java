package dev.oversqlite4j.simulator.cli;

/** Text for narrow screens. */
final class Text {

  private Text() {}

  /** The text, or its beginning with an ellipsis. */
  static String shortened(String text, int max) {
    if (text.length() <= max) {
      return text;
    }
    // Half a surrogate pair is not a character.
    int end = Character.isHighSurrogate(text.charAt(max - 2)) ? max - 2 : max - 1;
    return text.substring(0, end) + "…";
  }
}
