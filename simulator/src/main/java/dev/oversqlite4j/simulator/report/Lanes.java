package dev.oversqlite4j.simulator.report;

import dev.oversqlite4j.simulator.report.RunRecord.AtSeam;
import dev.oversqlite4j.simulator.report.RunRecord.Calling;
import dev.oversqlite4j.simulator.report.RunRecord.Cause;
import dev.oversqlite4j.simulator.report.RunRecord.Changed;
import dev.oversqlite4j.simulator.report.RunRecord.Entry;
import dev.oversqlite4j.simulator.report.RunRecord.JournalRow;
import dev.oversqlite4j.simulator.report.RunRecord.Served;
import dev.oversqlite4j.simulator.report.RunRecord.Told;
import dev.oversqlite4j.simulator.report.Segment.Item;
import dev.oversqlite4j.simulator.report.Snapshot.CellChange;
import dev.oversqlite4j.simulator.report.Snapshot.RowChange;
import dev.oversqlite4j.simulator.world.RunEvent.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The lines of a segment in their lanes, each with what it changed. */
final class Lanes {

  private static final int ROWS_MAX = 60;
  private static final int BODY_MAX = 1500;
  private static final String MACHINE = "oversqlite/lifecycle";

  /** Who does something; a column on a wide screen, a word on a narrow one. */
  enum Lane {
    APP,
    CLIENT,
    JOURNAL,
    WIRE,
    SERVER;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private Lanes() {}

  static Tag head() {
    Tag head = Tag.of("div", "lanes-head").with("aria-hidden", "true");
    for (Lane lane : Lane.values()) {
      head.add(Tag.of("span", lane.text()).text(lane.text()));
    }
    return head;
  }

  static Tag of(Segment segment) {
    Tag list = Tag.of("ol", "lanes");
    long at = -1;
    for (Item item : segment.items()) {
      if (!item.seams().isEmpty()) {
        list.add(seams(item.seams()));
      }
      if (item.entry().isPresent()) {
        Entry entry = item.entry().get();
        list.add(line(entry, entry.atMillis() == at ? "" : entry.atMillis() + " ms"));
        at = entry.atMillis();
      }
    }
    return list;
  }

  private static Tag line(Entry entry, String time) {
    Tag line = Tag.of("li", "event");
    if (!time.isEmpty()) {
      line.add(Tag.of("span", "at").text(time));
    }
    if (entry.content() instanceof Calling calling) {
      line.add(cell(Lane.CLIENT).text("calls ").add(strong(calling.operation())));
    } else if (entry.content() instanceof Told told) {
      told(line, told);
    } else if (entry.content() instanceof Served served) {
      line.add(
          cell(Lane.WIRE).text("⇄ " + Words.idsShortened(served.request())),
          cell(Lane.SERVER)
              .add(
                  Tag.of("span", served.status() < 400 ? "status" : "status refused")
                      .text(served.status()))
              .text(" " + Words.summary(served.answer()))
              .add(bodies(served)));
    } else if (entry.content() instanceof Changed changed) {
      changed(line, changed, tag -> tag);
    }
    return line;
  }

  private static void told(Tag line, Told told) {
    switch (told.kind()) {
      case WRITE, APP -> line.add(cell(Lane.APP).text(told.text()));
      case SLEEP -> line.add(cell(Lane.CLIENT).text(told.text()));
      case CALL -> {
        boolean threw = told.text().endsWith("Exception");
        String result = Words.result(told.text());
        Tag cell = cell(Lane.CLIENT).add(Tag.of("span", threw ? "threw" : "result").text(result));
        if (!result.equals(told.text())) {
          cell.add(
              Tag.of("details", "body")
                  .add(Tag.of("summary").text("whole result"), Tag.of("code").text(told.text())));
        }
        line.add(cell);
      }
      case CRASH -> line.add(bar("crash", "✖ " + told.text(), meaning(told.text())));
      case FAULT -> line.add(bar("fault", "⚡ " + told.text(), ""));
      case DISTURBANCE -> line.add(bar("fault", "⚡ " + told.text(), ""));
      case PHASE -> line.add(bar("phase", told.text(), ""));
    }
  }

  /** What a crash at a seam means, for somebody who has not read what a seam is. */
  private static String meaning(String crash) {
    for (Map.Entry<String, String> seam : MEANINGS.entrySet()) {
      if (crash.contains(seam.getKey() + " ")) {
        return seam.getValue();
      }
    }
    return "";
  }

  private static final Map<String, String> MEANINGS = meanings();

  private static Map<String, String> meanings() {
    Map<String, String> meanings = new LinkedHashMap<>();
    meanings.put("POWER LOSS", "What was not synced to the disk may be gone with the process.");
    meanings.put("STATEMENT", "The process is gone before this statement ran.");
    meanings.put("COMMIT", "The process is gone right before or right after this commit.");
    meanings.put("SEND", "The process is gone before the request left.");
    meanings.put(
        "RECEIVE", "The server has acted; the process is gone before it heard the answer.");
    meanings.put("SLEEP", "The process is gone while it slept.");
    meanings.put("LOCK", "The process is gone while it waited for a lock.");
    return meanings;
  }

  private static void changed(Tag line, Changed changed, UnaryOperator<Tag> unfold) {
    boolean byApp = changed.journal().isEmpty();
    if (changed.cause() == Cause.COMMIT) {
      line.add(cell(byApp ? Lane.APP : Lane.CLIENT).text("commit"));
    } else {
      line.add(cell(Lane.CLIENT).text("the next process finds another file"));
    }
    if (!changed.journal().isEmpty()) {
      Tag cell = cell(Lane.JOURNAL);
      changed.journal().forEach(row -> cell.add(journal(row)));
      line.add(cell);
    }
    if (!changed.rows().isEmpty()) {
      line.add(unfold.apply(differences(changed.rows())));
    }
  }

  private static Tag journal(JournalRow row) {
    String machine = row.machine().equals(MACHINE) ? "" : row.machine() + " ";
    Tag text =
        Tag.of("summary")
            .text(machine + row.seq() + " ")
            .add(strong(row.trigger()))
            .add(Tag.of("br"))
            .text(row.from().equals(row.to()) ? row.from() : row.from() + " → " + row.to());
    return Tag.of("details", "row").add(text, Tag.of("code").text(row.facts()));
  }

  // --- What changed ----------------------------------------------------------------------------

  /** What a commit did, unfolded. */
  static Tag change(Changed changed) {
    Tag list = Tag.of("ol", "lanes");
    Tag line = Tag.of("li", "event");
    changed(line, changed, tag -> tag.with("open", "open"));
    return list.add(line);
  }

  private static Tag differences(List<RowChange> changes) {
    Map<String, List<RowChange>> tables = new LinkedHashMap<>();
    // The app's own tables first: theirs is what a person looks for.
    changes.stream()
        .sorted(Comparator.comparing(c -> c.table().startsWith("_")))
        .forEach(c -> tables.computeIfAbsent(c.table(), t -> new ArrayList<>()).add(c));
    List<String> names = new ArrayList<>();
    tables.forEach((table, rows) -> names.add(table + " " + counts(rows)));
    Tag all = Tag.of("details", "diff");
    all.add(Tag.of("summary").text("Rows: " + String.join(", ", names)));
    tables.forEach(
        (table, rows) -> {
          all.add(Tag.of("h4").text(table));
          Tag list = Tag.of("ul");
          rows.stream().limit(ROWS_MAX).forEach(row -> list.add(difference(row)));
          if (rows.size() > ROWS_MAX) {
            list.add(Tag.of("li").text("and " + (rows.size() - ROWS_MAX) + " more"));
          }
          all.add(list);
        });
    return all;
  }

  private static String counts(List<RowChange> rows) {
    StringBuilder counts = new StringBuilder();
    for (RowChange.Kind kind : RowChange.Kind.values()) {
      long count = rows.stream().filter(row -> row.kind() == kind).count();
      if (count > 0) {
        counts.append(counts.isEmpty() ? "" : " ").append(sign(kind)).append(count);
      }
    }
    return counts.toString();
  }

  private static String sign(RowChange.Kind kind) {
    return switch (kind) {
      case ADDED -> "+";
      case CHANGED -> "~";
      case REMOVED -> "−";
    };
  }

  private static Tag difference(RowChange row) {
    Tag item = Tag.of("li", row.kind().name().toLowerCase(Locale.ROOT));
    item.add(Tag.of("span", "sign").text(sign(row.kind()) + " "));
    for (CellChange cell : row.cells()) {
      Tag value = Tag.of("span", "cell").add(Tag.of("i").text(cell.column() + " "));
      boolean changed = row.kind() == RowChange.Kind.CHANGED;
      cell.before().ifPresent(old -> value.add(Tag.of(changed ? "del" : "span").text(old)));
      if (cell.before().isPresent() && cell.after().isPresent()) {
        value.text(" → ");
      }
      cell.after()
          .ifPresent(
              now ->
                  value.add(
                      Tag.of(changed && cell.before().isPresent() ? "ins" : "span").text(now)));
      item.add(value).text(" ");
    }
    return item;
  }

  // --- Details ---------------------------------------------------------------------------------

  private static Tag bodies(Served served) {
    Tag details = Tag.of("details", "body").add(Tag.of("summary").text("body"));
    if (!served.sent().isEmpty()) {
      details.add(Tag.of("code").text("sent: " + shortened(served.sent())));
    }
    return details.add(Tag.of("code").text("answer: " + shortened(served.answer())));
  }

  private static String shortened(String body) {
    return body.length() <= BODY_MAX
        ? body
        : body.substring(0, BODY_MAX) + "… and " + (body.length() - BODY_MAX) + " characters more";
  }

  private static Tag seams(List<Entry> seams) {
    Tag list = Tag.of("ol", "seam-list");
    for (Entry entry : seams) {
      AtSeam at = (AtSeam) entry.content();
      list.add(Tag.of("li").text((at.number() == 0 ? "" : at.number() + " ") + at.seam()));
    }
    return Tag.of("li", "seams")
        .add(
            Tag.of("details")
                .add(
                    Tag.of("summary").text(seams.size() + (seams.size() == 1 ? " seam" : " seams")),
                    list));
  }

  private static Tag bar(String cssClass, String text, String meaning) {
    Tag bar = Tag.of("div", "bar " + cssClass).add(strong(text));
    return meaning.isEmpty() ? bar : bar.text(" " + meaning);
  }

  private static Tag cell(Lane lane) {
    return Tag.of("div", "cell-" + lane.text())
        .add(Tag.of("span", "lane " + lane.text()).text(lane.text()));
  }

  private static Tag strong(String text) {
    return Tag.of("strong").text(text);
  }

  static boolean isTrouble(Entry entry) {
    return entry.content() instanceof Told told
        && (told.kind() == Kind.CRASH
            || told.kind() == Kind.FAULT
            || told.kind() == Kind.DISTURBANCE);
  }
}
