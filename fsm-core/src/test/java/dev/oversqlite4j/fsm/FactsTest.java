package dev.oversqlite4j.fsm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class FactsTest {

  private final Facts facts =
      Facts.of("a", 1, "b", true).with("c", "x").with("d", 2L).with("e", false);

  @Test
  void namesAndValuesComeInPairs() {
    assertEquals("{\"a\":1,\"b\":true,\"c\":\"x\",\"d\":2,\"e\":false}", facts.json().toString());
    assertEquals("{\"a\":1,\"b\":2,\"c\":3}", Facts.of("a", 1, "b", 2, "c", 3).json().toString());
    assertEquals("{}", Facts.none().json().toString());
    assertEquals("{\"a\":\"later\"}", Facts.of("a", 1).with("a", "later").json().toString());
    for (Object[] more : new Object[][] {{"b"}, {2, "b"}, {"b", 1.5}, {"b", null}, {null, 1}}) {
      assertThrows(IllegalArgumentException.class, () -> Facts.of("a", 1, more));
    }
  }

  @Test
  void nobodyCanChangeThem() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("a", 1);
    Facts copied = Facts.of(json);
    json.put("a", 2);
    copied.json().put("a", 3);
    copied.with("a", 4);
    assertEquals("{\"a\":1}", copied.json().toString());
  }

  @Test
  void equalContentIsEqual() {
    assertEquals(facts, Facts.of(facts.json()));
    assertEquals(facts.hashCode(), Facts.of(facts.json()).hashCode());
    assertNotEquals(facts, facts.with("a", 2));
    assertNotEquals(facts.hashCode(), facts.with("a", 2).hashCode());
    assertNotEquals(facts, facts.json());
  }

  /** Values may identify a user. */
  @Test
  void onlyNamesArePrinted() {
    assertEquals("Facts[a, b, c, d, e]", facts.toString());
  }
}
