package dev.oversqlite4j.simulator.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * One element of a page with what is in it. Everything a page shows goes through here, and nothing
 * comes out unescaped. What is written is HTML and, but for its first line, XML as well.
 */
final class Tag {

  // Everything else has an end tag, as HTML demands it even of an empty element.
  private static final Set<String> WITHOUT_END =
      Set.of("meta", "br", "hr", "path", "rect", "circle", "line");

  private final String name;
  private final StringBuilder attributes = new StringBuilder();
  private final List<Object> children = new ArrayList<>();

  private record Raw(String text) {}

  private Tag(String name) {
    this.name = name;
  }

  static Tag of(String name) {
    return new Tag(name);
  }

  /** An element with a class. */
  static Tag of(String name, String cssClass) {
    return new Tag(name).with("class", cssClass);
  }

  Tag with(String attribute, Object value) {
    attributes.append(' ').append(attribute).append("=\"");
    escape(String.valueOf(value), attributes);
    attributes.append('"');
    return this;
  }

  Tag text(Object text) {
    children.add(String.valueOf(text));
    return this;
  }

  Tag add(Tag... tags) {
    children.addAll(List.of(tags));
    return this;
  }

  Tag add(Collection<Tag> tags) {
    children.addAll(tags);
    return this;
  }

  /**
   * A style sheet or a script of ours, which must not be escaped and must not need it.
   *
   * @throws IllegalArgumentException if it would
   */
  Tag source(String text) {
    if (text.indexOf('<') >= 0 || text.indexOf('&') >= 0) {
      throw new IllegalArgumentException("A style sheet or script must do without < and &.");
    }
    children.add(new Raw(text));
    return this;
  }

  boolean isEmpty() {
    return children.isEmpty();
  }

  void writeTo(StringBuilder out) {
    out.append('<').append(name).append(attributes);
    if (WITHOUT_END.contains(name) && children.isEmpty()) {
      out.append("/>");
      return;
    }
    out.append('>');
    for (Object child : children) {
      if (child instanceof Tag tag) {
        tag.writeTo(out);
      } else if (child instanceof Raw raw) {
        out.append(raw.text());
      } else {
        escape((String) child, out);
      }
    }
    out.append("</").append(name).append('>');
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    writeTo(out);
    return out.toString();
  }

  private static void escape(String text, StringBuilder out) {
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                case '\n', '\t' -> out.append((char) c);
                default -> out.appendCodePoint(visible(c));
              }
            });
  }

  /** XML has no room for some characters; they are shown as what stands for them. */
  private static int visible(int c) {
    if (c < 0x20) {
      return 0x2400 + c;
    }
    boolean surrogate = c >= 0xD800 && c <= 0xDFFF;
    boolean direction = c >= 0x202A && c <= 0x202E || c >= 0x2066 && c <= 0x2069;
    boolean unseen = c >= 0x7F && c <= 0x9F || c == 0xFFFE || c == 0xFFFF;
    return surrogate || direction || unseen ? 0xFFFD : c;
  }
}
