package dev.oversqlite4j.simulator.server;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Everything a model server remembers, as a value: copies are independent, equality is by content.
 *
 * <p>Counters kept only for oracles and for status are copied but take no part in equality and
 * fingerprint: two states that answer every future request alike are equal.
 *
 * <p>Not thread-safe; {@link ModelServer#state()} hands out copies.
 */
public final class State {
  private static final Pattern UUID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  final NavigableMap<String, UserState> users = new TreeMap<>();
  final Map<String, PushSession> pushSessions = new LinkedHashMap<>();
  final Map<String, SnapshotSession> snapshotSessions = new LinkedHashMap<>();
  Lifecycle lifecycle = Lifecycle.RUNNING;
  Refusals buildRefusals = Refusals.NONE;
  Refusals chunkRefusals = Refusals.NONE;
  WatchOffer watch = WatchOffer.OFF;

  // Observations for status, not state.
  long historyPrunedErrors;
  long committedBundles;
  long committedBytes;

  /** Whether the server takes work (spec 1.1). */
  public enum Lifecycle {
    RUNNING,
    /** Answers 503 {@code service_unavailable}. */
    DRAINING,
    /** Answers each endpoint's generic 500. */
    CLOSED
  }

  /** Whether the server lets clients watch for bundles (spec 2.13). */
  public enum WatchOffer {
    OFF,
    ON,
    /** On for others, refused to whoever asks. */
    FORBIDDEN
  }

  /** Capacity answers still to be given. */
  record Refusals(int remaining, OptionalInt retryAfterSeconds) {
    static final Refusals NONE = new Refusals(0, OptionalInt.empty());

    Refusals next() {
      return remaining <= 1 ? NONE : new Refusals(remaining - 1, retryAfterSeconds);
    }
  }

  State() {}

  /** An independent copy. */
  public State copy() {
    State copy = new State();
    users.forEach((name, user) -> copy.users.put(name, user.copy()));
    copy.pushSessions.putAll(pushSessions);
    copy.snapshotSessions.putAll(snapshotSessions);
    copy.lifecycle = lifecycle;
    copy.buildRefusals = buildRefusals;
    copy.chunkRefusals = chunkRefusals;
    copy.watch = watch;
    copy.historyPrunedErrors = historyPrunedErrors;
    copy.committedBundles = committedBundles;
    copy.committedBytes = committedBytes;
    return copy;
  }

  UserState user(String name) {
    return users.computeIfAbsent(name, absent -> new UserState());
  }

  Optional<UserState> known(String name) {
    return Optional.ofNullable(users.get(name));
  }

  /**
   * Text that is equal for states which differ only in generated ids and in times that do not
   * matter yet. Leases and sessions count as live or expired.
   *
   * @param nowMillis virtual time, milliseconds
   */
  public String fingerprint(long nowMillis) {
    return fingerprint(nowMillis, firstUse());
  }

  /**
   * As {@link #fingerprint(long)}, with a numbering shared with other parts of a world, so that an
   * id known to client and server gets the same number in both.
   *
   * @param ids maps an id to its stand-in; called in order of first use
   */
  public String fingerprint(long nowMillis, UnaryOperator<String> ids) {
    return render(ids, expiresAt -> expiresAt <= nowMillis ? "expired" : "live");
  }

  private static UnaryOperator<String> firstUse() {
    Map<String, String> numbers = new LinkedHashMap<>();
    return id -> {
      String next = "#" + (numbers.size() + 1);
      return numbers.computeIfAbsent(id, absent -> next);
    };
  }

  private String render(UnaryOperator<String> ids, LongFunction<String> time) {
    UnaryOperator<String> text = raw -> UUID.matcher(raw).replaceAll(match -> quoted(match, ids));
    List<String> lines = new ArrayList<>();
    lines.add("server " + lifecycle + " " + buildRefusals + " " + chunkRefusals);
    users.forEach((name, user) -> renderUser(name, user, ids, text, time, lines));
    pushSessions.values().stream()
        .sorted(
            Comparator.comparing(PushSession::user)
                .thenComparing(session -> sourceOrder(session.user(), session.sourceId()))
                .thenComparing(PushSession::sourceId)
                .thenComparing(PushSession::sourceBundleId))
        .forEach(
            session -> {
              lines.add(
                  String.join(
                      " ",
                      "push",
                      session.user(),
                      ids.apply(session.pushId()),
                      ids.apply(session.sourceId()),
                      Long.toString(session.sourceBundleId()),
                      Long.toString(session.plannedRows()),
                      session.initializationId().map(ids).orElse("-"),
                      time.apply(session.expiresAt())));
              session.rows().forEach(row -> lines.add("  " + text.apply(row.requestText())));
            });
    snapshotSessions
        .values()
        .forEach(
            session ->
                lines.add(
                    String.join(
                        " ",
                        "snapshot",
                        session.user(),
                        ids.apply(session.snapshotId()),
                        Long.toString(session.bundleSeq()),
                        Integer.toString(session.rows().size()),
                        Long.toString(session.byteCount()),
                        time.apply(session.expiresAt()))));
    return String.join("\n", lines);
  }

  private int sourceOrder(String user, String sourceId) {
    int position =
        known(user)
            .map(state -> new ArrayList<>(state.sources.keySet()).indexOf(sourceId))
            .orElse(-1);
    return position < 0 ? Integer.MAX_VALUE : position;
  }

  private static String quoted(MatchResult match, UnaryOperator<String> ids) {
    return Matcher.quoteReplacement(ids.apply(match.group()));
  }

  private static void renderUser(
      String name,
      UserState user,
      UnaryOperator<String> ids,
      UnaryOperator<String> text,
      LongFunction<String> time,
      List<String> lines) {
    lines.add(
        "user " + name + " " + user.latestSeq + " " + user.floor + " " + scope(user, ids, time));
    user.sources.forEach(
        (id, source) ->
            lines.add(
                String.join(
                    " ",
                    "source",
                    ids.apply(id),
                    source.phase().name(),
                    Long.toString(source.maxCommitted()),
                    source.replacedBy().map(ids).orElse("-"),
                    source.retirementReason().orElse("-"))));
    for (CommittedBundle bundle : user.bundles.values()) {
      lines.add(
          "bundle "
              + bundle.seq()
              + " "
              + ids.apply(bundle.sourceId())
              + " "
              + bundle.sourceBundleId());
      for (BundleRow row : bundle.rows()) {
        lines.add(
            text.apply(
                "  "
                    + row.op()
                    + " "
                    + row.table()
                    + " "
                    + row.key()
                    + " "
                    + row.payload().orElse("-")));
      }
    }
    user.tables.forEach(
        (table, rows) -> {
          List<String> rendered = new ArrayList<>();
          rows.forEach(
              (key, row) ->
                  rendered.add(
                      text.apply(
                          String.join(
                              " ",
                              "row",
                              table,
                              Long.toString(row.version()),
                              key,
                              row.image().map(Object::toString).orElse("-")))));
          // The log above has numbered the keys; their raw order would not survive renumbering.
          rendered.sort(Comparator.naturalOrder());
          lines.addAll(rendered);
        });
  }

  private static String scope(
      UserState user, UnaryOperator<String> ids, LongFunction<String> time) {
    if (user.scope instanceof Scope.Initializing lease) {
      return "INITIALIZING "
          + ids.apply(lease.sourceId())
          + " "
          + ids.apply(lease.initializationId())
          + " "
          + time.apply(lease.leaseExpiresAt());
    }
    return user.scope instanceof Scope.Initialized ? "INITIALIZED" : "UNINITIALIZED";
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof State that
        && users.equals(that.users)
        && pushSessions.equals(that.pushSessions)
        && snapshotSessions.equals(that.snapshotSessions)
        && lifecycle == that.lifecycle
        && buildRefusals.equals(that.buildRefusals)
        && chunkRefusals.equals(that.chunkRefusals)
        && watch == that.watch;
  }

  @Override
  public int hashCode() {
    return Objects.hash(users, pushSessions.keySet(), snapshotSessions.keySet(), lifecycle);
  }

  /** The state with ids numbered by first use and times in milliseconds of virtual time. */
  @Override
  public String toString() {
    return render(firstUse(), Long::toString);
  }
}
