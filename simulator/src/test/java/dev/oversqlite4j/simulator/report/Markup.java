package dev.oversqlite4j.simulator.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** A page, taken apart by a parser that forgives nothing. */
record Markup(Document document) {

  static Markup of(String text) {
    try {
      return new Markup(
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(new InputSource(new StringReader(text))));
    } catch (SAXException | IOException | ParserConfigurationException e) {
      throw new AssertionError("not well-formed: " + e.getMessage(), e);
    }
  }

  List<Element> elements(Predicate<Element> wanted) {
    NodeList all = document.getElementsByTagName("*");
    List<Element> found = new ArrayList<>();
    for (int i = 0; i < all.getLength(); i++) {
      if (wanted.test((Element) all.item(i))) {
        found.add((Element) all.item(i));
      }
    }
    return found;
  }

  List<Element> named(String name) {
    return elements(e -> e.getTagName().equals(name));
  }

  /** Elements that have every one of the classes. */
  List<Element> classed(String... classes) {
    return elements(e -> List.of(e.getAttribute("class").split(" ")).containsAll(List.of(classes)));
  }

  String textOf(String id) {
    List<Element> found = elements(e -> e.getAttribute("id").equals(id));
    assertEquals(1, found.size(), id);
    return found.get(0).getTextContent();
  }

  String text() {
    return document.getDocumentElement().getTextContent();
  }

  /** It loads nothing, and each of its links leads somewhere. */
  void assertSelfContained(Set<String> otherPages) {
    Set<String> ids = new TreeSet<>();
    for (Element element : elements(e -> e.hasAttribute("id"))) {
      assertTrue(ids.add(element.getAttribute("id")), "twice: " + element.getAttribute("id"));
    }
    for (Element element : elements(e -> true)) {
      assertFalse(Set.of("link", "img", "iframe", "object", "base").contains(element.getTagName()));
      NamedNodeMap attributes = element.getAttributes();
      for (int i = 0; i < attributes.getLength(); i++) {
        String name = attributes.item(i).getNodeName();
        String value = attributes.item(i).getNodeValue();
        assertFalse(name.startsWith("on") || name.equals("src") || name.equals("style"), name);
        if (name.equals("href")) {
          boolean known =
              value.startsWith("#") && ids.contains(value.substring(1))
                  || value.startsWith("data:application/json;base64,")
                  || otherPages.contains(value);
          assertTrue(known, "leads nowhere: " + value);
        }
      }
    }
    named("style")
        .forEach(
            style ->
                assertFalse(style.getTextContent().matches("(?s).*(url\\(|@import|@font-face).*")));
    assertEquals(1, named("script").size());
  }
}
