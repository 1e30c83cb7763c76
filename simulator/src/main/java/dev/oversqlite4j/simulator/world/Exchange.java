package dev.oversqlite4j.simulator.world;

import java.util.Map;

/**
 * A request as the server received it, and what it answered; the network may yet spoil the answer.
 *
 * @param target path and raw query
 * @param headers names in lower case
 */
public record Exchange(
    String method,
    String target,
    Map<String, String> headers,
    byte[] request,
    int status,
    byte[] answer) {

  /** Who wrote it. */
  public String source() {
    return headers.getOrDefault("oversync-source-id", "");
  }

  /** For whom: the bearer token. */
  public String user() {
    return headers.getOrDefault("authorization", "").replaceFirst("^Bearer ", "");
  }

  /** The path without the query. */
  public String path() {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }
}
