/**
 * Everything that is HTTP: paths, headers, JSON member names, validation of answers, and the
 * bounded retries of calls that may be repeated.
 *
 * <p>No decision of the sync workflow and no SQL belongs here. {@link
 * dev.oversqlite4j.transport.HttpSyncServer} reads like the list of endpoints; the classes around
 * it have one concern each: {@code Flight} and {@code Caller} one request on the wire, {@code
 * Retry} when to send it again, {@code Json} and {@code Fields} strict decoding, {@code Refusals}
 * the error codes, {@code July2026} whatever differs between revisions of the protocol.
 */
package dev.oversqlite4j.transport;
