/**
 * The ports: what the workflows need from the database, the server and the machine they run on.
 *
 * <p>Here live interfaces of a few methods each and the values that cross them. No SQL, no HTTP, no
 * decision of the sync protocol; a value that is only meaningful to one adapter does not belong
 * here.
 */
package dev.oversqlite4j.spi;
