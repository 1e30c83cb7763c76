/**
 * The lifecycle as data: states, triggers, what may happen when, and how a durable state is read
 * off the control tables.
 *
 * <p>{@link dev.oversqlite4j.lifecycle.LifecycleDefinition} and {@link
 * dev.oversqlite4j.lifecycle.OperationMatrix} are the only places that decide whether something is
 * allowed; the errors, the diagram and the matrix test come from them. What a transition does to
 * the tables lives in the workflows.
 */
package dev.oversqlite4j.lifecycle;
