package dev.oversqlite4j;

import java.util.Optional;

/**
 * The server has our source replaced by another one than the one reserved here, and refuses even
 * the plain snapshot with which a rebuild goes on in that case. Source ids are never part of the
 * message. Terminal: nothing may retry by itself.
 */
public final class SourceReplacementDivergedException extends OversqliteException {
  private final Optional<String> local;
  private final Optional<String> remote;

  /**
   * Reports the failure.
   *
   * @param local the replacement reserved here
   * @param remote the replacement the server names
   */
  public SourceReplacementDivergedException(Optional<String> local, Optional<String> remote) {
    super(
        ErrorCategory.STATE,
        Recovery.TERMINAL,
        "Cannot rebuild: the server has our source replaced by another one than the one reserved here, and gives a replaced source no snapshot. Nothing was changed. Was the file copied? local() and remote() help support.",
        null);
    this.local = local;
    this.remote = remote;
  }

  /** The replacement reserved here. */
  public Optional<String> local() {
    return local;
  }

  /** The replacement the server names. */
  public Optional<String> remote() {
    return remote;
  }
}
