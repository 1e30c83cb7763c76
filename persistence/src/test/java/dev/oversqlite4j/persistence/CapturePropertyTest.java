package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.OversqliteClient;
import dev.oversqlite4j.PushOutcome;
import dev.oversqlite4j.TransientRetryExhaustedException;
import dev.oversqlite4j.persistence.GeneratedSchema.Table;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * What an app writes into tables of any shape is captured, frozen and replayed as the rules say
 * (properties 2, 8, 60, and the local halves of 20 and 58), against a model that sees only rows.
 */
class CapturePropertyTest {

  /** What happens next: the app writes, or the client does something. */
  record Event(Kind kind, AppCommand write) {
    enum Kind {
      WRITE,
      /** The server takes nothing, one bundle, or everything. */
      PUSH_TO_NOBODY,
      PUSH_ONE,
      PUSH_ALL,
      REOPEN
    }

    @Override
    public String toString() {
      return kind == Kind.WRITE ? write.toString() : kind.toString();
    }
  }

  /** Whether the app's own triggers are older than ours, and how its connection runs them. */
  record Setting(boolean triggersFirst, boolean recursiveTriggers) {}

  @Provide
  Arbitrary<GeneratedSchema> schemas() {
    return GeneratedSchema.any();
  }

  @Provide
  Arbitrary<Setting> settings() {
    return Combinators.combine(Arbitraries.of(false, true), Arbitraries.of(false, false, true))
        .as(Setting::new);
  }

  @Provide
  Arbitrary<List<AppCommand>> earlyWrites() {
    return AppCommand.any().list().ofMaxSize(3);
  }

  @Provide
  Arbitrary<List<Event>> events() {
    return Combinators.combine(
            Arbitraries.frequencyOf(
                Tuple.of(8, Arbitraries.just(Event.Kind.WRITE)),
                Tuple.of(2, Arbitraries.of(Event.Kind.class))),
            AppCommand.any())
        .as(Event::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(12);
  }

  @Property(seed = "20260811")
  void everyWriteIsCapturedFrozenAndReplayed(
      @ForAll("schemas") GeneratedSchema schema,
      @ForAll("settings") Setting setting,
      @ForAll("earlyWrites") List<AppCommand> early,
      @ForAll("events") List<Event> events)
      throws SQLException {
    try (TestDatabase db = TestDatabase.temporary(schema.ddl());
        Run run = new Run(db, schema, setting)) {
      run.start(early);
      for (Event event : events) {
        run.perform(event);
      }
      run.push(Integer.MAX_VALUE);
      run.settled();
    }
  }

  /** One try: a file, its client, its server, and the model of all three. */
  private static final class Run implements AutoCloseable {
    private final TestDatabase db;
    private final GeneratedSchema schema;
    private final Setting setting;
    private final IntentModel model;
    private final EchoServer server = new EchoServer(GeneratedSchema.NAME);
    private OversqliteClient client;
    private long bundles;

    Run(TestDatabase db, GeneratedSchema schema, Setting setting) {
      this.db = db;
      this.schema = schema;
      this.setting = setting;
      this.model = new IntentModel(schema);
      schema
          .tables()
          .forEach(
              table ->
                  server.register(
                      table.name().toLowerCase(Locale.ROOT), table.key().toLowerCase(Locale.ROOT)));
    }

    void start(List<AppCommand> early) throws SQLException {
      if (setting.recursiveTriggers()) {
        db.run("PRAGMA recursive_triggers = ON");
      }
      for (AppCommand command : early) {
        command.run(db, schema);
      }
      open();
      if (!schema.triggers().isEmpty()) {
        createTriggers();
      }
      model.captureAll(db);
    }

    private void createTriggers() throws SQLException {
      client.close();
      if (setting.triggersFirst()) {
        for (String ours : db.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger'")) {
          db.run("DROP TRIGGER " + GeneratedSchema.quote(ours));
        }
      }
      for (String trigger : schema.triggers()) {
        db.run(trigger);
      }
      open();
    }

    private void open() {
      client = db.client(schema.syncSchema(), server);
      int calls = server.calls();
      client.open();
      assertEquals(calls, server.calls(), "open never talks to the server");
      client.attach("ada");
    }

    void perform(Event event) throws SQLException {
      switch (event.kind()) {
        case WRITE -> write(event.write());
        case PUSH_TO_NOBODY -> push(0);
        case PUSH_ONE -> push(1);
        case PUSH_ALL -> push(Integer.MAX_VALUE);
        case REOPEN -> {
          client.close();
          open();
          model.executed(db, AppCommand.Kind.UPDATE, Set.of(), Set.of());
        }
      }
      model.nothingIsOrphaned();
    }

    private void write(AppCommand command) throws SQLException {
      Table table = command.on(schema);
      Optional<Integer> changed = command.run(db, schema);
      boolean done = changed.filter(count -> count > 0).isPresent();
      String id = IntentModel.id(table, AppCommand.key(table, command.key()));
      String other = IntentModel.id(table, AppCommand.key(table, command.other()));
      Set<String> written = Set.of();
      Set<String> deleted = Set.of();
      if (done) {
        switch (command.kind()) {
          case REKEY, REKEY_OR_REPLACE -> {
            written = Set.of(other);
            deleted = id.equals(other) ? Set.of() : Set.of(id);
          }
          case DELETE -> deleted = Set.of(id);
          case BUMP_ALL, DELETE_MANY, ROLLED_BACK -> {}
          default -> written = Set.of(id);
        }
      }
      // A row that refers to itself is written by its own foreign key before we see its new key.
      boolean fresh =
          deleted.size() == 1
              && written.size() == 1
              && table.parent().isEmpty()
              && model.untouched(id, other);
      model.executed(db, command.kind(), written, deleted);
      if (fresh) {
        assertTrue(model.place(id) < model.place(other), "the delete of a key change comes first");
      }
    }

    /** What {@code pushPending()} does with a server that takes so many bundles (spec 4.4.1). */
    void push(int accepted) throws SQLException {
      server.accepts(accepted);
      int creates = server.creates();
      Optional<PushOutcome> outcome;
      try {
        outcome = Optional.of(client.pushPending().outcome());
      } catch (TransientRetryExhaustedException nobodyThere) {
        outcome = Optional.empty();
      }
      long before = bundles;
      int asked = 0;
      boolean more = true;
      while (more) {
        boolean resumed = !model.outbox().isEmpty();
        if (!resumed) {
          model.freeze();
        }
        more = false;
        if (!model.outbox().isEmpty()) {
          asked++;
          if (bundles - before < accepted) {
            model.replay(++bundles);
            more = resumed;
          }
        }
      }
      // Property 20: nothing is asked of the server for rows that came and went.
      assertEquals(asked, server.creates() - creates);
      assertEquals(
          model.outbox().isEmpty()
              ? Optional.of(bundles > before ? PushOutcome.COMMITTED : PushOutcome.NO_CHANGE)
              : Optional.empty(),
          outcome);
      model.compare(db);
    }

    void settled() {
      model.sameAs(server);
      assertEquals(0, client.pendingSyncStatus().pendingRowCount());
    }

    @Override
    public void close() {
      if (client != null) {
        client.close();
      }
    }
  }
}
