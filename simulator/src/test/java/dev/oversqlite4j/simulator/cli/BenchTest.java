package dev.oversqlite4j.simulator.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.oversqlite4j.simulator.bench.Bench;
import dev.oversqlite4j.simulator.cli.Program.Ran;
import dev.oversqlite4j.simulator.world.Parts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BenchTest {

  private static final Bench.Size SMALL = new Bench.Size(0, 2, 1, 50);

  @TempDir Path folder;

  private Ran bench(String... args) {
    return new Program(folder, Parts.REAL)
        .run(environment -> new CommandLine(new BenchCommand(environment, SMALL)), args);
  }

  @Test
  void printsOneObjectForEachMeasure() throws IOException {
    Ran ran = bench("--json");

    assertEquals(ExitCode.OK, ran.exitCode(), ran.err());
    JsonNode measures = new ObjectMapper().readTree(ran.out());
    assertEquals(3, measures.size());
    for (JsonNode measure : measures) {
      List<String> members = new ArrayList<>();
      measure.fieldNames().forEachRemaining(members::add);
      assertEquals(List.of("measure", "ratio", "bar", "meets"), members);
      JsonNode ratio = measure.get("ratio");
      assertTrue(0 < ratio.get("min").asDouble(), measure.toString());
      assertTrue(
          ratio.get("min").asDouble() <= ratio.get("median").asDouble()
              && ratio.get("median").asDouble() <= ratio.get("max").asDouble(),
          measure.toString());
      assertEquals(
          ratio.get("median").asDouble() <= measure.get("bar").asDouble(),
          measure.get("meets").asBoolean());
    }
    assertEquals(4, ran.err().lines().count(), ran.err());
  }

  @Test
  void printsALineForEachMeasure() {
    Ran ran = bench();

    assertEquals(ExitCode.OK, ran.exitCode(), ran.err());
    assertEquals(4, ran.lines().size(), ran.out());
    assertTrue(
        ran.lines().stream()
            .skip(1)
            .allMatch(line -> line.endsWith("meets it") || line.endsWith("MISSES IT")),
        ran.out());
  }
}
