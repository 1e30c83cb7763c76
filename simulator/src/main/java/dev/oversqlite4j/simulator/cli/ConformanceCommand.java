package dev.oversqlite4j.simulator.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.conformance.Conformance;
import dev.oversqlite4j.simulator.conformance.Conformance.Report;
import dev.oversqlite4j.simulator.conformance.Finding;
import dev.oversqlite4j.simulator.conformance.Finding.Verdict;
import java.io.PrintWriter;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code conformance}. */
@Command(
    name = "conformance",
    description = "Checks any server against the protocol, rule by rule. It writes rows to it.",
    footer = {
      "",
      "Without an Authorization header every rule is tried as a new user with a made-up token.",
      "Exit code 1 if a rule is broken.",
      "",
      "Example: oversqlite4j conformance --url http://127.0.0.1:8080"
    })
final class ConformanceCommand implements Callable<Integer> {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Environment environment;

  @Mixin private HelpOption help;

  @Option(
      names = "--url",
      required = true,
      paramLabel = "URL",
      description = "Base of the server; sync/... is appended.")
  private String url;

  @Option(
      names = "--header",
      paramLabel = "'NAME: VALUE'",
      description = "Sent with every request; may be repeated.")
  private List<String> headers = List.of();

  @Option(
      names = "--row",
      paramLabel = "TABLE=JSON",
      description = "What a new row of a table needs besides its key; may be repeated.")
  private Map<String, String> rows = new LinkedHashMap<>();

  @Option(names = "--json", description = "Prints one JSON object per rule and one at the end.")
  private boolean json;

  ConformanceCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    Report report;
    try {
      report = Conformance.check(url(), headers(), payloads(), environment.ids()::newUuid);
    } catch (IllegalStateException silent) {
      throw new UsageException("--url " + url + " is no sync server: " + silent.getMessage());
    }
    if (json) {
      printJson(report);
    } else {
      printText(report);
    }
    environment.out().flush();
    return report.count(Verdict.BROKEN) > 0 ? ExitCode.SAFETY : ExitCode.OK;
  }

  private String url() {
    try {
      URI parsed = URI.create(url);
      if (parsed.getHost() != null && List.of("http", "https").contains(parsed.getScheme())) {
        return url;
      }
    } catch (IllegalArgumentException malformed) {
      // As below.
    }
    throw new UsageException("--url must be an absolute http or https URL.");
  }

  private Map<String, String> headers() {
    Map<String, String> parsed = new LinkedHashMap<>();
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon <= 0) {
        // Not repeated: it may hold a token.
        throw new UsageException("--header needs the form 'Name: value'.");
      }
      parsed.put(header.substring(0, colon).strip(), header.substring(colon + 1).strip());
    }
    return parsed;
  }

  private Map<String, ObjectNode> payloads() {
    // The sample schema of serve has such a table.
    Map<String, ObjectNode> payloads = new LinkedHashMap<>();
    payloads.put(
        "measure",
        MAPPER.createObjectNode().put("label", "probe").put("count", "7").put("ratio", "0.5"));
    rows.forEach(
        (table, text) -> {
          try {
            JsonNode payload = MAPPER.readTree(text);
            if (!payload.isObject()) {
              throw new UsageException("--row needs the form TABLE={\"column\":\"value\"}.");
            }
            payloads.put(table, (ObjectNode) payload);
          } catch (JsonProcessingException malformed) {
            throw new UsageException(
                "--row needs the form TABLE={\"column\":\"value\"}.", malformed);
          }
        });
    return payloads;
  }

  private void printText(Report report) {
    PrintWriter out = environment.out();
    for (Finding finding : report.findings()) {
      out.println(
          Environment.format(
              "%-12s %-7s %s%s",
              word(finding.verdict()),
              finding.rule(),
              finding.text(),
              finding.detail().isEmpty() ? "" : " (" + finding.detail() + ")"));
    }
    out.println(
        Environment.format(
            "%s: %d rules, %d hold, %d broken, %d not testable, %d inferred",
            report.revision(),
            report.findings().size(),
            report.count(Verdict.HOLDS),
            report.count(Verdict.BROKEN),
            report.count(Verdict.NOT_TESTABLE),
            report.count(Verdict.INFERRED)));
  }

  private void printJson(Report report) {
    for (Finding finding : report.findings()) {
      environment
          .out()
          .println(
              MAPPER
                  .createObjectNode()
                  .put("rule", finding.rule())
                  .put("text", finding.text())
                  .put("verdict", word(finding.verdict()))
                  .put("detail", finding.detail()));
    }
    environment
        .out()
        .println(
            MAPPER
                .createObjectNode()
                .put("url", url)
                .put("revision", report.revision())
                .put("rules", report.findings().size())
                .put("holds", report.count(Verdict.HOLDS))
                .put("broken", report.count(Verdict.BROKEN))
                .put("notTestable", report.count(Verdict.NOT_TESTABLE)));
  }

  private static String word(Verdict verdict) {
    return switch (verdict) {
      case HOLDS -> "holds";
      case BROKEN -> "broken";
      case NOT_TESTABLE -> "not testable";
      case INFERRED -> "inferred";
    };
  }
}
