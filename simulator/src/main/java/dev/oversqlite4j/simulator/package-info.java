/**
 * The test kit for apps: {@link dev.oversqlite4j.simulator.Simulator} runs a schema, a resolver and
 * invariants of your own through interrupted syncs; {@link
 * dev.oversqlite4j.simulator.MachineSimulator} crashes every step of a machine of your own. Start
 * with {@code simulator/README.md}.
 */
package dev.oversqlite4j.simulator;
