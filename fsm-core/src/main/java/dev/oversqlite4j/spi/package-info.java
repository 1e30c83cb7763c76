/**
 * Ports: what the client needs from the outside, as small interfaces. Besides the production
 * implementations of time, chance, waiting and background work, which alone may touch the real
 * thing, nothing here has behaviour; no SQL and no HTTP.
 */
package dev.oversqlite4j.spi;
