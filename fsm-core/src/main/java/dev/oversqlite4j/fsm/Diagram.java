package dev.oversqlite4j.fsm;

import java.util.List;

/** Draws definitions. */
public final class Diagram {

  private Diagram() {}

  /**
   * A Mermaid state diagram: substates inside their parents, the initial state, and every declared
   * edge in the order of declaration, labelled {@code TRIGGER [guard]}. The same definition always
   * gives the same text.
   */
  public static <S extends Enum<S>, T extends Enum<T>> String mermaid(
      MachineDefinition<S, T> definition) {
    StringBuilder text = new StringBuilder("stateDiagram-v2\n");
    for (S state : definition.states()) {
      if (definition.parent(state).isEmpty()) {
        substates(definition, state, "    ", text);
      }
    }
    text.append("    [*] --> ").append(definition.initial().name()).append('\n');
    for (Transition<S, T> edge : definition.transitions()) {
      text.append("    ")
          .append(edge.from().name())
          .append(" --> ")
          .append(edge.to().name())
          .append(" : ")
          .append(edge.trigger().name());
      edge.guard().ifPresent(guard -> text.append(" [").append(label(guard)).append(']'));
      text.append('\n');
    }
    return text.toString();
  }

  private static <S extends Enum<S>> void substates(
      MachineDefinition<S, ?> definition, S state, String indent, StringBuilder text) {
    List<S> children =
        definition.states().stream()
            .filter(child -> definition.parent(child).filter(up -> up == state).isPresent())
            .toList();
    if (children.isEmpty()) {
      return;
    }
    text.append(indent).append("state ").append(state.name()).append(" {\n");
    for (S child : children) {
      text.append(indent).append("    ").append(child.name()).append('\n');
      substates(definition, child, indent + "    ", text);
    }
    text.append(indent).append("}\n");
  }

  // Mermaid ends a label at a colon, a semicolon or a line break.
  private static String label(String guard) {
    return guard.replaceAll("[:;\\s]+", " ").strip();
  }
}
