package dev.oversqlite4j.simulator.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.oversqlite4j.lifecycle.DurableState;
import dev.oversqlite4j.lifecycle.LifecycleDefinition;
import java.awt.Rectangle;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

class StatechartTest {

  private final Markup drawing = Markup.of(Statechart.svg(LifecycleDefinition.get()));

  private List<Rectangle> boxes() {
    return drawing.classed("state").stream()
        .map(state -> (Element) state.getElementsByTagName("rect").item(0))
        .map(
            box ->
                new Rectangle(
                    Integer.parseInt(box.getAttribute("x")),
                    Integer.parseInt(box.getAttribute("y")),
                    Integer.parseInt(box.getAttribute("width")),
                    Integer.parseInt(box.getAttribute("height"))))
        .toList();
  }

  @Test
  void drawsEveryStateOnceAndApart() {
    Set<String> names =
        drawing.classed("name").stream().map(Element::getTextContent).collect(Collectors.toSet());
    Set<String> declared =
        Arrays.stream(DurableState.values()).map(Enum::name).collect(Collectors.toSet());
    // Not a box: nothing leads there, so a dot stands for it wherever it leads.
    declared.remove("UNOPENED");

    assertEquals(declared, names);
    List<Rectangle> boxes = boxes();
    assertEquals(declared.size(), boxes.size());
    for (Rectangle one : boxes) {
      assertTrue(boxes.stream().filter(one::intersects).count() == 1, one.toString());
    }
  }

  @Test
  void drawsEveryDeclaredEdgeAndSaysWhatItIs() {
    Set<String> declared = new TreeSet<>();
    for (Statechart.Edge edge : Statechart.edges(LifecycleDefinition.get())) {
      declared.add(edge.from() + " → " + edge.to() + ": " + String.join(", ", edge.steps()));
    }
    List<String> drawn =
        drawing.named("title").stream().map(Element::getTextContent).sorted().toList();

    assertEquals(List.copyOf(declared), drawn);
    assertEquals(
        LifecycleDefinition.get().transitions().size(),
        Statechart.edges(LifecycleDefinition.get()).stream().mapToInt(e -> e.steps().size()).sum());
    // A number on each arrow, and its meaning below.
    Set<String> numbers =
        drawing.classed("badge").stream().map(Element::getTextContent).collect(Collectors.toSet());
    List<String> legend = drawing.classed("legend").get(0).getTextContent().lines().toList();
    assertFalse(numbers.isEmpty());
    assertEquals(new HashSet<>(numbers).size(), drawing.classed("badge").size());
    numbers.forEach(n -> assertTrue(legend.toString().contains(n + "  "), n));
  }

  @Test
  void staysInsideItsFrame() {
    String[] view = drawing.document().getDocumentElement().getAttribute("viewBox").split(" ");
    Rectangle frame = new Rectangle(0, 0, Integer.parseInt(view[2]), Integer.parseInt(view[3]));

    boxes().forEach(box -> assertTrue(frame.contains(box), box.toString()));
    drawing.elements(e -> e.getTagName().equals("path")).stream()
        .map(path -> path.getAttribute("d"))
        .filter(d -> d.contains("C"))
        .forEach(d -> assertTrue(d.matches("M[\\d.]+,[\\d.]+ C.*"), d));
  }
}
