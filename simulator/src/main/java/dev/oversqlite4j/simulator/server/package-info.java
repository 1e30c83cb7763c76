/**
 * The model server: an in-memory implementation of the server side of the sync protocol,
 * deterministic and copyable, with knobs for what a real server does only rarely.
 *
 * <p>Lives here: protocol rules, server state, and the loopback socket that serves them. May not
 * live here: anything of the client, faults of the network (they belong in front of {@link
 * dev.oversqlite4j.simulator.server.ModelServer#handle}), clocks and random sources (they are
 * passed in).
 */
package dev.oversqlite4j.simulator.server;
