package dev.oversqlite4j.simulator.conformance;

/**
 * What became of one rule.
 *
 * @param rule its number: the section of the protocol and a letter
 * @param text the rule in a few words
 * @param detail what was seen instead, or why it could not be tried; empty if it holds
 */
public record Finding(String rule, String text, Verdict verdict, String detail) {

  /** How a rule did. */
  public enum Verdict {
    HOLDS,
    BROKEN,
    /** This server, or what we may do on it, gives no way to see. */
    NOT_TESTABLE,
    /** Nobody knows for certain that this is a rule, so it cannot be broken. */
    INFERRED
  }
}
