package dev.oversqlite4j.transport;

import dev.oversqlite4j.InvalidSourceIdException;

/** The characters a source id may have, sent or read: visible ASCII (wire-protocol 1). */
final class SourceIds {
  private SourceIds() {}

  static boolean isValid(String sourceId) {
    return !sourceId.isEmpty() && sourceId.chars().allMatch(c -> c >= '!' && c <= '~');
  }

  static String requireValid(String sourceId) {
    if (!isValid(sourceId)) {
      throw new InvalidSourceIdException();
    }
    return sourceId;
  }
}
