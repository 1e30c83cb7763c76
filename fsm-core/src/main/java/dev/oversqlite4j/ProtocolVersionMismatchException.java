package dev.oversqlite4j;

/**
 * The server speaks another protocol version. Ends automatic downloads. Terminal: nothing may retry
 * by itself.
 */
public final class ProtocolVersionMismatchException extends OversqliteException {
  private final String expected;
  private final String actual;

  /**
   * Reports the failure.
   *
   * @param expected the version this client speaks
   * @param actual what the server announced
   */
  public ProtocolVersionMismatchException(String expected, String actual) {
    super(
        ErrorCategory.PROTOCOL,
        Recovery.TERMINAL,
        "Cannot talk to the server: it speaks protocol "
            + Redaction.identifier(actual)
            + ", this client "
            + Redaction.identifier(expected)
            + ". Upgrade the older side.",
        null);
    this.expected = expected;
    this.actual = actual;
  }

  /** The version this client speaks. */
  public String expected() {
    return expected;
  }

  /** What the server announced. */
  public String actual() {
    return actual;
  }
}
