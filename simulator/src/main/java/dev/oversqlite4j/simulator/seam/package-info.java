/**
 * The contract between a simulated process and the world around it: where it can be interrupted,
 * what may happen to its requests, and what is recorded about it.
 *
 * <p>Only the contract lives here. No scheduling, no JDBC, no HTTP.
 */
package dev.oversqlite4j.simulator.seam;
