package dev.oversqlite4j;

import java.util.Optional;

/**
 * The server names another replacement source than the one reserved here. Source ids are never part
 * of the message. Terminal: nothing may retry by itself.
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
        "Cannot replace the source: the server names another replacement than the one reserved here. Nothing was changed. Was the file copied? local() and remote() help support.",
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
