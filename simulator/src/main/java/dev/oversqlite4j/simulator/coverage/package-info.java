/**
 * What runs have reached, of what there is to reach: transitions, calls by state, faults by state,
 * and what has to happen now and then for a campaign to prove anything.
 *
 * <p>Reads files and hears of events; decides nothing and judges nobody.
 */
package dev.oversqlite4j.simulator.coverage;
