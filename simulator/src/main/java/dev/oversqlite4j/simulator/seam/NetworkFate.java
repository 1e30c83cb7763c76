package dev.oversqlite4j.simulator.seam;

/** What the network does with one request. */
public enum NetworkFate {
  /** The server acts and its answer arrives. */
  DELIVER,
  /** The request never reaches the server. */
  LOSE_REQUEST,
  /** The server acts; its answer never arrives. */
  LOSE_RESPONSE
}
