package dev.oversqlite4j.transport;

import dev.oversqlite4j.SnapshotCapacityExhaustedException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.spi.Sleeper;
import dev.oversqlite4j.transport.Caller.Answer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLException;
import okhttp3.Request;

/**
 * When a request is sent again (spec 1.6): bounded attempts for calls that may be repeated blindly,
 * one for the others, and a bounded wait for snapshot capacity. Every wait goes through the
 * options' sleeper.
 */
final class Retry {
  private static final double TRANSIENT_JITTER_MAX = 0.2;
  private static final double CAPACITY_JITTER_MAX = 1.0;

  /** A server that asks for more patience than this is tried again after this. */
  private static final Duration RETRY_AFTER_MAX = Duration.ofSeconds(30);

  private static final BodyReader<byte[]> IN_MEMORY = (op, body) -> body.readAllBytes();

  private final Caller caller;
  private final SyncOptions options;
  private final Sleeper sleeper;

  Retry(Caller caller, SyncOptions options) {
    this.caller = caller;
    this.options = options;
    this.sleeper = options.sleeper();
  }

  /** For a request that may be repeated blindly (wire-protocol 7.3). */
  Reply repeatable(Flight flight, Request request, long limitBytes) {
    return whole(repeatable(flight, request, limitBytes, IN_MEMORY));
  }

  /** As above; the body is read while it arrives, and again if that fails. */
  <T> Answer<T> repeatable(Flight flight, Request request, long limitBytes, BodyReader<T> reader) {
    return send(flight, request, limitBytes, reader, options.transientRetryAttempts());
  }

  /**
   * For a chunk or a commit: when its outcome is unknown, only creating the session again helps.
   */
  Reply once(Flight flight, Request request, long limitBytes) {
    return whole(send(flight, request, limitBytes, IN_MEMORY, 1));
  }

  private static Reply whole(Answer<byte[]> answer) {
    Reply reply = answer.reply();
    return answer
        .value()
        .map(body -> new Reply(reply.op(), reply.status(), reply.retryAfterSeconds(), body))
        .orElse(reply);
  }

  private <T> Answer<T> send(
      Flight flight, Request request, long limitBytes, BodyReader<T> reader, int attemptsMax) {
    Duration waited = Duration.ZERO;
    int attempts = 0;
    while (true) {
      Optional<Answer<T>> answer = Optional.empty();
      Optional<IOException> failure = Optional.empty();
      try {
        answer = Optional.of(caller.send(flight, request, limitBytes, reader));
      } catch (IOException e) {
        failure = Optional.of(e);
      }
      Optional<Reply> reply = answer.map(Answer::reply);
      Optional<SnapshotCapacityExhaustedException.Code> lacking =
          reply.flatMap(Refusals::snapshotCapacity);
      if (lacking.isPresent()) {
        waited = waitForCapacity(flight, lacking.get(), reply.get(), waited);
        continue;
      }
      if (reply.isPresent() && !isTransient(request, reply.get())) {
        return answer.get();
      }
      attempts++;
      if (attempts >= attemptsMax) {
        throw failure.isPresent()
            ? new TransientRetryExhaustedException(
                flight.op(), attempts, withoutServerText(failure.get()))
            : new TransientRetryExhaustedException(flight.op(), attempts);
      }
      flight.sleep(sleeper, delay(attempts, reply));
    }
  }

  /**
   * What the platform says of connections may be logged; what a parser of HTTP or gzip says quotes
   * the server (spec 1.4), so only its type and place are kept.
   */
  static IOException withoutServerText(IOException failure) {
    if (failure instanceof SocketException
        || failure instanceof UnknownHostException
        || failure instanceof InterruptedIOException
        || failure instanceof SSLException) {
      return failure;
    }
    IOException nameless = new IOException(failure.getClass().getName());
    nameless.setStackTrace(failure.getStackTrace());
    return nameless;
  }

  /** Spec 1.6 [OURS]; a 5xx of commit says something of its own (spec 4.4.8). */
  private static boolean isTransient(Request request, Reply reply) {
    return switch (reply.status()) {
      case 429 -> true;
      case 502, 503, 504 -> reply.op() != SyncOperation.COMMIT_PUSH_SESSION;
      case 500 -> request.method().equals("GET");
      default -> false;
    };
  }

  private Duration delay(int attemptsMade, Optional<Reply> reply) {
    if (reply.isPresent() && reply.get().retryAfterSeconds().isPresent()) {
      Duration asked = Duration.ofSeconds(reply.get().retryAfterSeconds().getAsLong());
      return jittered(min(asked, RETRY_AFTER_MAX), TRANSIENT_JITTER_MAX);
    }
    Duration delay =
        doubled(
            options.transientRetryInitialDelay(),
            attemptsMade - 1,
            options.transientRetryMaxDelay());
    return jittered(delay, TRANSIENT_JITTER_MAX);
  }

  private Duration waitForCapacity(
      Flight flight,
      SnapshotCapacityExhaustedException.Code lacking,
      Reply reply,
      Duration waited) {
    Duration base =
        reply.retryAfterSeconds().isPresent()
            ? Duration.ofSeconds(reply.retryAfterSeconds().getAsLong())
            : options.snapshotCapacityRetryDelay();
    Duration delay = jittered(base, CAPACITY_JITTER_MAX);
    Duration total = waited.plus(delay);
    if (total.compareTo(options.snapshotCapacityMaxWait()) > 0) {
      throw new SnapshotCapacityExhaustedException(flight.op(), lacking, waited.toMillis());
    }
    flight.sleep(sleeper, delay);
    return total;
  }

  private Duration jittered(Duration base, double most) {
    double nanos = base.toNanos() * most * options.idSource().jitter();
    return base.plusNanos((long) nanos);
  }

  /** {@code initial} doubled {@code times} times, cut to {@code most}. */
  static Duration doubled(Duration initial, int times, Duration most) {
    Duration delay = min(initial, most);
    for (int i = 0; i < times && delay.compareTo(most) < 0; i++) {
      delay = min(delay.multipliedBy(2), most);
    }
    return delay;
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }
}
