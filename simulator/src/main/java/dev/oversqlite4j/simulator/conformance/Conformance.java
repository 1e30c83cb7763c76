package dev.oversqlite4j.simulator.conformance;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.simulator.conformance.Finding.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Checks a server against the numbered rules of the protocol. Writes to it. */
public final class Conformance {
  private Conformance() {}

  /**
   * What was found.
   *
   * @param revision {@code june-2026} or {@code july-2026}, as the capabilities tell
   */
  public record Report(String revision, List<Finding> findings) {
    public long count(Verdict verdict) {
      return findings.stream().filter(finding -> finding.verdict() == verdict).count();
    }
  }

  /**
   * Tries every rule.
   *
   * @param url base of the server; {@code sync/…} is appended
   * @param headers sent with every request; without {@code Authorization} every rule is tried as a
   *     user of its own with a token made up for it
   * @param payloads by table: the columns that a new row needs besides its key
   * @param newUuid canonical UUIDs, never the same twice
   * @throws IllegalStateException the server does not even answer its capabilities
   */
  public static Report check(
      String url,
      Map<String, String> headers,
      Map<String, ObjectNode> payloads,
      Supplier<String> newUuid) {
    return check(url, headers, payloads, newUuid, number -> true);
  }

  /** Tries only some of the rules. */
  static Report check(
      String url,
      Map<String, String> headers,
      Map<String, ObjectNode> payloads,
      Supplier<String> newUuid,
      Predicate<String> numbers) {
    Lab lab;
    try {
      lab = new Lab(url, headers, payloads, newUuid);
    } catch (Verdicts.Broken | Verdicts.NotTestable unreachable) {
      throw new IllegalStateException(unreachable.getMessage());
    }
    List<Finding> findings = new ArrayList<>();
    for (Rules.Rule rule : Rules.all(lab.isJuly())) {
      if (numbers.test(rule.number())) {
        findings.add(tried(rule, lab));
      }
    }
    return new Report(lab.isJuly() ? "july-2026" : "june-2026", findings);
  }

  private static Finding tried(Rules.Rule rule, Lab lab) {
    Verdict verdict = Verdict.HOLDS;
    String detail = "";
    try {
      rule.check().accept(lab);
    } catch (Verdicts.Broken broken) {
      verdict = Verdict.BROKEN;
      detail = broken.getMessage();
    } catch (Verdicts.NotTestable reason) {
      verdict = Verdict.NOT_TESTABLE;
      detail = reason.getMessage();
    }
    if (rule.standing() == Rules.Standing.INFERRED && verdict != Verdict.NOT_TESTABLE) {
      detail = verdict == Verdict.HOLDS ? "seen" : "not seen: " + detail;
      verdict = Verdict.INFERRED;
    }
    return new Finding(rule.number(), rule.text(), verdict, detail);
  }
}
