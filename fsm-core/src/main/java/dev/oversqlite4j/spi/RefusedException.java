package dev.oversqlite4j.spi;

/**
 * The server refused a call for a reason of the contract. Internal: a workflow always turns it into
 * a transition or a public error.
 */
public final class RefusedException extends RuntimeException {
  private final transient Refusal refusal;

  public RefusedException(Refusal refusal) {
    super(refusal.getClass().getSimpleName(), null, false, false);
    this.refusal = refusal;
  }

  public Refusal refusal() {
    return refusal;
  }
}
