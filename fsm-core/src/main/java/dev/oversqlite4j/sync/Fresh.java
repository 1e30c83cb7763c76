package dev.oversqlite4j.sync;

import dev.oversqlite4j.spi.LocalTransaction;

/** New identities. */
final class Fresh {

  private Fresh() {}

  /** A source id that this database has never used. */
  static String sourceId(SyncContext ctx, LocalTransaction tx) {
    String candidate = ctx.options().idSource().newUuid();
    while (tx.sources().exists(candidate)) {
      candidate = ctx.options().idSource().newUuid();
    }
    return candidate;
  }
}
