/**
 * The workflows: one class per operation, each readable from top to bottom as the numbered steps of
 * the specification, alternating transaction, call, transaction.
 *
 * <p>No SQL, no HTTP, no decision about what is allowed when (that is {@code lifecycle}). Pure
 * decisions about rows ({@code ReplayDecision}, {@code ConflictPlan}, {@code UploadOrder}) are
 * classes of their own, so that they can be tested exhaustively.
 */
package dev.oversqlite4j.sync;
