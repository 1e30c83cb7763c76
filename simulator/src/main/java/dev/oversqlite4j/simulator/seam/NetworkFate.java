package dev.oversqlite4j.simulator.seam;

import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** What the network does with one request. */
public sealed interface NetworkFate {

  /** The server acts and its answer arrives. */
  NetworkFate DELIVER = new Deliver();

  /** The request never reaches the server. */
  NetworkFate LOSE_REQUEST = new LoseRequest();

  /** The server acts; its answer never arrives. */
  NetworkFate LOSE_RESPONSE = new LoseResponse();

  /** See {@link #DELIVER}. */
  record Deliver() implements NetworkFate {}

  /** See {@link #LOSE_REQUEST}. */
  record LoseRequest() implements NetworkFate {}

  /** See {@link #LOSE_RESPONSE}. */
  record LoseResponse() implements NetworkFate {}

  /** The connection is refused. */
  record Refuse() implements NetworkFate {}

  /** The server acts twice, and its second answer arrives. */
  record Resend() implements NetworkFate {}

  /**
   * The server acts and its answer arrives; a copy of the request is still under way.
   *
   * @param later is given the arrival of the copy, to run when it is time
   */
  record Copy(Consumer<Runnable> later) implements NetworkFate {}

  /**
   * Nothing is heard of the request for so long that the client gives up; it is still under way.
   *
   * @param later is given its arrival, to run when it is time
   */
  record Delay(Consumer<Runnable> later) implements NetworkFate {}

  /**
   * The server acts; its answer breaks off.
   *
   * @param at the first byte of the body that is missing, modulo its length
   */
  record CutBody(int at) implements NetworkFate {}

  /**
   * The server acts; a byte of its answer arrives as one that is in no text in UTF-8.
   *
   * @param at which byte of the body, modulo its length
   */
  record CorruptBody(int at) implements NetworkFate {}

  /**
   * The server acts; its answer says something else.
   *
   * @param instead what becomes of its body
   */
  record Forge(UnaryOperator<byte[]> instead) implements NetworkFate {}

  /** The server acts; the body of its answer goes on for ever. */
  record EndlessBody() implements NetworkFate {}

  /**
   * Somebody else answers.
   *
   * @param server whether the server acts all the same
   */
  record Instead(Server server, int status, java.util.Map<String, String> headers, byte[] body)
      implements NetworkFate {

    /** What the server does about a request that somebody else answers. */
    public enum Server {
      /** It never hears of the request. */
      IDLE,
      /** It acts. */
      ACTS
    }

    /** Copies the headers. */
    public Instead {
      Objects.requireNonNull(server, "server");
      headers = java.util.Map.copyOf(headers);
    }
  }
}
