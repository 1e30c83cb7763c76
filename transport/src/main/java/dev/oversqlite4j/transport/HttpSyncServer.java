package dev.oversqlite4j.transport;

import dev.oversqlite4j.CommittedBundleNotFoundException;
import dev.oversqlite4j.InvalidConfigurationException;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.ProtocolVersionMismatchException;
import dev.oversqlite4j.SnapshotResponseTooLargeException;
import dev.oversqlite4j.SyncOperation;
import dev.oversqlite4j.SyncOptions;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.spi.Capabilities;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.Refusal;
import dev.oversqlite4j.spi.RefusedException;
import dev.oversqlite4j.spi.SyncServer;
import dev.oversqlite4j.spi.WireRow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;

/**
 * The sync server over HTTP. It never authenticates: the app's {@link OkHttpClient} does, with an
 * interceptor or an {@code Authenticator}; its timeouts, listeners and connection pool apply too. A
 * 401 or 403 that comes through is reported and not tried again.
 *
 * <p>Requests run on the calling thread; no thread is started. {@link #cancel} and {@link #close}
 * may come from any thread. An interrupt of the calling thread ends a call as well, within a tenth
 * of a second.
 */
public final class HttpSyncServer implements SyncServer {
  private static final String PROTOCOL_VERSION = "v1";
  private static final String SOURCE_HEADER = "Oversync-Source-ID";

  /** The server refuses a larger {@code max_bundles} instead of clamping it (trap 11). */
  private static final int BUNDLES_PER_PULL_MAX = 5000;

  private static final Pattern RFC_3339 =
      Pattern.compile(
          "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2})");

  private final HttpUrl baseUrl;
  private final Caller caller;

  // What the last capabilities said; until they are fetched, the stricter one.
  private volatile ProtocolRevision revision = new July2026();

  // Written once by configure, before any other call.
  private volatile Configured configured;

  // Lowered when a page turns out to be too long, so that the next call does not try it again.
  private volatile int bundlesPerPullMax = BUNDLES_PER_PULL_MAX;

  private record Configured(SyncOptions options, RowReader rows, Retry retry) {}

  private HttpSyncServer(HttpUrl baseUrl, OkHttpClient appClient) {
    this.baseUrl = baseUrl;
    this.caller = new Caller(appClient);
  }

  /**
   * The server at a base URL. Opens nothing.
   *
   * @param baseUrl {@code http} or {@code https}, with or without path and trailing slash; {@code
   *     sync/…} is appended
   * @param appClient authenticates the requests; it stays the app's, and usable
   * @throws InvalidConfigurationException the URL cannot be used
   */
  public static HttpSyncServer at(String baseUrl, OkHttpClient appClient) {
    Objects.requireNonNull(appClient, "appClient");
    HttpUrl url = HttpUrl.parse(Objects.requireNonNull(baseUrl, "baseUrl"));
    if (url == null || url.query() != null || url.fragment() != null) {
      // The URL is not repeated: it may hold credentials.
      throw new InvalidConfigurationException(
          "baseUrl",
          Optional.empty(),
          Optional.empty(),
          "it must be an absolute http or https URL without query and fragment, such as"
              + " https://sync.example.com/api. Pass such a URL to HttpSyncServer.at.");
    }
    return new HttpSyncServer(url, appClient);
  }

  @Override
  public void configure(SyncSchema schema, SyncOptions options) {
    configured = new Configured(options, new RowReader(schema), new Retry(caller, options));
  }

  @Override
  public Capabilities capabilities(String sourceId) {
    Request request = request(sourceId, url("capabilities")).build();
    try (Flight flight = caller.begin(SyncOperation.FETCH_CAPABILITIES)) {
      Reply reply = setUp().retry().repeatable(flight, request, Limits.CAPABILITIES);
      Fields answer = success(reply, sourceId);
      String version = answer.text("protocol_version");
      if (!version.equals(PROTOCOL_VERSION)) {
        throw new ProtocolVersionMismatchException(PROTOCOL_VERSION, version);
      }
      answer.integer("schema_version");
      Fields limits = answer.fields("bundle_limits");
      ProtocolRevision spoken = ProtocolRevision.of(limits);
      Capabilities capabilities =
          new Capabilities(
              registeredTables(spoken.registeredTables(answer)),
              features(answer.fields("features")),
              spoken.snapshotLimits(limits, setUp().options()));
      revision = spoken;
      return capabilities;
    }
  }

  private static Set<Capabilities.RegisteredTable> registeredTables(List<Fields> specs) {
    Set<Capabilities.RegisteredTable> tables = new LinkedHashSet<>();
    Set<List<String>> names = new LinkedHashSet<>();
    for (Fields spec : specs) {
      String schema = spec.text("schema");
      String table = spec.text("table");
      List<String> keys = spec.texts("sync_key_columns");
      spec.require(!schema.isBlank() && !table.isBlank(), "a registered table has no name");
      spec.require(
          keys.size() == 1 && !keys.get(0).isBlank(),
          "a registered table does not have exactly one key column");
      spec.require(names.add(List.of(schema, table)), "a table is registered twice");
      tables.add(new Capabilities.RegisteredTable(schema, table, keys.get(0)));
    }
    return tables;
  }

  private static Set<String> features(Fields features) {
    Set<String> on = new TreeSet<>();
    features
        .node()
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (features.flag(name)) {
                on.add(name);
              }
            });
    return on;
  }

  @Override
  public ConnectAnswer connect(String sourceId, LocalPending pending) {
    Request request =
        request(sourceId, url("connect")).post(RequestBodies.connect(pending)).build();
    try (Flight flight = caller.begin(SyncOperation.CONNECT)) {
      Fields answer =
          success(setUp().retry().repeatable(flight, request, Limits.CONTROL), sourceId);
      String resolution = answer.text("resolution");
      if (resolution.equals("initialize_local")) {
        return new ConnectAnswer.InitializeLocal(revision.uuid(answer, "initialization_id"));
      }
      revision.requireNoLease(answer);
      return switch (resolution) {
        case "remote_authoritative" -> new ConnectAnswer.RemoteAuthoritative();
        case "initialize_empty" -> new ConnectAnswer.InitializeEmpty();
        default -> {
          answer.require(resolution.equals("retry_later"), "the resolution is unknown");
          long seconds = answer.integer("retry_after_seconds");
          answer.require(seconds > 0, "retry_after_seconds is not above 0");
          yield new ConnectAnswer.RetryLater(seconds);
        }
      };
    }
  }

  @Override
  public PushAnswer createPush(OutboxState.Bundle bundle, Optional<String> lease) {
    Request request =
        request(bundle.sourceId(), url("push-sessions"))
            .post(RequestBodies.createPush(bundle, lease))
            .build();
    try (Flight flight = caller.begin(SyncOperation.CREATE_PUSH_SESSION)) {
      Fields answer =
          success(setUp().retry().repeatable(flight, request, Limits.CONTROL), bundle.sourceId());
      String status = answer.text("status");
      if (status.equals("already_committed")) {
        return new PushAnswer.AlreadyCommitted(
            committedBundle(answer, bundle), revision.content(answer));
      }
      answer.require(status.equals("staging"), "the status is unknown");
      String pushId = revision.uuid(answer, "push_id");
      answer.require(
          answer.integer("planned_row_count") == bundle.rowCount(),
          "planned_row_count is not the one just sent");
      answer.require(
          answer.integerOrZero("next_expected_row_ordinal") == 0,
          "a fresh session does not begin at its first row");
      revision.requireRequestHashEcho(answer, bundle.requestHash());
      return new PushAnswer.Staging(pushId);
    }
  }

  @Override
  public void uploadChunk(String sourceId, String pushId, List<FrozenRow> rows) {
    if (rows.isEmpty()) {
      throw new IllegalArgumentException("a chunk needs at least one row");
    }
    Request request =
        request(sourceId, url("push-sessions", pushId, "chunks"))
            .post(RequestBodies.chunk(setUp().rows().schema(), rows))
            .build();
    try (Flight flight = caller.begin(SyncOperation.UPLOAD_PUSH_CHUNK)) {
      Fields answer = success(setUp().retry().once(flight, request, Limits.CONTROL), sourceId);
      answer.require(answer.text("push_id").equals(pushId), "the push_id is not the session's");
      answer.require(
          answer.integer("next_expected_row_ordinal") == rows.get(0).ordinal() + rows.size(),
          "next_expected_row_ordinal is not the end of the chunk");
    }
  }

  @Override
  public CommittedBundle commitPush(OutboxState.Bundle bundle, String pushId) {
    Request request =
        request(bundle.sourceId(), url("push-sessions", pushId, "commit"))
            .post(RequestBodies.empty())
            .build();
    try (Flight flight = caller.begin(SyncOperation.COMMIT_PUSH_SESSION)) {
      Fields answer =
          success(setUp().retry().once(flight, request, Limits.CONTROL), bundle.sourceId());
      return committedBundle(answer, bundle);
    }
  }

  private CommittedBundle committedBundle(Fields answer, OutboxState.Bundle bundle) {
    long bundleSeq = answer.integer("bundle_seq");
    answer.require(bundleSeq > 0, "bundle_seq is not above 0");
    requireOurs(answer, bundle);
    revision.requireRowCount(answer);
    String bundleHash = answer.text("bundle_hash");
    answer.require(!bundleHash.isBlank(), "bundle_hash is blank");
    revision.requireSameRequest(answer, bundle.requestHash());
    return new CommittedBundle(bundleSeq, bundleHash);
  }

  private static void requireOurs(Fields answer, OutboxState.Bundle bundle) {
    answer.require(
        answer.text("source_id").equals(bundle.sourceId()), "the bundle is of another source");
    answer.require(
        answer.integer("source_bundle_id") == bundle.sourceBundleId(),
        "source_bundle_id is another bundle's");
  }

  @Override
  public void deletePush(String sourceId, String pushId) {
    delete(SyncOperation.DELETE_PUSH_SESSION, sourceId, "push-sessions", pushId);
  }

  @Override
  public void committedRows(
      OutboxState.Bundle bundle, CommittedBundle committed, Consumer<List<WireRow>> rows) {
    try (Flight flight = caller.begin(SyncOperation.FETCH_COMMITTED_BUNDLE)) {
      ProtocolRevision spoken = revision;
      long had = 0;
      BundleHash hash = spoken.bundleHash();
      int rowsPerPage = setUp().options().downloadLimit();
      Page page;
      OptionalLong total = OptionalLong.empty();
      do {
        // Rows count from 0 here and the cursor is the last one had; none yet is -1 (trap 6).
        long cursor = had - 1L;
        Sized<Page> sized =
            shrinking(
                rowsPerPage, max -> committedPage(flight, spoken, bundle, committed, cursor, max));
        rowsPerPage = sized.items();
        page = sized.value();
        long announced = page.fields().integer("row_count");
        page.fields()
            .require(announced == total.orElse(announced), "row_count changed between pages");
        total = OptionalLong.of(announced);
        checkCommittedPage(page, announced, had, hash);
        had += page.rows().size();
        page.rows().replaceAll(spoken::uniform);
        batches(page.rows()).forEach(rows);
      } while (page.fields().flag("has_more"));
      page.fields().require(had == total.getAsLong(), "rows of the bundle are missing");
      page.fields()
          .require(hash.hex().equals(committed.bundleHash()), "the rows do not match bundle_hash");
    }
  }

  /** A page may be larger than what is handed on at once; no rows are no batch. */
  private List<List<WireRow>> batches(List<WireRow> rows) {
    int batchRows = setUp().options().snapshotApplyBatchRows();
    List<List<WireRow>> batches = new ArrayList<>();
    for (int start = 0; start < rows.size(); start += batchRows) {
      batches.add(rows.subList(start, Math.min(start + batchRows, rows.size())));
    }
    return batches;
  }

  /** A page whose rows were read one by one; the members beside them. */
  private record Page(Fields fields, List<WireRow> rows, long rowsByteCount) {}

  private Page committedPage(
      Flight flight,
      ProtocolRevision spoken,
      OutboxState.Bundle bundle,
      CommittedBundle committed,
      long cursor,
      int max) {
    HttpUrl.Builder url = url("committed-bundles", Long.toString(committed.bundleSeq()), "rows");
    if (cursor >= 0) {
      url.addQueryParameter("after_row_ordinal", Long.toString(cursor));
    }
    url.addQueryParameter("max_rows", Integer.toString(max));
    Request request = request(bundle.sourceId(), url).build();
    BodyReader<Page> reader =
        (op, body) -> {
          Page page = Json.read(op, body, this::bundleRows);
          requireCommitted(page.fields(), spoken, bundle, committed);
          return page;
        };
    for (int attempts = 1; ; attempts++) {
      Caller.Answer<Page> answer =
          setUp().retry().repeatable(flight, request, Limits.page(max), reader);
      if (answer.value().isPresent()) {
        return answer.value().get();
      }
      if (!Refusals.isCommittedBundleNotFound(answer.reply())) {
        throw refused(answer.reply(), new Refusals.Asked(bundle.sourceId()));
      }
      if (attempts >= SyncOptions.COMMITTED_BUNDLE_ATTEMPTS_MAX) {
        throw new CommittedBundleNotFoundException(attempts);
      }
      flight.sleep(
          setUp().options().sleeper(),
          Retry.doubled(
              SyncOptions.COMMITTED_BUNDLE_DELAY_INITIAL,
              attempts - 1,
              SyncOptions.COMMITTED_BUNDLE_DELAY_MAX));
    }
  }

  private Page bundleRows(Json.Element object) throws IOException {
    List<WireRow> rows = new ArrayList<>();
    Fields fields =
        object.streaming("rows", row -> rows.add(setUp().rows().bundleRow(row.whole())));
    return new Page(fields, rows, 0);
  }

  private static void requireCommitted(
      Fields page, ProtocolRevision spoken, OutboxState.Bundle bundle, CommittedBundle committed) {
    page.require(
        page.integer("bundle_seq") == committed.bundleSeq(), "bundle_seq is another bundle's");
    String hash = page.text("bundle_hash");
    if (BundleHash.isOne(hash) && !hash.equals(committed.bundleHash())) {
      // A server that was restored has given the number to another bundle (spec 4.4.6).
      throw new RefusedException(new Refusal.RequestHashMismatch());
    }
    page.require(hash.equals(committed.bundleHash()), "bundle_hash is not a hash");
    requireOurs(page, bundle);
    spoken.requireSameRequest(page, bundle.requestHash());
    spoken.requireRowCount(page);
  }

  private static void checkCommittedPage(Page page, long announced, long had, BundleHash hash) {
    Fields fields = page.fields();
    long now = had + page.rows().size();
    fields.require(now <= announced, "the bundle has more rows than announced");
    for (WireRow row : page.rows()) {
      try {
        hash.add(row);
      } catch (IOException e) {
        throw fields.decodeFailure();
      }
    }
    long next = fields.integer("next_row_ordinal");
    // The server says 0 for a bundle without rows, where its own arithmetic gives -1 (trap 7).
    fields.require(
        next == now - 1L || now == 0 && next == 0, "next_row_ordinal is not the last row's");
    fields.require(
        !fields.flag("has_more") || !page.rows().isEmpty(), "an empty page promises more");
  }

  @Override
  public PullPage pull(String sourceId, long afterBundleSeq, OptionalLong target, BundleSink sink) {
    Pulled pulled;
    try (Flight flight = caller.begin(SyncOperation.PULL_BUNDLES)) {
      ProtocolRevision spoken = revision;
      int asked = Math.min(setUp().options().downloadLimit(), bundlesPerPullMax);
      Sized<Pulled> sized =
          shrinking(
              asked,
              max -> {
                HttpUrl.Builder url =
                    url("pull")
                        .addQueryParameter("after_bundle_seq", Long.toString(afterBundleSeq))
                        .addQueryParameter("max_bundles", Integer.toString(max));
                if (target.isPresent()) {
                  url.addQueryParameter("target_bundle_seq", Long.toString(target.getAsLong()));
                }
                Request request = request(sourceId, url).build();
                return value(
                    setUp()
                        .retry()
                        .repeatable(
                            flight,
                            request,
                            Limits.page(max),
                            (op, body) ->
                                Json.read(
                                    op,
                                    body,
                                    page -> pullPage(page, spoken, afterBundleSeq, target))),
                    new Refusals.Asked(sourceId));
              });
      if (sized.items() < asked) {
        bundlesPerPullMax = sized.items();
      }
      pulled = sized.value();
    }
    // The call is over, and all of the page is checked before any of it is handed over.
    pulled.bundles().forEach(bundle -> sink.check(bundle.rows()));
    pulled.bundles().forEach(bundle -> handOver(bundle, sink));
    return pulled.page();
  }

  private void handOver(PulledBundle bundle, BundleSink sink) {
    List<List<WireRow>> batches = batches(bundle.rows());
    if (batches.isEmpty()) {
      sink.take(bundle.bundleSeq(), List.of(), Part.LAST);
    }
    for (int i = 0; i < batches.size(); i++) {
      Part part = i == batches.size() - 1 ? Part.LAST : Part.MORE_FOLLOW;
      sink.take(bundle.bundleSeq(), batches.get(i), part);
    }
  }

  /** A committed bundle of any source. */
  private record PulledBundle(long bundleSeq, List<WireRow> rows) {}

  /** One page, checked against the request. */
  private record Pulled(PullPage page, List<PulledBundle> bundles) {}

  private Pulled pullPage(
      Json.Element answer, ProtocolRevision spoken, long after, OptionalLong target)
      throws IOException {
    List<PulledBundle> bundles = new ArrayList<>();
    Fields page =
        answer.streaming(
            "bundles",
            bundle ->
                bundles.add(
                    pulledBundle(
                        bundle,
                        spoken,
                        bundles.isEmpty() ? after : bundles.get(bundles.size() - 1).bundleSeq())));
    long stable = page.integer("stable_bundle_seq");
    if (spoken.pullsBelowCheckpoint() && stable >= 0 && stable < after && target.isEmpty()) {
      throw new RefusedException(new Refusal.CheckpointAhead());
    }
    page.require(stable >= 0 && stable >= after, "stable_bundle_seq is below the checkpoint");
    page.require(
        target.isEmpty() || target.getAsLong() == stable,
        "stable_bundle_seq changed during the pull");
    long last = bundles.isEmpty() ? after : bundles.get(bundles.size() - 1).bundleSeq();
    page.require(last <= stable, "a bundle is above stable_bundle_seq");
    boolean more = page.flag("has_more");
    page.require(!more || !bundles.isEmpty(), "an empty page promises more");
    page.require(more || last == stable, "the pull ends below stable_bundle_seq");
    return new Pulled(new PullPage(stable, last, more), bundles);
  }

  private PulledBundle pulledBundle(Json.Element object, ProtocolRevision spoken, long last)
      throws IOException {
    Page page = bundleRows(object);
    Fields bundle = page.fields();
    long bundleSeq = bundle.integer("bundle_seq");
    bundle.require(bundleSeq > 0, "bundle_seq is not above 0");
    bundle.require(bundleSeq > last, "bundles do not ascend from the checkpoint");
    spoken.requireSourceId(bundle);
    bundle.require(bundle.integer("source_bundle_id") > 0, "source_bundle_id is not above 0");
    page.rows().replaceAll(spoken::uniform);
    return new PulledBundle(bundleSeq, page.rows());
  }

  @Override
  public SnapshotSession createSnapshot(String sourceId, Optional<SourceReplacement> replacement) {
    Request request =
        request(sourceId, url("snapshot-sessions"))
            .post(RequestBodies.snapshot(replacement))
            .build();
    Reply reply;
    try (Flight flight = caller.begin(SyncOperation.CREATE_SNAPSHOT_SESSION)) {
      reply = setUp().retry().repeatable(flight, request, Limits.CONTROL);
    }
    try {
      return snapshotSession(success(reply, sourceId));
    } catch (OversqliteException | RefusedException e) {
      // What was created is of no use to anybody, and holds capacity (appendix A, note 7).
      Json.findText(reply.body(), "snapshot_id")
          .filter(HttpSyncServer::isPathId)
          .ifPresent(id -> deleteSnapshot(sourceId, id));
      throw e;
    }
  }

  private SnapshotSession snapshotSession(Fields answer) {
    String id = answer.text("snapshot_id");
    answer.require(isPathId(id), "snapshot_id is blank or cannot be part of a path");
    long bundleSeq = answer.integer("snapshot_bundle_seq");
    long rowCount = answer.integer("row_count");
    answer.require(bundleSeq >= 0, "snapshot_bundle_seq is negative");
    answer.require(rowCount >= 0, "row_count is negative");
    answer.require(rowCount == 0 || bundleSeq > 0, "rows exist before the first bundle");
    long byteCount = revision.snapshotByteCount(answer, rowCount);
    answer.require(isRfc3339(answer.text("expires_at")), "expires_at is not a time of RFC 3339");
    return new SnapshotSession(id, bundleSeq, rowCount, byteCount);
  }

  private static boolean isRfc3339(String text) {
    try {
      return RFC_3339.matcher(text).matches() && OffsetDateTime.parse(text) != null;
    } catch (DateTimeException e) {
      return false;
    }
  }

  @Override
  public SnapshotPage snapshotPage(
      String sourceId, SnapshotSession session, Capabilities capabilities, long afterOrdinal) {
    Capabilities.SnapshotLimits limits = capabilities.snapshotLimits();
    try (Flight flight = caller.begin(SyncOperation.FETCH_SNAPSHOT_CHUNK)) {
      ProtocolRevision spoken = revision;
      while (true) {
        try {
          return snapshotPage(flight, spoken, sourceId, session, limits, afterOrdinal);
        } catch (SnapshotResponseTooLargeException e) {
          // Without a budget of bytes only a smaller number of rows makes a page smaller.
          if (spoken instanceof July2026 || limits.chunkRows() == 1) {
            throw e;
          }
          limits = new Capabilities.SnapshotLimits(limits.chunkRows() / 2, limits.chunkBytes());
        }
      }
    }
  }

  private SnapshotPage snapshotPage(
      Flight flight,
      ProtocolRevision spoken,
      String sourceId,
      SnapshotSession session,
      Capabilities.SnapshotLimits limits,
      long afterOrdinal) {
    HttpUrl.Builder url =
        url("snapshot-sessions", session.snapshotId())
            .addQueryParameter("after_row_ordinal", Long.toString(afterOrdinal))
            .addQueryParameter("max_rows", Integer.toString(limits.chunkRows()));
    spoken.addChunkQuery(url, limits);
    Request request = request(sourceId, url).build();
    Page page =
        value(
            setUp()
                .retry()
                .repeatable(
                    flight,
                    request,
                    spoken.chunkLimitBytes(limits),
                    (op, body) -> Json.read(op, body, chunk -> snapshotRows(chunk, spoken))),
            new Refusals.Asked(sourceId, limits.chunkBytes()));
    Fields chunk = page.fields();
    List<WireRow> rows = page.rows();
    chunk.require(
        chunk.text("snapshot_id").equals(session.snapshotId()), "snapshot_id is another one's");
    chunk.require(
        chunk.integer("snapshot_bundle_seq") == session.bundleSeq(), "snapshot_bundle_seq changed");
    chunk.require(rows.isEmpty() || session.bundleSeq() > 0, "rows exist before the first bundle");
    long next = chunk.integer("next_row_ordinal");
    chunk.require(
        next == afterOrdinal + rows.size(), "next_row_ordinal is not the end of the chunk");
    boolean more = chunk.flag("has_more");
    chunk.require(!more || !rows.isEmpty(), "an empty chunk promises more");
    long byteCount = spoken.chunkByteCount(chunk, rows.size(), page.rowsByteCount(), limits);
    return new SnapshotPage(rows, next, byteCount, more);
  }

  private Page snapshotRows(Json.Element chunk, ProtocolRevision spoken) throws IOException {
    List<WireRow> rows = new ArrayList<>();
    AtomicLong byteCount = new AtomicLong();
    Fields fields =
        chunk.streaming(
            "rows",
            element -> {
              Fields row = element.whole();
              spoken.requireChunkRowMembers(row);
              rows.add(spoken.uniform(setUp().rows().snapshotRow(row)));
              return byteCount.addAndGet(element.byteCount());
            });
    spoken.requireChunkMembers(fields);
    return new Page(fields, rows, byteCount.get());
  }

  @Override
  public void deleteSnapshot(String sourceId, String snapshotId) {
    delete(SyncOperation.DELETE_SNAPSHOT_SESSION, sourceId, "snapshot-sessions", snapshotId);
  }

  /** The session expires by itself; nobody waits for this, and no failure of it matters. */
  private void delete(SyncOperation op, String sourceId, String sessions, String id) {
    Request request = request(sourceId, url(sessions, id)).delete(null).build();
    try (Flight flight = caller.begin(op)) {
      caller.sendBestEffort(flight, request);
    } catch (IOException | OversqliteException ignored) {
      // See above: an unreachable server and a cancel are alike here.
    }
  }

  @Override
  public WatchStream watch(String sourceId, long afterBundleSeq) {
    ProtocolRevision spoken = revision;
    // Compressed, an event could wait for the next one to fill a block.
    Request request =
        request(
                sourceId,
                url("watch").addQueryParameter("after_bundle_seq", Long.toString(afterBundleSeq)))
            .header("Accept", "text/event-stream")
            .header("Accept-Encoding", "identity")
            .build();
    return new EventStream(
        caller,
        caller.begin(SyncOperation.WATCH_BUNDLES),
        request,
        reply -> refused(reply, new Refusals.Asked(sourceId)),
        event -> {
          event.require(event.integer("bundle_seq") > 0, "bundle_seq is not above 0");
          if (!event.optionalText("source_id").orElse("").isEmpty()) {
            spoken.requireSourceId(event);
          }
        });
  }

  @Override
  public void cancel() {
    caller.cancel();
  }

  @Override
  public void close() {
    caller.close();
  }

  private Configured setUp() {
    return Objects.requireNonNull(configured, "call configure(schema, options) first");
  }

  private static Request.Builder request(String sourceId, HttpUrl.Builder url) {
    return new Request.Builder()
        .url(url.build())
        .header(SOURCE_HEADER, SourceIds.requireValid(sourceId));
  }

  /** A URL below {@code sync/}; each segment is encoded as far as it needs to be. */
  private HttpUrl.Builder url(String... segments) {
    HttpUrl.Builder url = baseUrl.newBuilder().addPathSegment("sync");
    for (String segment : segments) {
      url.addEncodedPathSegment(percentEncoded(segment));
    }
    return url;
  }

  /** Wire-protocol 7.1: everything except {@code A-Za-z0-9-_~}. */
  private static String percentEncoded(String segment) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : segment.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain =
          c >= 'A' && c <= 'Z'
              || c >= 'a' && c <= 'z'
              || c >= '0' && c <= '9'
              || "-_~".indexOf(c) >= 0;
      if (plain) {
        encoded.append(c);
      } else {
        encoded.append(String.format("%%%02X", (int) c));
      }
    }
    return encoded.toString();
  }

  /** A dot segment means another path, however it is encoded. */
  private static boolean isPathId(String id) {
    return !id.isBlank() && !id.equals(".") && !id.equals("..");
  }

  private Fields success(Reply reply, String sourceId) {
    if (reply.status() != Caller.OK) {
      throw refused(reply, new Refusals.Asked(sourceId));
    }
    return Json.read(reply.op(), reply.body());
  }

  private <T> T value(Caller.Answer<T> answer, Refusals.Asked asked) {
    return answer.value().orElseThrow(() -> refused(answer.reply(), asked));
  }

  private RuntimeException refused(Reply reply, Refusals.Asked asked) {
    return new Refusals(revision).of(reply, asked);
  }

  /** What a page request gave, and how many items it finally asked for. */
  private record Sized<T>(T value, int items) {}

  /** Asks for fewer and fewer items until the page is within its bound. */
  private static <T> Sized<T> shrinking(int items, IntFunction<T> request) {
    int asked = items;
    while (true) {
      try {
        return new Sized<>(request.apply(asked), asked);
      } catch (BodyTooLargeException e) {
        if (asked == 1) {
          throw e.asDecodeFailure();
        }
        asked = asked / 2;
      }
    }
  }
}
