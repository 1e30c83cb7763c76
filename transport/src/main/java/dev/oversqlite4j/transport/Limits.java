package dev.oversqlite4j.transport;

/**
 * How long answers may be, decompressed, in bytes. Bounds of pages shrink with the heap, so that an
 * endless answer cannot fill it: what is parsed takes several times what was sent.
 */
final class Limits {
  private static final long MIB = 1024L * 1024;

  /** Error and control bodies (wire-protocol 7.1). */
  static final long CONTROL = 64L * 1024;

  /** Wire-protocol 7.1. */
  static final long CAPABILITIES = 4 * MIB;

  /** A line, and an event, of a stream (wire-protocol 7.1). */
  static final int EVENT = (int) MIB;

  private Limits() {}

  /** A page; a longer one is asked for again with fewer items, until it has only one. */
  static long page(int items) {
    return page(items, Runtime.getRuntime().maxMemory());
  }

  static long page(int items, long heap) {
    return items == 1
        ? Math.min(256 * MIB, Math.max(4 * MIB, heap / 8))
        : Math.min(32 * MIB, Math.max(MIB, heap / 32));
  }
}
