package dev.oversqlite4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SyncSchemaTest {
  private static List<String> marked(String... sqlTexts) {
    return SyncSchema.parse("business", List.of(sqlTexts)).tables().stream()
        .map(SyncTable::name)
        .toList();
  }

  private static void refused(String sql, String position, String problem) {
    InvalidConfigurationException error =
        assertThrows(
            InvalidConfigurationException.class, () -> SyncSchema.parse("business", List.of(sql)));
    assertTrue(error.message().startsWith(position + ":"), error.message());
    assertTrue(error.message().contains(problem), error.message());
  }

  @Test
  void markedTablesComeInOrderAndOthersStayOut() {
    SyncSchema schema =
        SyncSchema.parse(
            "business",
            List.of(
                """
                -- @@{ enableSync=true }
                CREATE TABLE person (
                    id TEXT PRIMARY KEY NOT NULL,
                    email TEXT UNIQUE -- @@{ field=email, adapter=custom }
                );
                CREATE TABLE local_only (id INTEGER PRIMARY KEY);

                -- @@{ enableSync=true }
                CREATE TABLE note (id BLOB PRIMARY KEY NOT NULL DEFAULT (randomblob(16)));
                """));
    assertEquals("business", schema.name());
    assertEquals(
        List.of(new SyncTable("person", Optional.empty()), new SyncTable("note", Optional.empty())),
        schema.tables());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-- @@{ enableSync=true }\nCREATE TABLE Person(id)",
        "--@@{enableSync=true}\r\ncreate table Person(id);\r\n",
        "\uFEFF-- @@{ enableSync=true }\nCREATE TABLE Person(id);",
        "/* @@{ enableSync=true } */ CREATE TABLE Person(id);",
        "/**\n * People.\n * @@{\n *   enableSync = true\n *   name=x }\n */CREATE TABLE Person(id);",
        "-- @@{ name=x,\n--    enableSync=true,\n-- }\nCREATE TABLE Person(id);",
        "-- @@{ doc=it's, enableSync=true } don't\nCREATE TABLE Person(id);",
        "-- @@{ doc='a, sync=1 }', enableSync=true }\nCREATE TABLE Person(id);",
        "-- @@{ list=[a, {b}, [sync]], enableSync=true }\nCREATE TABLE Person(id);",
        "-- @@{ type=Map<String, Int>, enableSync=true }\nCREATE TABLE Person(id);",
        "-- @@{ name=x } @@{ enableSync=true }\n-- more\nCREATE TABLE Person(id);",
        "-- @@{ enableSync=true }\n\n/* more */\nCREATE TABLE Person(id);",
        "-- @@{ enableSync=true }\nCREATE TABLE IF NOT EXISTS Person(id);",
        "-- @@{ enableSync=true }\nCREATE TEMP TABLE IF/**/NOT EXISTS Person(id);",
        "-- @@{ enableSync=true }\nCREATE TEMPORARY TABLE Person(id);",
        "-- @@{ enableSync=true }\nCREATE TABLE main.Person(id);",
        "-- @@{ enableSync=true }\nCREATE TABLE IF NOT EXISTS \"main\" . [Person] (id);",
        "-- @@{ enableSync=true }\nCREATE TABLE \"Person\"(id);",
        "-- @@{ enableSync=true }\nCREATE TABLE `Person`(id);",
        "-- @@{ enableSync=true }\nCREATE TABLE 'Person'(id);",
        "-- @@{ enableSync=true }\nCREATE TABLE [Person](id);",
        "SELECT '-- @@{ enableSync=true }';\n-- @@{ enableSync=true }\nCREATE TABLE Person(id);",
        "-- @@{ enableSync=true }\nCREATE TABLE Person(id CHECK (id <> ';''-- @@{'));",
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN DELETE FROM y; END;"
            + "-- @@{ enableSync=true }\nCREATE TABLE Person(id);",
        ";;-- @@{ enableSync=true }\n;CREATE TABLE Person(id);"
      })
  void everyWayToMarkATable(String sql) {
    assertEquals(List.of("Person"), marked(sql));
  }

  @Test
  void quotedNamesAreUnescaped() {
    assertEquals(
        List.of("a\"b", "if", "ünï"),
        marked(
            "-- @@{ enableSync=true }\nCREATE TABLE \"a\"\"b\"(id);"
                + "-- @@{ enableSync=true }\nCREATE TABLE [if](id);"
                + "-- @@{ enableSync=true }\nCREATE TABLE ünï(id);"));
  }

  @Test
  void falseMarksNothing() {
    assertEquals(List.of(), marked("-- @@{ enableSync=false }\nCREATE TABLE a(id);"));
    assertEquals(
        List.of("b"),
        marked(
            "-- @@{ enableSync=false }\nCREATE VIEW a AS SELECT 1;"
                + "-- @@{ enableSync=true }\nCREATE TABLE b(id);"));
  }

  @Test
  void mistakesNameLineAndColumn() {
    refused("-- @@{ enableSync=true }\n", "line 1, column 8", "no CREATE TABLE after it");
    refused(
        "\n-- @@{ enableSync=true }\nCREATE INDEX i ON t(c); CREATE TABLE t(c);",
        "line 2, column 8",
        "directly before a CREATE TABLE");
    refused(
        "-- @@{ enableSync=true }\nCREATE VIRTUAL TABLE t USING fts5(c);",
        "line 1, column 8",
        "directly before a CREATE TABLE");
    refused("-- @@{ enableSync=true }\nCREATE TABLE (id);", "line 2, column 14", "names no table");
    refused("-- @@{ enableSync=true }\nCREATE TABLE a.", "line 2, column 16", "names no table");
    refused(
        "-- @@{ enableSync=true }\nCREATE TABLE a(id);\n/* @@{ enableSync=true } */\n"
            + "  CREATE TABLE main.\"A\"(id);",
        "line 4, column 21",
        "twice");
    refused(
        "-- @@{ enableSync=true }\n-- @@{ enableSync=false }\nCREATE TABLE a(id);",
        "line 2, column 8",
        "given twice");
    refused("CREATE TABLE a( -- @@{ enableSync=true }\nid)", "line 1, column 24", "inside");
    refused("-- @@{ enableSync }\nCREATE TABLE a(id);", "line 1, column 8", "enableSync=false");
    refused("-- @@{ enableSync=yes }\nCREATE TABLE a(id);", "line 1, column 8", "enableSync=false");
    refused("-- @@{ a=b,  syncKey=x }\nSELECT 1;", "line 1, column 14", "attribute syncKey");
    refused("-- @@{ enablesync=true }\n", "line 1, column 8", "attribute enablesync");
    refused("-- @@{ enableSyncs=true }\n", "line 1, column 8", "attribute enableSyncs");
    refused("SELECT 1; -- @@{ enableSync=true", "line 1, column 14", "no } after it");
    refused("SELECT 1\n; /* open", "line 2, column 3", "no */");
    refused("SELECT 'open", "line 1, column 8", "has no end");
    refused("SELECT [open", "line 1, column 8", "has no ]");
  }

  @Test
  void withSeveralTextsTheMistakeNamesTheText() {
    InvalidConfigurationException error =
        assertThrows(
            InvalidConfigurationException.class,
            () -> marked("-- @@{ enableSync=true }\nCREATE TABLE a(id)", "\n'"));
    assertEquals("annotation", error.rule());
    assertTrue(error.message().startsWith("SQL text 2, line 2, column 1: "), error.message());
  }

  @Test
  void anAnnotationDoesNotReachIntoTheNextText() {
    assertThrows(
        InvalidConfigurationException.class,
        () -> marked("-- @@{ enableSync=true }", "CREATE TABLE a(id)"));
  }

  @Test
  void tablesNamedOneByOneKeepOrderAndSpelling() {
    SyncSchema schema = SyncSchema.of("business").table("Person", "id").table("note").build();
    assertEquals(
        List.of(
            new SyncTable("Person", Optional.of("id")), new SyncTable("note", Optional.empty())),
        schema.tables());
  }

  @Provide
  Arbitrary<List<String>> noise() {
    return Arbitraries.of(
            "--",
            "/*",
            "*/",
            "@@{",
            "}",
            "{",
            "enableSync",
            "=",
            "true",
            ",",
            "\n",
            " ",
            "'",
            "\"",
            "`",
            "[",
            "]",
            ";",
            "CREATE",
            " TABLE ",
            "TEMP ",
            "IF ",
            "NOT ",
            "EXISTS ",
            ".",
            "t",
            "(",
            ")",
            "sync",
            "\uFEFF",
            "\u0000",
            "\uD83D",
            "é",
            "-- @@{ enableSync=true }\n",
            "CREATE TABLE x(id);")
        .list()
        .ofMaxSize(30);
  }

  @Property(seed = "41", tries = 3000)
  void noiseIsReadOrRefusedAndNothingElse(@ForAll("noise") List<String> pieces) {
    try {
      marked(String.join("", pieces));
    } catch (InvalidConfigurationException expected) {
      assertTrue(expected.message().matches("(?s)line \\d+, column \\d+: .*"), expected.message());
    }
  }

  @Property(seed = "42", tries = 500)
  void anyTextIsReadOrRefusedAndNothingElse(@ForAll String text) {
    try {
      marked(text, "-- @@{" + text + "}");
    } catch (InvalidConfigurationException expected) {
      assertTrue(expected.message().startsWith("SQL text "), expected.message());
    }
  }
}
