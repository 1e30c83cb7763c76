/**
 * Plans: what the devices of a simulated run do, and what goes wrong meanwhile. Values only, with
 * their JSON form, a generator, a shrinker and the hand-written scenarios.
 *
 * <p>A plan says nothing about how it is carried out: no database, no network, no clock and no
 * knowledge of the client lives here.
 */
package dev.oversqlite4j.simulator.plan;
