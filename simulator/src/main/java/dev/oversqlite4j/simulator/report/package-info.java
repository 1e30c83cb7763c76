/**
 * What happened, as pages for a browser: one for a run, one for a campaign, and the drawing of a
 * machine. A page is one file: it loads nothing, and the same run gives the same bytes.
 */
package dev.oversqlite4j.simulator.report;
