/**
 * Everything that is SQL: the SQLite adapter of the {@code LocalStore} port and of the journal.
 *
 * <p>Here live the inspection and validation of the app's tables, the control tables, the capture
 * triggers, the row codec, ownership, and one class per role of a transaction with its SQL beside
 * it. No decision of the sync protocol and no HTTP: a class here reads and writes what it is told
 * to, in the transaction it was given.
 */
package dev.oversqlite4j.persistence;
