/**
 * The simulated world: devices with real SQLite files and the real client, a model server, virtual
 * time, and the baton that lets exactly one actor run.
 *
 * <p>Here plans are interpreted. What must hold is decided in {@code oracle}; where a process can
 * be interrupted in {@code seam}, {@code disk} and {@code network}.
 */
package dev.oversqlite4j.simulator.world;
