/**
 * Exhaustive crash exploration: every point of a scenario, once or twice, instead of random ones.
 *
 * <p>Decides where to crash and which crashes lead to states seen before. Running a plan is {@code
 * world}'s, judging it {@code oracle}'s business.
 */
package dev.oversqlite4j.simulator.explore;
