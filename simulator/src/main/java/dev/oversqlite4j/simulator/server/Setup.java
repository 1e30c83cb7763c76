package dev.oversqlite4j.simulator.server;

import java.time.Instant;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What all endpoints are built from. */
record Setup(
    ServerSchema schema,
    ServerLimits limits,
    Revision revision,
    LongSupplier nowMillis,
    Supplier<String> newUuid) {

  long now() {
    return nowMillis.getAsLong();
  }

  long inSeconds(long seconds) {
    return now() + seconds * 1000;
  }

  /** RFC 3339 as Go prints it: no trailing zeros in the fraction. */
  static String rfc3339(long millis) {
    String text = Instant.ofEpochMilli(millis).toString();
    return text.indexOf('.') < 0 ? text : text.replaceFirst("0*Z$", "Z");
  }
}
