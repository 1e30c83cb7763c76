package dev.oversqlite4j;

import java.util.List;

/**
 * Client and server do not register the same tables with the same key columns. Ends automatic
 * downloads. Terminal: nothing may retry by itself.
 */
public final class SyncTableContractMismatchException extends OversqliteException {
  private final List<String> serverOnly;
  private final List<String> clientOnly;
  private final List<String> keyMismatches;

  /**
   * Reports the failure.
   *
   * @param serverOnly tables only the server registers
   * @param clientOnly tables only this client registers
   * @param keyMismatches tables whose key columns differ
   */
  public SyncTableContractMismatchException(
      List<String> serverOnly, List<String> clientOnly, List<String> keyMismatches) {
    super(
        ErrorCategory.PROTOCOL,
        Recovery.TERMINAL,
        "Cannot sync: client and server register different tables. Only on the server: "
            + Redaction.identifiers(serverOnly)
            + "; only here: "
            + Redaction.identifiers(clientOnly)
            + "; other key column: "
            + Redaction.identifiers(keyMismatches)
            + ". Change the SyncSchema or the server's registration.",
        null);
    this.serverOnly = List.copyOf(serverOnly);
    this.clientOnly = List.copyOf(clientOnly);
    this.keyMismatches = List.copyOf(keyMismatches);
  }

  /** Tables only the server registers. */
  public List<String> serverOnly() {
    return serverOnly;
  }

  /** Tables only this client registers. */
  public List<String> clientOnly() {
    return clientOnly;
  }

  /** Tables whose key columns differ. */
  public List<String> keyMismatches() {
    return keyMismatches;
  }
}
