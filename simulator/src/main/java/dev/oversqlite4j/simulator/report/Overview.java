package dev.oversqlite4j.simulator.report;

import dev.oversqlite4j.simulator.report.Lanes.Lane;
import dev.oversqlite4j.simulator.report.RunRecord.Calling;
import dev.oversqlite4j.simulator.report.RunRecord.Cause;
import dev.oversqlite4j.simulator.report.RunRecord.Changed;
import dev.oversqlite4j.simulator.report.RunRecord.Entry;
import dev.oversqlite4j.simulator.report.RunRecord.Served;
import dev.oversqlite4j.simulator.report.RunRecord.Told;
import dev.oversqlite4j.simulator.report.Segment.Item;
import dev.oversqlite4j.simulator.world.RunEvent.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The whole run in one picture: time to the right, a lane for each that takes part. */
final class Overview {

  private static final int LANE = 30;
  private static final int LEFT = 64;
  private static final int TOP = 26;
  private static final int GAP = 6;
  // A long run is drawn closer together; below this nobody could tell the marks apart.
  private static final int WIDTH_MAX = 4000;
  private static final double PITCH_MAX = 13;
  private static final double PITCH_MIN = 3;

  private Overview() {}

  static Tag of(List<Segment> segments, boolean failed) {
    long lines = segments.stream().mapToLong(s -> s.items().size() + 1).sum();
    double pitch = Math.max(PITCH_MIN, Math.min(PITCH_MAX, (double) WIDTH_MAX / (lines + 1)));
    int height = TOP + Lane.values().length * LANE + 8;
    List<Tag> marks = new ArrayList<>();
    double x = LEFT;
    for (Segment segment : segments) {
      double from = x;
      Tag inside = Tag.of("g");
      x += pitch;
      for (Item item : segment.items()) {
        item.entry().ifPresent(markAt(inside, x, height));
        x += pitch;
      }
      marks.add(band(segment, from, x, height, inside));
      x += GAP;
    }
    if (failed) {
      marks.add(
          text(x + 6, TOP + Lane.values().length * LANE / 2.0 + 8, "✗").with("class", "violation"));
      x += 34;
    }
    Tag drawing =
        Tag.of("svg", "overview")
            .with("viewBox", "0 0 " + number(x + 6) + " " + height)
            .with("width", number(x + 6))
            .with("height", height)
            .with("role", "group")
            .with("aria-label", "The run in lanes; each band is a step and leads to it");
    for (Lane lane : Lane.values()) {
      double y = y(lane);
      drawing.add(
          Tag.of("line", "lane-line " + lane.text())
              .with("x1", LEFT)
              .with("x2", number(x))
              .with("y1", number(y))
              .with("y2", number(y)),
          text(4, y + 4, lane.text()).with("class", "lane-name"));
    }
    return drawing.add(marks);
  }

  private static Tag band(Segment segment, double from, double to, int height, Tag inside) {
    String step = String.valueOf(segment.step() + 1);
    Tag band =
        Tag.of("a", "band")
            .with("href", "#" + segment.anchor())
            .with(
                "aria-label",
                "step " + step + segment.device().map(d -> ", device " + d).orElse(""));
    band.add(
        Tag.of("rect", "device" + segment.device().orElse(0) % 4)
            .with("x", number(from))
            .with("y", 2)
            .with("width", number(to - from))
            .with("height", height - 4)
            .with("rx", 4));
    if (segment.part() == 1) {
      band.add(text(from + 4, 16, step));
    }
    return band.add(inside);
  }

  private static java.util.function.Consumer<Entry> markAt(Tag inside, double x, int height) {
    return entry -> {
      if (entry.content() instanceof Told told && told.kind() == Kind.CRASH) {
        inside.add(bar("crash", x, height, told.text()));
      } else if (Lanes.isTrouble(entry)) {
        inside.add(bar("fault", x, height, ((Told) entry.content()).text()));
      } else if (entry.content() instanceof Told told && told.kind() != Kind.PHASE) {
        boolean app = told.kind() == Kind.WRITE || told.kind() == Kind.APP;
        inside.add(dot(app ? Lane.APP : Lane.CLIENT, x, 4.5, told.text()));
      } else if (entry.content() instanceof Calling calling) {
        inside.add(dot(Lane.CLIENT, x, 4.5, "calls " + calling.operation()));
      } else if (entry.content() instanceof Served served) {
        inside.add(
            Tag.of("line", "wire-line")
                .with("x1", number(x))
                .with("x2", number(x))
                .with("y1", number(y(Lane.CLIENT)))
                .with("y2", number(y(Lane.SERVER))),
            dot(Lane.WIRE, x, 3, served.request()),
            dot(Lane.SERVER, x, 3.5, String.valueOf(served.status())));
      } else if (entry.content() instanceof Changed changed && changed.cause() == Cause.COMMIT) {
        boolean app = changed.journal().isEmpty();
        Tag dot =
            app
                ? dot(Lane.APP, x, 3, "commit")
                : dot(Lane.JOURNAL, x, 4.5, changed.journal().get(0).trigger());
        inside.add(dot);
      }
    };
  }

  private static Tag bar(String cssClass, double x, int height, String title) {
    return Tag.of("rect", "mark-" + cssClass)
        .with("x", number(x - 2))
        .with("y", TOP - 4)
        .with("width", 4)
        .with("height", height - TOP - 2)
        .add(Tag.of("title").text(title));
  }

  private static Tag dot(Lane lane, double x, double radius, String title) {
    return Tag.of("circle", "dot " + lane.text())
        .with("cx", number(x))
        .with("cy", number(y(lane)))
        .with("r", radius)
        .add(Tag.of("title").text(title));
  }

  private static double y(Lane lane) {
    return TOP + LANE * (lane.ordinal() + 0.5);
  }

  private static Tag text(double x, double y, String text) {
    return Tag.of("text").with("x", number(x)).with("y", number(y)).text(text);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
