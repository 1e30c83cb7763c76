package dev.oversqlite4j.persistence;

import dev.oversqlite4j.persistence.CaptureTriggersTest.Command;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What capture has to record (spec 2.4 rules 3 to 7 and 9), said without SQL. */
final class CaptureModel {

  private record Person(String age) {}

  private record Note(String person, String body) {}

  private record Known(long version, boolean live) {}

  private record Dirty(
      long ordinal, String table, String key, String op, long base, String payload) {
    String text() {
      return ordinal + "|" + table + "|" + key + "|" + op + "|" + base + "|" + payload;
    }
  }

  private final Map<String, Person> people = new TreeMap<>();

  /** In the order of their rowids, which is how SQLite walks a table without an index. */
  private final Map<Integer, Note> notes = new LinkedHashMap<>();

  private final Map<String, Known> known = new TreeMap<>();
  private final Map<String, Dirty> dirty = new LinkedHashMap<>();

  List<String> dirty() {
    return dirty.values().stream()
        .sorted(Comparator.comparingLong(Dirty::ordinal))
        .map(Dirty::text)
        .toList();
  }

  void perform(Command command) {
    String person = "p" + command.key();
    String other = "p" + command.other();
    int note = command.key();
    switch (command.kind()) {
      case INSERT_PERSON -> {
        if (!people.containsKey(person)) {
          people.put(person, new Person("null"));
          writtenPerson(person);
        }
      }
      case UPDATE_PERSON -> {
        if (people.containsKey(person)) {
          people.put(person, new Person("\"7\""));
          writtenPerson(person);
        }
      }
      case DELETE_PERSON -> {
        if (people.remove(person) != null) {
          notesOf(person).forEach(this::deleteNote);
          mark("person", personKey(person), "DELETE", "null");
        }
      }
      case RENAME_PERSON -> rename(person, other);
      case INSERT_NOTE -> {
        if (!notes.containsKey(note)) {
          notes.put(note, new Note(people.containsKey(other) ? other : null, null));
          writtenNote(note);
        }
      }
      case REPLACE_NOTE -> {
        notes.remove(note);
        notes.put(note, new Note(null, "replaced"));
        writtenNote(note);
      }
      case UPSERT_NOTE -> {
        Note before = notes.get(note);
        notes.put(
            note, before == null ? new Note(null, "first") : new Note(before.person(), "second"));
        writtenNote(note);
      }
      case DELETE_NOTE -> {
        if (notes.containsKey(note)) {
          deleteNote(note);
        }
      }
      case MOVE_NOTE -> {
        if (notes.containsKey(note)) {
          notes.put(
              note, new Note(people.containsKey(other) ? other : null, notes.get(note).body()));
          writtenNote(note);
        }
      }
      case SERVER_HAS_PERSON, SERVER_LOST_PERSON ->
          known.put(
              personKey(person),
              new Known(10L + command.other(), command.kind() == Command.Kind.SERVER_HAS_PERSON));
      case FREEZE ->
          dirty.values().stream()
              .min(Comparator.comparingLong(Dirty::ordinal))
              .ifPresent(first -> dirty.remove(first.key()));
    }
  }

  private void rename(String from, String to) {
    if (!people.containsKey(from) || (!from.equals(to) && people.containsKey(to))) {
      return;
    }
    people.put(to, people.remove(from));
    if (!from.equals(to)) {
      for (int note : notesOf(from)) {
        notes.put(note, new Note(to, notes.get(note).body()));
        writtenNote(note);
      }
      mark("person", personKey(from), "DELETE", "null");
    }
    writtenPerson(to);
  }

  private List<Integer> notesOf(String person) {
    List<Integer> found = new ArrayList<>();
    notes.forEach(
        (id, note) -> {
          if (person.equals(note.person())) {
            found.add(id);
          }
        });
    return found;
  }

  private void deleteNote(int note) {
    notes.remove(note);
    mark("note", noteKey(note), "DELETE", "null");
  }

  private void writtenPerson(String person) {
    written(
        "person",
        personKey(person),
        "{\"id\":\"%s\",\"name\":\"new\",\"age\":%s,\"height\":null,\"happy\":null,\"photo\":null}"
            .formatted(person, people.get(person).age()));
  }

  private void writtenNote(int id) {
    Note note = notes.get(id);
    written(
        "note",
        noteKey(id),
        "{\"id\":\"%02x\",\"person_id\":%s,\"ref\":null,\"body\":%s}"
            .formatted(id, quoted(note.person()), quoted(note.body())));
  }

  private void written(String table, String key, String payload) {
    Known server = known.get(key);
    mark(table, key, server != null && server.live() ? "UPDATE" : "INSERT", payload);
  }

  private void mark(String table, String key, String op, String payload) {
    Dirty before = dirty.get(key);
    long next = dirty.values().stream().mapToLong(Dirty::ordinal).max().orElse(0) + 1;
    Known server = known.get(key);
    dirty.put(
        key,
        new Dirty(
            before == null ? next : before.ordinal(),
            table,
            key,
            op,
            before != null ? before.base() : server != null ? server.version() : 0,
            payload));
  }

  private static String personKey(String person) {
    return "{\"id\":\"" + person + "\"}";
  }

  private static String noteKey(int note) {
    return "{\"id\":\"%02x\"}".formatted(note);
  }

  private static String quoted(String text) {
    return text == null ? "null" : '"' + text + '"';
  }
}
