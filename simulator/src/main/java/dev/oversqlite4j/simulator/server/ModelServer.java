package dev.oversqlite4j.simulator.server;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A deterministic in-memory sync server of either protocol revision. The same requests at the same
 * virtual times with the same ids give the same bytes.
 *
 * <p>Any non-blank bearer token is accepted and is the user id. Not modelled: writers inside the
 * server, defaults and triggers of its tables, sessions in a time zone other than UTC (spec trap
 * 19), rows older than the server's own triggers (trap 31), and answers that the host of a server
 * makes up (trap 26).
 *
 * <p>Thread-safe: every method holds the server's lock for its whole duration.
 */
public final class ModelServer implements WireHandler {
  private final Setup setup;
  private final ConnectEndpoint connect;
  private final PushEndpoints push;
  private final ReadEndpoints read;
  private final SnapshotEndpoints snapshot;
  private State state = new State();

  /** An empty server of revision July 2026, as the other constructor makes it. */
  public ModelServer(
      ServerSchema schema, ServerLimits limits, LongSupplier nowMillis, Supplier<String> newUuid) {
    this(Revision.JULY_2026, schema, limits, nowMillis, newUuid);
  }

  /**
   * An empty server.
   *
   * @param nowMillis virtual time, milliseconds since the epoch
   * @param newUuid canonical lowercase UUIDs, never the same twice
   */
  public ModelServer(
      Revision revision,
      ServerSchema schema,
      ServerLimits limits,
      LongSupplier nowMillis,
      Supplier<String> newUuid) {
    setup = new Setup(schema, limits, revision, nowMillis, newUuid);
    connect = new ConnectEndpoint(setup);
    push = new PushEndpoints(setup);
    read = new ReadEndpoints(setup);
    snapshot = new SnapshotEndpoints(setup);
  }

  /** Answers one request; protocol failures are responses, never exceptions. */
  @Override
  public synchronized WireResponse handle(WireRequest request) {
    try {
      long before = state.committedBundles;
      WireResponse response = route(request);
      if (state.committedBundles > before) {
        // Somebody may watch for it; whoever watches for another user gets an early heartbeat.
        notifyAll();
      }
      return response;
    } catch (ServerError refused) {
      if (refused.code().equals("history_pruned")) {
        state.historyPrunedErrors++;
      }
      return refused.response();
    }
  }

  @Override
  public synchronized Optional<String> nextHint(String user, long afterBundleSeq, long waitMillis)
      throws InterruptedException {
    if (latestBundleSeq(user) <= afterBundleSeq && waitMillis > 0) {
      wait(waitMillis);
    }
    return state
        .known(user)
        .filter(known -> known.latestSeq > afterBundleSeq)
        .flatMap(known -> Optional.ofNullable(known.bundles.get(known.latestSeq)))
        .map(ReadEndpoints::hint);
  }

  private WireResponse route(WireRequest request) {
    if (request.path().equals("/syncx/status") || request.path().equals("/syncx/health")) {
      return request.method().equals("GET")
          ? read.status(state, request.path().endsWith("health"))
          : WireResponse.plain(405, "Method Not Allowed");
    }
    List<String> path = segments(request.path());
    String shape = shape(path);
    String allowed =
        switch (shape) {
          case "capabilities", "committed-bundles/*/rows", "pull", "watch" -> "GET";
          case "connect",
              "push-sessions",
              "push-sessions/*/chunks",
              "push-sessions/*/commit",
              "snapshot-sessions" ->
              "POST";
          case "push-sessions/*" -> "DELETE";
          case "snapshot-sessions/*" -> "GET DELETE";
          default -> "";
        };
    if (allowed.isEmpty()) {
      return WireResponse.plain(404, "404 page not found");
    }
    String user = bearer(request);
    if (user.isEmpty()) {
      return WireResponse.plain(401, "Unauthorized");
    }
    String sourceId = request.headers().getOrDefault("oversync-source-id", "").strip();
    if (!setup.revision().acceptsSourceId(sourceId)) {
      throw ServerError.invalidRequest("Oversync-Source-ID is missing or malformed");
    }
    if (!List.of(allowed.split(" ")).contains(request.method())) {
      throw new ServerError(405, "method_not_allowed", "use " + allowed);
    }
    Call call = new Call(state, user, sourceId, request);
    return switch (shape) {
      case "capabilities" -> read.capabilities(state.watch);
      case "connect" -> connect.connect(call);
      case "push-sessions" -> push.create(call);
      case "push-sessions/*/chunks" -> push.chunk(call, path.get(1));
      case "push-sessions/*/commit" -> push.commit(call, path.get(1));
      case "push-sessions/*" -> push.delete(call, path.get(1));
      case "committed-bundles/*/rows" -> read.committedRows(call, path.get(1));
      case "pull" -> read.pull(call);
      case "watch" -> read.watch(call);
      case "snapshot-sessions" -> snapshot.create(call);
      default ->
          request.method().equals("GET")
              ? snapshot.chunk(call, path.get(1))
              : snapshot.delete(call, path.get(1));
    };
  }

  /** Decoded segments below {@code /sync/}; empty if the path is not below it or malformed. */
  private static List<String> segments(String path) {
    List<String> decoded = new ArrayList<>();
    if (path.startsWith("/sync/")) {
      for (String segment : path.substring("/sync/".length()).split("/", -1)) {
        try {
          // '+' stands for itself in a path.
          decoded.add(URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException malformed) {
          return List.of();
        }
      }
    }
    return decoded;
  }

  private static String shape(List<String> path) {
    return switch (path.size()) {
      case 1 -> path.get(0);
      case 2 -> path.get(0) + "/*";
      case 3 -> path.get(0) + "/*/" + path.get(2);
      default -> "";
    };
  }

  /** The user a request is made for: its bearer token; empty without one. */
  static String bearer(WireRequest request) {
    String header = request.headers().getOrDefault("authorization", "");
    return header.toLowerCase(Locale.ROOT).startsWith("bearer ")
        ? header.substring("bearer ".length()).strip()
        : "";
  }

  /** An independent copy of everything the server remembers. */
  public synchronized State state() {
    return state.copy();
  }

  /** Makes the server remember exactly {@code earlier}, which stays independent of it. */
  public synchronized void restore(State earlier) {
    state = earlier.copy();
  }

  /** Knob: drops a user's bundles up to and including {@code floor}; tombstones stay (spec 3.6). */
  public synchronized void prune(String user, long floor) {
    UserState pruned = known(user);
    if (floor > pruned.latestSeq) {
      throw new IllegalArgumentException("the floor cannot lie above the latest bundle");
    }
    pruned.floor = Math.max(pruned.floor, floor);
    pruned.bundles.headMap(pruned.floor, true).clear();
  }

  /**
   * Knob: retires a source, known or not, as a replacement made elsewhere does; its pushes get 409
   * {@code source_retired} from now on (spec 3.3).
   *
   * @param replacedBy the successor the server then names; empty = it names none
   */
  public synchronized void retire(String user, String sourceId, Optional<String> replacedBy) {
    UserState owner = known(user);
    replacedBy.ifPresent(by -> owner.sources.putIfAbsent(by, SourceState.reserved()));
    owner.sources.put(sourceId, owner.source(sourceId).retired(replacedBy, "source_retired"));
  }

  /** Knob: forgets all push and snapshot sessions, as a server that is started anew may. */
  public synchronized void forgetSessions() {
    state.pushSessions.clear();
    state.snapshotSessions.clear();
  }

  /** Knob: the lease by which somebody seeds the user's account is over; nothing without one. */
  public synchronized void expireLease(String user) {
    UserState seeded = known(user);
    if (seeded.scope instanceof Scope.Initializing) {
      seeded.scope = new Scope.Uninitialized();
    }
  }

  /** Knob: offers, hides or forbids watching from now on (spec 2.13); hidden at first. */
  public synchronized void offerWatch(State.WatchOffer offer) {
    state.watch = offer;
  }

  /** Knob: takes, refuses or fails work from now on (spec 1.1). */
  public synchronized void setLifecycle(State.Lifecycle lifecycle) {
    state.lifecycle = lifecycle;
  }

  /**
   * Knob: the next snapshot creations get 429 {@code snapshot_build_capacity}.
   *
   * @param times how many
   * @param retryAfterSeconds value of {@code Retry-After}; empty = no such header
   */
  public synchronized void refuseSnapshotBuilds(int times, OptionalInt retryAfterSeconds) {
    state.buildRefusals = new State.Refusals(times, retryAfterSeconds);
  }

  /**
   * Knob: the next snapshot chunk reads get 429 {@code snapshot_chunk_capacity}.
   *
   * @param times how many
   * @param retryAfterSeconds value of {@code Retry-After}; empty = no such header
   */
  public synchronized void refuseSnapshotChunks(int times, OptionalInt retryAfterSeconds) {
    state.chunkRefusals = new State.Refusals(times, retryAfterSeconds);
  }

  /** The user's retained bundles in sequence; empty for a user never seen. */
  public synchronized List<CommittedBundle> bundles(String user) {
    return state.known(user).map(known -> List.copyOf(known.bundles.values())).orElse(List.of());
  }

  /** Sequence of the user's latest bundle, 0 before the first. */
  public synchronized long latestBundleSeq(String user) {
    return state.known(user).map(known -> known.latestSeq).orElse(0L);
  }

  /** Highest pruned sequence of the user, 0 if nothing was pruned. */
  public synchronized long retainedFloor(String user) {
    return state.known(user).map(known -> known.floor).orElse(0L);
  }

  /**
   * The user's live rows of one table by key: canonical JSON of the payload as July 2026 writes it,
   * whatever the revision, because that form keeps every value exactly.
   */
  public synchronized SortedMap<String, String> liveRows(String user, String table) {
    ServerSchema.Table registered = setup.schema().registered(table);
    SortedMap<String, String> live = new TreeMap<>(UserState.KEY_ORDER);
    state
        .known(user)
        .ifPresent(
            known ->
                known
                    .rows(table)
                    .forEach(
                        (key, row) ->
                            row.image()
                                .map(
                                    image ->
                                        Revision.JULY_2026.payload(
                                            registered, image, Revision.Rendering.ROW))
                                .map(Json::canonical)
                                .ifPresent(payload -> live.put(key, payload))));
    return live;
  }

  /** Row versions of one table by key, tombstones included. */
  public synchronized SortedMap<String, Long> rowVersions(String user, String table) {
    SortedMap<String, Long> versions = new TreeMap<>(UserState.KEY_ORDER);
    state
        .known(user)
        .ifPresent(
            known -> known.rows(table).forEach((key, row) -> versions.put(key, row.version())));
    return versions;
  }

  /** The user's scope at the present virtual time; an expired lease counts as lost. */
  public synchronized Scope scope(String user) {
    return state
        .known(user)
        .map(known -> known.scopeAt(setup.now()))
        .orElse(new Scope.Uninitialized());
  }

  /** The user's known sources by id. */
  public synchronized SortedMap<String, SourceState> sources(String user) {
    return state.known(user).map(known -> new TreeMap<>(known.sources)).orElse(new TreeMap<>());
  }

  /** Chunks accepted so far for one bundle of one source, over all its sessions. */
  public synchronized long acceptedChunks(String user, String sourceId, long sourceBundleId) {
    return state
        .known(user)
        .map(known -> known.acceptedChunks.getOrDefault(sourceId, new TreeMap<>()))
        .map(counts -> counts.getOrDefault(sourceBundleId, 0L))
        .orElse(0L);
  }

  private UserState known(String user) {
    return state
        .known(user)
        .orElseThrow(() -> new IllegalArgumentException("the server has never seen this user"));
  }
}
