/**
 * The network of a simulated process: an in-memory socket below the real HTTP client, and the few
 * lines of HTTP/1.1 that the other end needs.
 *
 * <p>Nothing here knows an endpoint or a message of the sync protocol.
 */
package dev.oversqlite4j.simulator.network;
