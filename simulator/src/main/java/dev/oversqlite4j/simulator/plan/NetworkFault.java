package dev.oversqlite4j.simulator.plan;

/** What a network may do with a request or its answer besides losing it. */
public enum NetworkFault {
  /** The connection is refused; the server never hears of the request. */
  REFUSE,
  /** The request arrives twice, and the answer to the second one comes back. */
  RESEND,
  /** The request is answered, and a copy of it arrives that many requests later. */
  COPY,
  /** The client gives up waiting, and the request arrives that many requests later. */
  DELAY,
  /** The answer ends before that byte of its body. */
  CUT_BODY,
  /** That byte of the answer's body is one that no text in UTF-8 has. */
  CORRUPT_BODY,
  /** The answer's body never ends. */
  ENDLESS_BODY,
  /** Something between answers 200 with a page of HTML; the server never hears of the request. */
  CAPTIVE_PORTAL,
  /**
   * The answer can be read and is wrong: a value in another form than its canonical one, totals
   * that a snapshot does not have, or an announcement of what there is not. Of other answers
   * nothing.
   */
  FORGE
}
