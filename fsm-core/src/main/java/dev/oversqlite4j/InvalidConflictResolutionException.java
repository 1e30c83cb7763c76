package dev.oversqlite4j;

import java.util.Optional;

/**
 * The resolver decided something that is not possible for this conflict, returned nothing, or
 * threw. The edits wait to be pushed again. The message says what to do first.
 */
public final class InvalidConflictResolutionException extends OversqliteException {
  private final ConflictContext context;
  private final Optional<Resolution> result;
  private final String msg;

  /**
   * Reports the failure.
   *
   * @param context the conflict; it holds row data, the message does not
   * @param result the decision, empty if there was none
   * @param msg what is wrong with it, in words of this library
   */
  public InvalidConflictResolutionException(
      ConflictContext context, Optional<Resolution> result, String msg) {
    this(context, result, msg, null);
  }

  /**
   * Reports the failure.
   *
   * @param context the conflict; it holds row data, the message does not
   * @param result the decision, empty if there was none
   * @param msg what is wrong with it, in words of this library
   * @param cause what failed underneath; its text is not repeated
   */
  public InvalidConflictResolutionException(
      ConflictContext context, Optional<Resolution> result, String msg, Throwable cause) {
    super(
        ErrorCategory.CONFLICT,
        Recovery.ACTION_NEEDED,
        "Cannot resolve the conflict in table "
            + Redaction.identifier(context.table())
            + " (local "
            + context.localOp()
            + ", server row "
            + (context.serverRowDeleted() ? "deleted" : "present")
            + "): "
            + msg
            + ". The edits are kept; correct the Resolver, then call sync().",
        cause);
    this.context = context;
    this.result = result;
    this.msg = msg;
  }

  /** The conflict; it holds row data, the message does not. */
  public ConflictContext context() {
    return context;
  }

  /** The decision, empty if there was none. */
  public Optional<Resolution> result() {
    return result;
  }

  /** What is wrong with it, in words of this library. */
  public String msg() {
    return msg;
  }
}
