/**
 * The journaled state machine engine: declarations of machines, the step that moves one inside an
 * open transaction, and the port of the journal it writes. Usable for an app's own machines.
 *
 * <p>Knows stateless4j and no SQL; what a transaction is, the journal says. Nothing of the sync
 * lifecycle lives here.
 */
package dev.oversqlite4j.fsm;
