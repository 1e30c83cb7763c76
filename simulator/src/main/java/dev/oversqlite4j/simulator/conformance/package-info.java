/**
 * A black-box check of any server of the protocol, rule by rule. Speaks HTTP only: nothing of the
 * model server, the client or its modules is used here, so that it can judge them all.
 */
package dev.oversqlite4j.simulator.conformance;
