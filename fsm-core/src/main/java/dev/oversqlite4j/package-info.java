/**
 * The public API: results, errors, options, schema and resolver of the sync client. Values and
 * interfaces only; no SQL, no HTTP, no clock and no randomness may live here.
 */
package dev.oversqlite4j;
