/**
 * Simulations as JUnit tests. Needs {@code junit-jupiter-api}, which whoever writes such tests has;
 * nothing else of the simulator does.
 */
package dev.oversqlite4j.simulator.junit;
