/**
 * The disk of a simulated process: a real SQLite file behind a JDBC seam, deterministic SQL
 * functions, images of the file at a crash point, and its logical content.
 *
 * <p>Nothing here knows what the tables mean. No plans, no oracles.
 */
package dev.oversqlite4j.simulator.disk;
