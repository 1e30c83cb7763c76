package dev.oversqlite4j.simulator.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanJsonTest {

  private static final String EXAMPLE =
      """
      {"version":1,"scheduleSeed":42,"switchPercent":10,"devices":2,"users":["ada","ada"],"steps":[
      {"device":0,"do":"sync","crashAtSeam":[17],"loseResponse":[2],"afterCrash":"retry","at":"SEND"},
      {"device":1,"do":"write","rows":[{"insert":"note","row":3,"value":17}],"ending":"commit"},
      {"device":0,"do":"advanceClock","seconds":1000},
      {"device":1,"do":"attachOtherUser"},
      {"device":1,"do":"restart"}
      ]}
      """;

  @Test
  void readsTheWordsOfTheFormatAndWritesThemBack() {
    Plan plan = PlanJson.read(EXAMPLE);
    assertEquals(
        List.of(
            new Step(
                0,
                new Command.Call(Operation.SYNC),
                List.of(new Fault.CrashAtSeam(17), new Fault.LoseResponse(2)),
                AfterCrash.RETRY,
                Optional.of("SEND")),
            Step.of(
                1,
                new Command.Write(
                    List.of(new RowWrite(RowWrite.Kind.INSERT, Table.NOTE, 3, 17)), Ending.COMMIT)),
            Step.of(0, new Command.AdvanceClock(1000)),
            Step.of(1, new Command.Call(Operation.ATTACH_OTHER_USER)),
            Step.of(1, new Command.Restart())),
        plan.steps());
    assertEquals(42, plan.scheduleSeed());
    assertEquals(EXAMPLE, PlanJson.write(plan));
  }

  @Test
  void namesTheResolversOnlyWhereOneIsChosen() {
    String merge =
        EXAMPLE.replace("],\"steps\"", "],\"resolvers\":[\"serverWins\",\"merge\"],\"steps\"");
    Plan plan = PlanJson.read(merge);
    assertEquals(List.of(ResolverChoice.SERVER_WINS, ResolverChoice.MERGE), plan.resolvers());
    assertEquals(merge, PlanJson.write(plan));
    Plan without = PlanJson.read(merge.replace("merge", "serverWins"));
    assertEquals(EXAMPLE, PlanJson.write(without));
  }

  @Test
  void keepsTheOrderOfCrashesOfBothKinds() {
    Step step =
        new Step(
            0,
            new Command.Call(Operation.PUSH),
            List.of(
                new Fault.CrashAtAnswer(4), new Fault.CrashAtSeam(9), new Fault.CrashAtAnswer(1)),
            AfterCrash.RETRY,
            Optional.empty());
    Plan plan =
        new Plan(1, 0, 0, 1, List.of("ada"), List.of(step), Optional.of("order of two kinds"));
    assertEquals(plan, PlanJson.read(PlanJson.write(plan)));
  }

  @Provide
  Arbitrary<Plan> plans() {
    return PlanArbitraries.plans();
  }

  @Property(seed = "4711", tries = 200)
  void readsBackWhatItWrote(@ForAll("plans") Plan plan) {
    String text = PlanJson.write(plan);
    assertEquals(plan, PlanJson.read(text));
    assertEquals(text, PlanJson.write(PlanJson.read(text)));
  }

  @Test
  void readsAFile(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("plan.json"), EXAMPLE);
    assertEquals(PlanJson.read(EXAMPLE), PlanJson.read(file));
    Files.write(file, new byte[] {'"', (byte) 0xff, '"'});
    assertTrue(refusalOf(file).contains("UTF-8"));
    Files.write(file, EXAMPLE.getBytes(StandardCharsets.UTF_16));
    assertTrue(refusalOf(file).contains("UTF-8"));
  }

  private static String refusalOf(Path file) {
    return assertThrows(InvalidPlanException.class, () -> PlanJson.read(file)).getMessage();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "version":1                 | "version":2                  | version must be
          "version":1                 | "version":1.0                | version must be a whole number
          "version":1                 | "version":1,"version":1      | Duplicate field
          "version":1                 | "version":1,"seed":1         | unknown member "seed"
          "version":1,                | ``                           | lacks the member "version"
          "scheduleSeed":42           | "scheduleSeed":1e99          | scheduleSeed must be a whole
          "scheduleSeed":42           | "scheduleSeed":9223372036854775808 | scheduleSeed must be a whole
          "switchPercent":10          | "switchPercent":101          | switchPercent must be
          "devices":2                 | "devices":0                  | devices must be
          "devices":2                 | "devices":3                  | users must name one user
          ["ada","ada"]               | ["ada",7]                    | users[1] must be a string
          ["ada","ada"]               | ["ada","ada"],"resolvers":["merge"] | resolvers must name one
          ["ada","ada"]               | ["ada","ada"],"resolvers":["merge","mine"] | resolvers[1] must be one of
          ["ada","ada"]               | ["ada"," "]                  | users[1] must not be blank
          "device":1,"do":"write"     | "device":2,"do":"write"      | steps[1].device must be
          "do":"sync"                 | "do":"sink"                  | steps[0].do must be one of
          "do":"sync",                | ``                           | steps[0] lacks the member "do"
          "do":"sync"                 | "do":"sync","seconds":1      | steps[0] has the unknown member "seconds"
          [17]                        | [17,0]                       | steps[0].crashAtSeam[1] must be
          [17]                        | 17                           | steps[0].crashAtSeam must be an array
          "retry"                     | "again"                      | steps[0].afterCrash must be one of
          "at":"SEND"                 | "at":" "                     | steps[0].at must
          "loseResponse":[2]          | "crashOrder":[]              | steps[0].crashOrder must name each
          "loseResponse":[2]          | "crashOrder":["crashAtAnswer"] | steps[0].crashOrder[0] must
          "insert":"note"             | "insert":" "                 | steps[1].rows[0].insert must name a table
          "insert":"note"             | "insert":"note","delete":"note" | steps[1].rows[0] must have exactly one
          "insert":"note",            | ``                           | steps[1].rows[0] must have exactly one
          "row":3                     | "row":-1                     | steps[1].rows[0].row must be
          "value":17                  | "value":4294967297           | steps[1].rows[0].value must be
          [{"insert":"note","row":3,"value":17}] | []                | steps[1].rows must be an array of at least 1
          "ending":"commit"           | "ending":null                | steps[1].ending must be a string
          "seconds":1000              | "seconds":0                  | steps[2].seconds must be
          {"version"                  | [{"version"                  | not well-formed JSON at line
          {"version":1                | {} {"version":1              | not well-formed JSON at line 1
          """)
  void namesThePlaceOfAMistake(String right, String wrong, String problem) {
    String text = EXAMPLE.replace(right, wrong);
    String message =
        assertThrows(InvalidPlanException.class, () -> PlanJson.read(text)).getMessage();
    assertTrue(message.contains(problem), message);
  }

  @Test
  void refusesWhatIsNoPlan() {
    for (String text : List.of("", " ", "null", "7", "[]", "{}", "{\"steps\":[", "plan")) {
      assertThrows(InvalidPlanException.class, () -> PlanJson.read(text), text);
    }
    assertThrows(InvalidPlanException.class, () -> PlanJson.read("[".repeat(100_000)));
  }

  @Test
  void refusesATextThatIsTooLong() {
    String padded = EXAMPLE + " ".repeat(PlanJson.MAX_BYTES - EXAMPLE.length());
    assertEquals(PlanJson.read(EXAMPLE), PlanJson.read(padded));
    InvalidPlanException e =
        assertThrows(InvalidPlanException.class, () -> PlanJson.read(padded + " "));
    assertTrue(e.getMessage().contains("4194304"), e.getMessage());
  }
}
