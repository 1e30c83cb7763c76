package dev.oversqlite4j.persistence;

import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.spi.Capabilities;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.SyncServer;
import dev.oversqlite4j.spi.WireRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A server of one account that commits whatever it gets as it is, as long as it accepts bundles.
 */
final class EchoServer implements SyncServer {

  private static final String LEASE = "00000000-0000-4000-8000-00000000001e";

  private final Set<Capabilities.RegisteredTable> tables = new LinkedHashSet<>();
  private final String schema;
  private final Map<Long, List<WireRow>> log = new LinkedHashMap<>();
  private final List<FrozenRow> uploading = new ArrayList<>();
  private final Map<String, String> rows = new TreeMap<>();
  private int calls;
  private int creates;
  private int accepts;

  EchoServer(String schema) {
    this.schema = schema;
  }

  /** Takes no more than this many bundles from now on. */
  void accepts(int bundles) {
    accepts = bundles;
  }

  /** Every request there was. */
  int calls() {
    return calls;
  }

  /** How many bundles somebody asked to upload. */
  int creates() {
    return creates;
  }

  /** Live rows: table and key, payload. */
  Map<String, String> rows() {
    return rows;
  }

  void register(String table, String keyColumn) {
    tables.add(new Capabilities.RegisteredTable(schema, table, keyColumn));
  }

  @Override
  public void configure(SyncSchema configured, SyncOptions options) {}

  @Override
  public Capabilities capabilities(String sourceId) {
    calls++;
    return new Capabilities(
        tables,
        Set.of(Capabilities.CONNECT_LIFECYCLE),
        new Capabilities.SnapshotLimits(1000, 1 << 20));
  }

  @Override
  public ConnectAnswer connect(String sourceId, LocalPending pending) {
    calls++;
    return pending == LocalPending.SOME
        ? new ConnectAnswer.InitializeLocal(LEASE)
        : new ConnectAnswer.InitializeEmpty();
  }

  @Override
  public PushAnswer createPush(OutboxState.Bundle bundle, Optional<String> lease) {
    calls++;
    creates++;
    if (accepts == 0) {
      throw new TransientRetryExhaustedException(SyncOperation.CREATE_PUSH_SESSION, 1);
    }
    uploading.clear();
    return new PushAnswer.Staging("push");
  }

  @Override
  public void uploadChunk(String sourceId, String pushId, List<FrozenRow> chunk) {
    calls++;
    uploading.addAll(chunk);
  }

  @Override
  public CommittedBundle commitPush(OutboxState.Bundle bundle, String pushId) {
    calls++;
    accepts--;
    return committed(uploading);
  }

  CommittedBundle committed(List<FrozenRow> uploaded) {
    long seq = log.size() + 1L;
    List<WireRow> committed = new ArrayList<>();
    for (FrozenRow row : uploaded) {
      committed.add(
          new WireRow(
              schema,
              row.key().table(),
              JsonText.object(row.wireKeyJson()).orElseThrow(),
              row.op(),
              seq,
              row.wirePayload().map(payload -> JsonText.object(payload).orElseThrow())));
      String key = row.key().table() + " " + row.wireKeyJson();
      row.wirePayload().ifPresentOrElse(payload -> rows.put(key, payload), () -> rows.remove(key));
    }
    log.put(seq, committed);
    return new CommittedBundle(seq, "hash");
  }

  @Override
  public void deletePush(String sourceId, String pushId) {
    calls++;
  }

  @Override
  public void committedRows(
      OutboxState.Bundle bundle, CommittedBundle committed, Consumer<List<WireRow>> rows) {
    calls++;
    rows.accept(log.get(committed.bundleSeq()));
  }

  @Override
  public PullPage pull(String sourceId, long afterBundleSeq, OptionalLong target, BundleSink sink) {
    calls++;
    return new PullPage(log.size(), log.size(), false);
  }

  @Override
  public SnapshotSession createSnapshot(String sourceId, Optional<SourceReplacement> replacement) {
    throw new UnsupportedOperationException("this account is only ever seeded from here");
  }

  @Override
  public SnapshotPage snapshotPage(
      String sourceId, SnapshotSession session, Capabilities capabilities, long afterOrdinal) {
    throw new UnsupportedOperationException("this account is only ever seeded from here");
  }

  @Override
  public void deleteSnapshot(String sourceId, String snapshotId) {
    calls++;
  }

  @Override
  public WatchStream watch(String sourceId, long afterBundleSeq) {
    throw new UnsupportedOperationException("nothing is announced here");
  }

  @Override
  public void cancel() {}

  @Override
  public void close() {}
}
