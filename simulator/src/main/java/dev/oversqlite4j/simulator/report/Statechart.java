package dev.oversqlite4j.simulator.report;

import dev.oversqlite4j.fsm.MachineDefinition;
import dev.oversqlite4j.fsm.Transition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Draws a declared machine. Each state with its substates is a column; all edges from one state to
 * another are one arrow; steps that stay in a state are words in its box. The state before the
 * first step is not a box: where it leads, a dot enters.
 */
public final class Statechart {

  /** How something is to look. */
  enum Look {
    /** Declared, and that is all there is to say. */
    PLAIN,
    /** It was there: taken, covered. */
    TAKEN,
    /** Some of it was. */
    PARTLY,
    /** None of it was. */
    MISSING,
    /** Here it ended. */
    LAST
  }

  /**
   * What is to be said about an arrow, an entry or the steps that stay in a state.
   *
   * @param label a few characters, or nothing
   */
  record Mark(Look look, String label) {}

  /** Every declared way from one state to the same or another one. */
  record Edge(String from, String to, List<String> steps) {
    boolean stays() {
      return from.equals(to);
    }
  }

  /** Says how each edge looks. */
  interface Marks {
    Mark of(Edge edge);

    /** The state where a run ended. */
    default Optional<String> last() {
      return Optional.empty();
    }
  }

  private static final int WIDTH = 176;
  private static final int HEIGHT = 48;
  private static final int COLUMN = WIDTH + 190;
  private static final int ROW = HEIGHT + 52;
  private static final int LEFT = 72;
  private static final int TOP = 70;
  private static final int BOTTOM = 40;
  private static final int FRAME = 16;
  private static final int LEGEND_LINE = 17;

  private final String initial;
  private final Map<String, Box> boxes = new LinkedHashMap<>();
  private final List<Edge> edges;
  private final List<Tag> frames = new ArrayList<>();
  private final int width;
  private final int height;

  private record Box(int column, int row, int x, int y) {
    int centerX() {
      return x + WIDTH / 2;
    }

    int centerY() {
      return y + HEIGHT / 2;
    }
  }

  private enum Side {
    LEFT,
    RIGHT,
    TOP,
    BOTTOM
  }

  /** One end of an arrow. */
  private record Port(String state, Side side, Edge edge, int otherX, int otherY) {}

  private Statechart(MachineDefinition<?, ?> machine) {
    initial = machine.initial().name();
    edges = edges(machine);
    List<List<String>> columns = columns(machine);
    int rows = columns.stream().mapToInt(List::size).max().orElse(0);
    for (int column = 0; column < columns.size(); column++) {
      List<String> states = columns.get(column);
      int top = TOP + (rows - states.size()) * ROW / 2;
      for (int row = 0; row < states.size(); row++) {
        boxes.put(states.get(row), new Box(column, row, LEFT + column * COLUMN, top + row * ROW));
      }
    }
    frames(machine);
    width = 2 * LEFT + (columns.size() - 1) * COLUMN + WIDTH;
    height = TOP + (rows - 1) * ROW + HEIGHT + BOTTOM;
  }

  /** A complete SVG file with every edge numbered, and what the numbers mean below. */
  public static String svg(MachineDefinition<?, ?> machine) {
    Statechart chart = new Statechart(machine);
    Map<Edge, Integer> numbers = new LinkedHashMap<>();
    chart.edges.stream()
        .filter(edge -> !edge.from().equals(chart.initial))
        .forEach(edge -> numbers.put(edge, numbers.size() + 1));
    Tag legend = Tag.of("g", "legend");
    int y = chart.height + LEGEND_LINE;
    for (Edge edge : chart.edges) {
      String number = Optional.ofNullable(numbers.get(edge)).map(n -> n + "  ").orElse("●  ");
      String way = edge.from() + (edge.stays() ? " stays: " : " → " + edge.to() + ": ");
      for (String line : wrapped(number + way + String.join(", ", edge.steps()))) {
        legend.add(Tag.of("text").with("x", LEFT).with("y", y).text(line));
        y += LEGEND_LINE;
      }
    }
    Tag drawing =
        chart
            .root(y + LEGEND_LINE)
            .with("xmlns", "http://www.w3.org/2000/svg")
            .with("width", chart.width)
            .with("height", y + LEGEND_LINE)
            .add(Tag.of("style").source(Page.resource("statechart.css")));
    Marks numbered =
        edge ->
            new Mark(
                Look.PLAIN, Optional.ofNullable(numbers.get(edge)).map(String::valueOf).orElse(""));
    return chart.draw(drawing, numbered).add(legend) + "\n";
  }

  private static final int LEGEND_COLUMNS = 140;

  private static List<String> wrapped(String text) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split("(?<= )")) {
      if (line.length() + word.length() > LEGEND_COLUMNS) {
        lines.add(line.toString());
        line = new StringBuilder("\u00a0".repeat(8));
      }
      line.append(word);
    }
    lines.add(line.toString());
    return lines;
  }

  /** The drawing for a page. */
  static Tag of(MachineDefinition<?, ?> machine, String about, Marks marks) {
    Statechart chart = new Statechart(machine);
    Tag drawing = chart.root(chart.height).with("role", "img").with("aria-label", about);
    return chart.draw(drawing, marks);
  }

  /** Every declared edge, those between the same two states as one. */
  static List<Edge> edges(MachineDefinition<?, ?> machine) {
    Map<List<String>, List<String>> steps = new LinkedHashMap<>();
    for (Transition<?, ?> t : machine.transitions()) {
      steps
          .computeIfAbsent(List.of(t.from().name(), t.to().name()), way -> new ArrayList<>())
          .add(t.trigger().name() + t.guard().map(guard -> " [" + guard + "]").orElse(""));
    }
    List<Edge> edges = new ArrayList<>();
    steps.forEach((way, names) -> edges.add(new Edge(way.get(0), way.get(1), names)));
    return edges;
  }

  // --- Where things are ------------------------------------------------------------------------

  private List<List<String>> columns(MachineDefinition<?, ?> machine) {
    List<List<String>> columns = new ArrayList<>();
    boolean alone = false;
    for (String state : machine.states().stream().map(Enum::name).toList()) {
      if (state.equals(initial) && !isReached(initial) || parent(machine, state).isPresent()) {
        continue;
      }
      List<String> family = family(machine, state);
      if (family.size() == 1 && alone) {
        columns.get(columns.size() - 1).add(state);
      } else {
        columns.add(family);
      }
      alone = family.size() == 1;
    }
    return columns;
  }

  private boolean isReached(String state) {
    return edges.stream().anyMatch(edge -> edge.to().equals(state));
  }

  private static List<String> family(MachineDefinition<?, ?> machine, String state) {
    List<String> family = new ArrayList<>(List.of(state));
    for (Enum<?> other : machine.states()) {
      if (parent(machine, other.name()).equals(Optional.of(state))) {
        family.addAll(family(machine, other.name()));
      }
    }
    return family;
  }

  private static <S extends Enum<S>> Optional<String> parent(
      MachineDefinition<S, ?> machine, String state) {
    return machine.state(state).flatMap(machine::parent).map(Enum::name);
  }

  private void frames(MachineDefinition<?, ?> machine) {
    for (String state : boxes.keySet()) {
      List<String> family = family(machine, state);
      if (family.size() > 1) {
        Box first = boxes.get(state);
        Box last = boxes.get(family.get(family.size() - 1));
        frames.add(
            Tag.of("rect", "frame")
                .with("x", first.x() - FRAME)
                .with("y", first.y() - FRAME)
                .with("width", WIDTH + 2 * FRAME)
                .with("height", last.y() - first.y() + HEIGHT + 2 * FRAME)
                .with("rx", FRAME));
      }
    }
  }

  // --- Drawing ---------------------------------------------------------------------------------

  private Tag root(int fullHeight) {
    return Tag.of("svg", "statechart").with("viewBox", "0 0 " + width + " " + fullHeight);
  }

  private Tag draw(Tag drawing, Marks marks) {
    drawing.add(frames);
    List<Edge> arrows =
        edges.stream().filter(e -> !e.stays() && boxes.containsKey(e.from())).toList();
    Map<Port, Integer> places = places(arrows);
    List<Tag> badges = new ArrayList<>();
    // What is to be seen is drawn last.
    arrows.stream()
        .sorted(Comparator.comparing(edge -> marks.of(edge).look()))
        .forEach(edge -> drawing.add(arrow(edge, marks.of(edge), places, badges)));
    boxes.forEach((state, box) -> drawing.add(box(state, box, marks)));
    return drawing.add(badges);
  }

  private Tag box(String state, Box box, Marks marks) {
    Optional<Edge> stays =
        edges.stream()
            .filter(e -> e.stays() && e.from().equals(state) && !marks.of(e).label().isEmpty())
            .findAny();
    Optional<Edge> entry =
        edges.stream().filter(e -> e.from().equals(initial) && e.to().equals(state)).findAny();
    boolean last = marks.last().equals(Optional.of(state));
    boolean touched =
        edges.stream()
            .filter(e -> e.from().equals(state) || e.to().equals(state))
            .anyMatch(e -> marks.of(e).look() == Look.TAKEN || marks.of(e).look() == Look.PARTLY);
    Tag group = Tag.of("g", css("state", last ? Look.LAST : touched ? Look.TAKEN : Look.PLAIN));
    entry.filter(e -> !boxes.containsKey(initial)).ifPresent(e -> enter(group, box, e, marks));
    group.add(
        Tag.of("rect")
            .with("x", box.x())
            .with("y", box.y())
            .with("width", WIDTH)
            .with("height", HEIGHT)
            .with("rx", 8),
        label(box.centerX(), box.y() + (stays.isPresent() ? 21 : 29), state, "name"));
    stays.ifPresent(
        edge -> {
          Mark mark = marks.of(edge);
          group.add(
              label(box.centerX(), box.y() + 39, "↻ " + mark.label(), css("stays", mark.look()))
                  .add(title(edge)));
        });
    return group;
  }

  private static void enter(Tag group, Box box, Edge edge, Marks marks) {
    Mark mark = marks.of(edge);
    int x = box.x() + 16;
    Tag entry = Tag.of("g", css("arrow", mark.look())).add(title(edge));
    entry.add(
        Tag.of("circle", "dot").with("cx", x).with("cy", box.y() - 24).with("r", 5),
        Tag.of("path", "line").with("d", "M" + x + "," + (box.y() - 24) + " V" + (box.y() - 6)),
        head(x, box.y(), Side.TOP));
    group.add(entry);
    if (!mark.label().isEmpty()) {
      group.add(
          Tag.of("text", css("entry", mark.look()))
              .with("x", x + 9)
              .with("y", box.y() - 20)
              .text(mark.label()));
    }
  }

  private Tag arrow(Edge edge, Mark mark, Map<Port, Integer> places, List<Tag> badges) {
    Port out = port(edge, edge.from());
    Port in = port(edge, edge.to());
    double[] a = point(out, places.get(out), 0);
    double[] b = point(in, places.get(in), 6);
    double[] c = away(out, a, b);
    double[] d = away(in, b, a);
    Tag group = Tag.of("g", css("arrow", mark.look())).add(title(edge));
    group.add(
        Tag.of("path", "line")
            .with("d", format("M%.1f,%.1f C%.1f,%.1f %.1f,%.1f %.1f,%.1f", a, c, d, b)));
    double[] tip = point(in, places.get(in), 0);
    group.add(head(tip[0], tip[1], in.side()));
    if (!mark.label().isEmpty()) {
      // Not all in the middle, where the arrows cross.
      double t = 0.26 + 0.12 * (edges.indexOf(edge) % 5);
      badges.add(badge(at(a, c, d, b, t, 0), at(a, c, d, b, t, 1), mark));
    }
    return group;
  }

  private static Tag badge(double x, double y, Mark mark) {
    double half = 5 + mark.label().length() * 3.6;
    return Tag.of("g", css("badge", mark.look()))
        .add(
            Tag.of("rect")
                .with("x", number(x - half))
                .with("y", number(y - 9))
                .with("width", number(2 * half))
                .with("height", 18)
                .with("rx", 9),
            label(x, y + 4, mark.label(), ""));
  }

  /** Spreads the ends of arrows over each side of each box, so that they do not cross there. */
  private Map<Port, Integer> places(List<Edge> arrows) {
    Map<List<Object>, List<Port>> sides = new LinkedHashMap<>();
    for (Edge edge : arrows) {
      for (String state : List.of(edge.from(), edge.to())) {
        Port port = port(edge, state);
        sides.computeIfAbsent(List.of(state, port.side()), s -> new ArrayList<>()).add(port);
      }
    }
    Map<Port, Integer> places = new LinkedHashMap<>();
    sides
        .values()
        .forEach(
            ports -> {
              ports.sort(Comparator.comparingInt(Port::otherY).thenComparingInt(Port::otherX));
              Side side = ports.get(0).side();
              boolean vertical = side == Side.LEFT || side == Side.RIGHT;
              int from = vertical ? 8 : 44;
              int length = (vertical ? HEIGHT : WIDTH) - from - 8;
              for (int i = 0; i < ports.size(); i++) {
                places.put(ports.get(i), from + (2 * i + 1) * length / (2 * ports.size()));
              }
            });
    return places;
  }

  private Port port(Edge edge, String state) {
    Box from = boxes.get(edge.from());
    Box to = boxes.get(edge.to());
    boolean out = state.equals(edge.from());
    Box other = out ? to : from;
    Side side;
    if (from.column() == to.column()) {
      boolean down = to.row() > from.row();
      side =
          Math.abs(to.row() - from.row()) > 1
              ? (down ? Side.RIGHT : Side.LEFT)
              : down == out ? Side.BOTTOM : Side.TOP;
    } else {
      side = (to.column() > from.column()) == out ? Side.RIGHT : Side.LEFT;
    }
    return new Port(state, side, edge, other.centerX(), other.centerY());
  }

  private double[] point(Port port, int along, int off) {
    Box box = boxes.get(port.state());
    return switch (port.side()) {
      case LEFT -> new double[] {box.x() - off, box.y() + along};
      case RIGHT -> new double[] {box.x() + WIDTH + off, box.y() + along};
      case TOP -> new double[] {box.x() + along, box.y() - off};
      case BOTTOM -> new double[] {box.x() + along, box.y() + HEIGHT + off};
    };
  }

  /** The control point of an end: straight out of the box, farther for a longer way. */
  private double[] away(Port port, double[] here, double[] there) {
    Box from = boxes.get(port.edge().from());
    Box to = boxes.get(port.edge().to());
    double reach =
        from.column() == to.column()
            ? 22 + 16.0 * Math.abs(from.row() - to.row())
            : 30 + Math.abs(here[0] - there[0]) * 0.3;
    // Past the columns in between, not through their boxes.
    boolean over = Math.abs(from.column() - to.column()) > 1;
    boolean above = from.y() + to.y() < height - HEIGHT;
    double y = over ? (above ? -0.35 * TOP : height + 0.35 * TOP) : here[1];
    return switch (port.side()) {
      case LEFT -> new double[] {here[0] - reach, y};
      case RIGHT -> new double[] {here[0] + reach, y};
      case TOP -> new double[] {here[0], here[1] - 20};
      case BOTTOM -> new double[] {here[0], here[1] + 20};
    };
  }

  private static double at(double[] a, double[] c, double[] d, double[] b, double t, int i) {
    double u = 1 - t;
    return u * u * u * a[i] + 3 * u * u * t * c[i] + 3 * u * t * t * d[i] + t * t * t * b[i];
  }

  /** An arrow head that touches a side from outside. */
  private static Tag head(double x, double y, Side side) {
    int out = side == Side.LEFT || side == Side.TOP ? -8 : 8;
    boolean flat = side == Side.LEFT || side == Side.RIGHT;
    String d =
        flat
            ? format("M%.1f,%.1f l%.1f,%.1f l%.1f,%.1f z", xy(x, y), xy(out, -4), xy(0, 8))
            : format("M%.1f,%.1f l%.1f,%.1f l%.1f,%.1f z", xy(x, y), xy(-4, out), xy(8, 0));
    return Tag.of("path", "head").with("d", d);
  }

  private static double[] xy(double x, double y) {
    return new double[] {x, y};
  }

  private static Tag label(double x, double y, String text, String cssClass) {
    Tag label = cssClass.isEmpty() ? Tag.of("text") : Tag.of("text", cssClass);
    return label.with("x", number(x)).with("y", number(y)).with("text-anchor", "middle").text(text);
  }

  private static Tag title(Edge edge) {
    return Tag.of("title")
        .text(edge.from() + " → " + edge.to() + ": " + String.join(", ", edge.steps()));
  }

  private static String css(String what, Look look) {
    return what + " " + look.name().toLowerCase(Locale.ROOT);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static String format(String format, double[]... points) {
    Object[] numbers = new Object[points.length * 2];
    for (int i = 0; i < points.length; i++) {
      numbers[2 * i] = points[i][0];
      numbers[2 * i + 1] = points[i][1];
    }
    return String.format(Locale.ROOT, format, numbers);
  }
}
