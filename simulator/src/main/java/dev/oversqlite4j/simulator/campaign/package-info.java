/**
 * Campaigns: many seeds on all cores, their counts, their coverage, and whether they proved
 * anything at all.
 *
 * <p>Nothing here prints, and nothing here knows how a run works inside.
 */
package dev.oversqlite4j.simulator.campaign;
