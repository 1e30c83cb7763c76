package dev.oversqlite4j.spi;

import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * The sync server, one method per endpoint of the protocol. Every method blocks, sends {@code
 * sourceId} as the writer identity, validates the answer (wire-protocol 7.1) and returns it typed.
 *
 * <p>What the server refuses by the contract is a {@link RefusedException} whose {@link Refusal}
 * the workflow acts on. Anything else is a public error: {@code HttpFailureException}, {@code
 * RemoteResponseDecodeException}, {@code RemoteResponseSemanticException}, {@code
 * TransientRetryExhaustedException} (the transport's own bounded retries of safely repeatable calls
 * are spent, or a call that must not be repeated failed: its outcome is unknown), {@code
 * OperationCancelledException}.
 *
 * <p>Calls that may be repeated blindly (all GETs, connect, create, deletes) are retried inside;
 * chunk and commit never are: repeat {@link #createPush} instead (wire-protocol 7.3).
 */
public interface SyncServer extends AutoCloseable {

  /** Gives limits, sleeping and jitter; called once, before any other method. */
  void configure(SyncSchema schema, SyncOptions options);

  /**
   * {@code GET sync/capabilities}.
   *
   * @throws dev.oversqlite4j.ProtocolVersionMismatchException not {@code v1}
   */
  Capabilities capabilities(String sourceId);

  /** {@code POST sync/connect}. */
  ConnectAnswer connect(String sourceId, LocalPending pending);

  /** {@code POST sync/push-sessions}. */
  PushAnswer createPush(OutboxState.Bundle bundle, Optional<String> lease);

  /**
   * {@code POST sync/push-sessions/{id}/chunks}; {@code rows} are consecutive, the first one's
   * ordinal is where the chunk starts.
   */
  void uploadChunk(String sourceId, String pushId, List<FrozenRow> rows);

  /** {@code POST sync/push-sessions/{id}/commit}. */
  CommittedBundle commitPush(OutboxState.Bundle bundle, String pushId);

  /** {@code DELETE sync/push-sessions/{id}}, best effort: every failure is swallowed. */
  void deletePush(String sourceId, String pushId);

  /**
   * {@code GET sync/committed-bundles/{seq}/rows}: all rows of a bundle in their order, batch by
   * batch as they arrive. Row count and hash are verified once this method returns; if it throws,
   * what was handed over must not be used. Waits a bounded time for a bundle that is not visible
   * yet.
   *
   * @throws RefusedException with {@link Refusal.RequestHashMismatch} if another bundle is there
   */
  void committedRows(
      OutboxState.Bundle bundle, CommittedBundle committed, Consumer<List<WireRow>> rows);

  /**
   * {@code GET sync/pull}; {@code target} is absent on the first page of a pull. The whole page is
   * checked before {@code sink} gets any of it.
   */
  PullPage pull(String sourceId, long afterBundleSeq, OptionalLong target, BundleSink sink);

  /** {@code POST sync/snapshot-sessions}. */
  SnapshotSession createSnapshot(String sourceId, Optional<SourceReplacement> replacement);

  /** {@code GET sync/snapshot-sessions/{id}}: the rows after {@code afterOrdinal}. */
  SnapshotPage snapshotPage(
      String sourceId, SnapshotSession session, Capabilities capabilities, long afterOrdinal);

  /** {@code DELETE sync/snapshot-sessions/{id}}, best effort: every failure is swallowed. */
  void deleteSnapshot(String sourceId, String snapshotId);

  /**
   * {@code GET sync/watch}: the stream of announcements after a checkpoint. Asks the server only
   * once somebody listens.
   */
  WatchStream watch(String sourceId, long afterBundleSeq);

  /**
   * Aborts calls in flight, which then end with {@code OperationCancelledException}; a {@link
   * WatchStream} is left alone. Thread-safe.
   */
  void cancel();

  /**
   * Cancels, streams too, and releases what the adapter itself opened; the app's HTTP client stays
   * usable.
   */
  @Override
  void close();

  /** What {@code connect} tells the server about rows waiting here. */
  enum LocalPending {
    SOME,
    NONE
  }

  /** Answer of connect (spec 1.3). */
  sealed interface ConnectAnswer {
    record RemoteAuthoritative() implements ConnectAnswer {}

    record InitializeLocal(String lease) implements ConnectAnswer {}

    record InitializeEmpty() implements ConnectAnswer {}

    record RetryLater(long retryAfterSeconds) implements ConnectAnswer {}
  }

  /** Answer of create. */
  sealed interface PushAnswer {
    /** A fresh session; upload every row from ordinal 0. */
    record Staging(String pushId) implements PushAnswer {}

    /** The bundle is committed already; nothing may be uploaded again. */
    record AlreadyCommitted(CommittedBundle bundle, Content content) implements PushAnswer {}

    /** What the server says of the content of a bundle it has committed already. */
    enum Content {
      /** It is what we froze: the server keeps the hash of each request. */
      CONFIRMED,
      /** Nothing; a restored or copied file may have sent something else (spec 4.4.6). */
      UNKNOWN
    }
  }

  /**
   * A bundle of ours as the server committed it. How many rows it has is not kept: the server's own
   * effects may add some, and the hash covers them all.
   */
  record CommittedBundle(long bundleSeq, String bundleHash) {}

  /**
   * One page of bundles, checked against the request.
   *
   * @param lastBundleSeq the last bundle of the page; the cursor of the request if it had none
   */
  record PullPage(long stableBundleSeq, long lastBundleSeq, boolean hasMore) {}

  /** An open stream. Used and closed by one thread, except for {@link #cancel}. */
  interface WatchStream extends AutoCloseable {
    /** Is told of announcements. */
    @FunctionalInterface
    interface Listener {
      /** What to do after an announcement. */
      enum Then {
        LISTEN,
        LEAVE
      }

      /**
       * A bundle was announced. What it says is checked and not handed on: only a pull brings data.
       */
      Then announced() throws InterruptedException;
    }

    /**
     * Waits for announcements, without a limit of time, and tells the listener of each on the
     * calling thread, until that one leaves or the server has ended the stream in good order. What
     * comes while the listener is busy waits. What it throws, this throws.
     *
     * @throws RefusedException {@link Refusal.WatchForbidden}
     */
    void listen(Listener listener) throws InterruptedException;

    /** Ends the stream, and a {@link #listen} that waits. From any thread. */
    void cancel();

    @Override
    void close();
  }

  /** Takes the bundles of a page one after the other. */
  @FunctionalInterface
  interface BundleSink {
    /**
     * Looks at the rows of each bundle of a page before the first of them is taken: what it throws
     * leaves nothing of the page (wire-protocol 7.1).
     */
    default void check(List<WireRow> rows) {}

    /**
     * The next rows of a bundle.
     *
     * @param rows at most a batch; empty only for a bundle without rows
     */
    void take(long bundleSeq, List<WireRow> rows, Part part);
  }

  /** Which rows of a bundle they are. */
  enum Part {
    /** The same bundle has more. */
    MORE_FOLLOW,
    /** The bundle ends with these. */
    LAST
  }

  /** An open snapshot session. */
  record SnapshotSession(String snapshotId, long bundleSeq, long rowCount, long byteCount) {}

  /** Consecutive snapshot rows; {@code nextOrdinal} is the cursor of the next page. */
  record SnapshotPage(List<WireRow> rows, long nextOrdinal, long byteCount, boolean hasMore) {}

  /** Asks the server to retire one source in favour of a fresh one (wire-protocol 2.10). */
  record SourceReplacement(
      String previousSourceId, String newSourceId, dev.oversqlite4j.SourceRecoveryReason reason) {}
}
