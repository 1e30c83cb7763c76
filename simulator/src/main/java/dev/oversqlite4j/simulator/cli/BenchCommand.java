package dev.oversqlite4j.simulator.cli;

import static dev.oversqlite4j.simulator.cli.Environment.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.bench.Bench;
import dev.oversqlite4j.simulator.bench.Measured;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench}. */
@Command(
    name = "bench",
    description = {
      "Measures the library beside the bare SQLite and socket work of the same task.",
      "",
      "Both take turns in one run, so that their ratio says something on any machine. A bar is"
          + " there to be noticed: missing it changes no exit code."
    },
    footer = {"", "Example: oversqlite4j bench --json"})
final class BenchCommand implements Callable<Integer> {

  private final Environment environment;
  private final Bench.Size size;

  @Mixin private HelpOption help;

  @Option(
      names = "--json",
      description = "Print one JSON array to standard output; the rest goes to standard error.")
  private boolean json;

  BenchCommand(Environment environment, Bench.Size size) {
    this.environment = environment;
    this.size = size;
  }

  @Override
  public Integer call() {
    var people = json ? environment.err() : environment.out();
    people.println(
        format("%-50s %6s  %6s  %6s  %6s", "times the bare work", "min", "median", "max", "bar"));
    people.flush();
    List<Measured> all =
        new Bench(size, System::nanoTime)
            .run(
                measured -> {
                  people.println(
                      format(
                          "%-50s %6.1f  %6.1f  %6.1f  %6.1f  %s",
                          measured.measure(),
                          measured.ratio().min(),
                          measured.ratio().median(),
                          measured.ratio().max(),
                          measured.bar(),
                          measured.meets() ? "meets it" : "MISSES IT"));
                  people.flush();
                });
    if (json) {
      environment.out().println(json(all));
      environment.out().flush();
    }
    return ExitCode.OK;
  }

  private static ArrayNode json(List<Measured> all) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (Measured measured : all) {
      ObjectNode object = array.addObject().put("measure", measured.measure());
      object
          .putObject("ratio")
          .put("min", measured.ratio().min())
          .put("median", measured.ratio().median())
          .put("max", measured.ratio().max());
      object.put("bar", measured.bar()).put("meets", measured.meets());
    }
    return array;
  }
}
