package dev.oversqlite4j.simulator.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.w3c.dom.Element;

class TagTest {

  /** Whatever is in a payload is text, in an element as in an attribute. */
  @Property(tries = 500, seed = "1")
  void keepsEveryTextText(@ForAll String text) {
    Tag tag = Tag.of("p").with("title", text).add(Tag.of("b").text(text), Tag.of("div"));

    Element p = Markup.of(tag.toString()).document().getDocumentElement();

    assertEquals(2, p.getChildNodes().getLength());
    String shown = p.getFirstChild().getTextContent();
    assertEquals(0, p.getFirstChild().getChildNodes().getLength() > 1 ? 1 : 0);
    assertEquals(text.codePointCount(0, text.length()), shown.codePointCount(0, shown.length()));
    if (text.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
      assertEquals(text, shown);
      assertEquals(text, p.getAttribute("title"));
    }
  }

  @Example
  void showsWhatCannotBeSeen() {
    assertEquals("<i>a␁b␍\uFFFD\uFFFD</i>", Tag.of("i").text("a\u0001b\r\u202E\uD800").toString());
    assertEquals("<i>&lt;&amp;&gt;&quot;&#39;𝄞</i>", Tag.of("i").text("<&>\"'𝄞").toString());
  }

  @Example
  void endsEveryElementAsHtmlWantsIt() {
    assertEquals("<div></div>", Tag.of("div").toString());
    assertEquals("<br/>", Tag.of("br").toString());
  }

  @Example
  void takesNoScriptThatWouldHaveToBeEscaped() {
    assertThrows(IllegalArgumentException.class, () -> Tag.of("script").source("if (a < b) {}"));
    assertTrue(Tag.of("style").source("a > b {}").toString().contains("a > b"));
  }
}
