/**
 * The command line: options in, text and exit codes out.
 *
 * <p>No simulation logic. Everything printed is the same in any locale, time zone and file
 * encoding.
 */
package dev.oversqlite4j.simulator.cli;
