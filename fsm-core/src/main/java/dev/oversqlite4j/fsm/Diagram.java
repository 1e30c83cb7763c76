package dev.oversqlite4j.fsm;

/** Draws definitions. */
public final class Diagram {

  private Diagram() {}

  /**
   * A Mermaid state diagram: the initial state and every declared edge in the order of declaration,
   * labelled {@code TRIGGER [guard]}. The same definition always gives the same text.
   */
  public static <S extends Enum<S>, T extends Enum<T>> String mermaid(
      MachineDefinition<S, T> definition) {
    StringBuilder text = new StringBuilder("stateDiagram-v2\n");
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

  // Mermaid ends a label at a colon, a semicolon or a line break.
  private static String label(String guard) {
    return guard.replaceAll("[:;\\s]+", " ").strip();
  }
}
