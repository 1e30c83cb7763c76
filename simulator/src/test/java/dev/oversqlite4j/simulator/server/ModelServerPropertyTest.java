package dev.oversqlite4j.simulator.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.server.Rig.Answer;
import dev.oversqlite4j.simulator.server.Rig.Client;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ModelServerPropertyTest {

  /** Steps of one push, so that pushes of different sources interleave. */
  enum Step {
    PUSH,
    STAGE,
    COMMIT,
    ABANDON
  }

  record Command(int source, Step step, int row, int op) {}

  @Provide
  Arbitrary<List<Command>> commands() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 2),
            Arbitraries.of(Step.PUSH, Step.PUSH, Step.STAGE, Step.COMMIT, Step.ABANDON),
            Arbitraries.integers().between(1, 2),
            Arbitraries.integers().between(0, 3))
        .as(Command::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(60);
  }

  /** A row for the current server state: gadget, its child, or its deletion. */
  private static ObjectNode row(Rig rig, Command command) {
    boolean child = command.op() == 3;
    String table = child ? "parts" : "gadgets";
    String key = child ? Rig.part(command.row()) : Rig.gadget(command.row());
    long version = rig.server.rowVersions("ann", table).getOrDefault(key, 0L);
    boolean live = rig.server.liveRows("ann", table).containsKey(key);
    if (live && command.op() == 2) {
      return Rig.row("DELETE", table, key, version);
    }
    String op = live ? "UPDATE" : "INSERT";
    return child
        ? Rig.row(op, table, key, version, "gadget_id", Rig.gadget(command.row()))
        : Rig.row(op, table, key, version, "title", "by " + command.source());
  }

  @Property(seed = "29", tries = 150)
  void historyIsGapFreeAndReproducesTheRows(@ForAll("commands") List<Command> commands) {
    Rig rig = new Rig();
    List<Client> clients =
        List.of(rig.ready("ann", "a"), rig.client("ann", "b"), rig.client("ann", "c"));
    Map<String, Long> next = new LinkedHashMap<>();
    Map<String, String> staged = new LinkedHashMap<>();
    for (Command command : commands) {
      Client client = clients.get(command.source());
      long id = next.getOrDefault(client.source, 1L);
      String pushId = staged.get(client.source);
      if (command.step() == Step.STAGE || command.step() == Step.PUSH) {
        pushId = client.stage(id, row(rig, command));
        staged.put(client.source, pushId);
      }
      if (pushId == null || command.step() == Step.STAGE) {
        continue;
      }
      if (command.step() != Step.ABANDON) {
        Answer answer = client.commit(pushId);
        switch (answer.code()) {
          case "200 " -> {
            assertEquals(id, answer.number("source_bundle_id"));
            next.put(client.source, id + 1);
            staged.remove(client.source);
          }
          // A concurrent push changed the row or removed the parent: nothing happened.
          case "409 push_conflict", "500 push_session_commit_failed" ->
              client.delete("push-sessions/" + staged.remove(client.source));
          default -> assertEquals("200 ", answer.code());
        }
      } else {
        staged.remove(client.source);
      }
    }

    List<CommittedBundle> bundles = rig.server.bundles("ann");
    assertEquals(
        LongStream.rangeClosed(1, bundles.size()).boxed().toList(),
        bundles.stream().map(CommittedBundle::seq).toList());
    for (Client client : clients) {
      List<Long> ids =
          bundles.stream()
              .filter(bundle -> bundle.sourceId().equals(client.source))
              .map(CommittedBundle::sourceBundleId)
              .toList();
      assertEquals(LongStream.rangeClosed(1, ids.size()).boxed().toList(), ids);
      assertEquals(next.getOrDefault(client.source, 1L) - 1, ids.size());
    }
    for (String table : List.of("gadgets", "parts")) {
      assertEquals(rig.server.liveRows("ann", table), replayed(clients.get(0), table));
    }
  }

  /** Live rows of one table as a client builds them from pages of two bundles. */
  private static Map<String, String> replayed(Client client, String table) {
    Map<String, String> rows = new TreeMap<>(UserState.KEY_ORDER);
    long after = 0;
    long stable = 0;
    List<JsonNode> bundles = new ArrayList<>();
    do {
      Answer page =
          client
              .get("pull?max_bundles=2&after_bundle_seq=" + after + "&target_bundle_seq=" + stable)
              .ok();
      stable = page.number("stable_bundle_seq");
      bundles.addAll(Rig.list(page.json().path("bundles")));
      after = bundles.isEmpty() ? 0 : bundles.get(bundles.size() - 1).path("bundle_seq").asLong();
    } while (after < stable);
    for (JsonNode bundle : bundles) {
      for (JsonNode row : bundle.path("rows")) {
        if (row.path("table").asText().equals(table)) {
          String key = row.at("/key/id").asText();
          if (row.path("op").asText().equals("DELETE")) {
            rows.remove(key);
          } else {
            rows.put(key, Json.canonical(row.path("payload")));
          }
        }
      }
    }
    return rows;
  }
}
