package dev.oversqlite4j.simulator.network;

import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The server at the other end of a {@link SimulatedNetwork}. Called on the client's own thread. */
@FunctionalInterface
public interface HttpHandler {

  /**
   * Answers one request.
   *
   * @param method for example {@code POST}
   * @param target path and raw query, as in the request line
   * @param headers names in lower case; a repeated header's values are joined by {@code ", "}
   * @param body the whole body, chunks put together; empty if there is none
   * @return the answer
   */
  Reply handle(String method, String target, Map<String, String> headers, byte[] body);

  /**
   * One answer.
   *
   * <p>{@code Content-Length} is added unless it is given. Giving more than the body has simulates
   * an answer that breaks off; {@code Connection: close} ends the connection after the answer.
   *
   * @param status the HTTP status code
   * @param headers sent in the order of their names, whatever the order of the map
   * @param body sent as it is
   */
  record Reply(int status, Map<String, String> headers, byte[] body) {

    /** Sorts the headers: the bytes of an answer must not depend on the map that was used. */
    public Reply {
      Map<String, String> sorted = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      sorted.putAll(headers);
      headers = sorted;
      Objects.requireNonNull(body, "body");
    }
  }
}
