/**
 * How much time the library takes beside the bare SQLite and socket work of the same task, measured
 * side by side in one run.
 */
package dev.oversqlite4j.simulator.bench;
