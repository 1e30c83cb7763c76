/**
 * Real crashes: child processes with real files and real sockets, killed by the operating system at
 * moments nobody chose, and what must hold afterwards.
 *
 * <p>Nothing here is deterministic except what the workers write; a simulated crash belongs in
 * {@code world}.
 */
package dev.oversqlite4j.simulator.field;
