package dev.oversqlite4j;

/**
 * The server refuses every replacement source that a rebuild proposed: the reserved one, and a new
 * one. Terminal: nothing may retry by itself.
 */
public final class SourceReplacementInvalidException extends OversqliteException {

  /** Reports the failure. */
  public SourceReplacementInvalidException() {
    super(
        ErrorCategory.STATE,
        Recovery.TERMINAL,
        "Cannot rebuild: the server refuses the replacement source (source_replacement_invalid). Local data is unchanged; ask whoever runs the server.",
        null);
  }
}
