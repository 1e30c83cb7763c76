package dev.oversqlite4j.fsm;

/**
 * The journal says that a machine is in a state its definition does not declare: it was written by
 * another version of the definition, or damaged.
 */
public final class UnknownStateException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String machine;
  private final String state;

  UnknownStateException(String machine, String state) {
    super(
        "Machine "
            + machine
            + " is in state '"
            + state
            + "' according to its journal, and its definition declares no such state."
            + " Open it with a definition that does.");
    this.machine = machine;
    this.state = state;
  }

  /** Key of the machine. */
  public String machine() {
    return machine;
  }

  /** The state the journal names. */
  public String state() {
    return state;
  }
}
