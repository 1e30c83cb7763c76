/**
 * What must hold: the numbered properties of the specification, checked after every commit, crash
 * and call of a simulated device, and at the end.
 *
 * <p>Reads files and the server's log with code of its own and shares none with the client.
 */
package dev.oversqlite4j.simulator.oracle;
