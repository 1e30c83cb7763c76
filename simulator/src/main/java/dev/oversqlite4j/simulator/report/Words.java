package dev.oversqlite4j.simulator.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Plans and answers in words, read off their JSON: a member that nobody has thought of here is
 * shown all the same.
 */
final class Words {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> NOT_A_FAULT =
      Set.of("device", "do", "rows", "ending", "seconds");
  private static final int MEMBERS_MAX = 5;

  private Words() {}

  /**
   * A step.
   *
   * @param does what it does
   * @param faults what the plan makes go wrong in it, or when it happens; empty if nothing
   */
  record StepWords(String device, String does, List<String> faults) {}

  static List<StepWords> steps(Plan plan) {
    List<StepWords> steps = new ArrayList<>();
    for (JsonNode step : parse(PlanJson.write(plan)).path("steps")) {
      List<String> faults = new ArrayList<>();
      step.properties()
          .forEach(
              member -> {
                if (!NOT_A_FAULT.contains(member.getKey())) {
                  faults.add(spaced(member.getKey()) + " " + value(member.getValue()));
                }
              });
      steps.add(new StepWords("device " + step.path("device").asText(), does(step), faults));
    }
    return steps;
  }

  private static String does(JsonNode step) {
    StringBuilder does = new StringBuilder(spaced(step.path("do").asText()));
    String separator = " ";
    for (JsonNode row : step.path("rows")) {
      does.append(separator).append(row(row));
      separator = ", ";
    }
    if (step.has("seconds")) {
      does.append(" by ").append(step.path("seconds").asText()).append(" s");
    }
    if (step.path("ending").asText().equals("rollback")) {
      does.append(", and roll back");
    }
    return does.toString();
  }

  // {"insert":"note","row":1,"value":7} is: insert note 1 = w7.
  private static String row(JsonNode row) {
    StringBuilder text = new StringBuilder();
    row.properties()
        .forEach(
            member ->
                text.append(
                    switch (member.getKey()) {
                      case "row" -> " " + member.getValue().asText();
                      case "value" -> " = w" + member.getValue().asText();
                      default ->
                          (text.isEmpty() ? "" : " ")
                              + spaced(member.getKey())
                              + " "
                              + value(member.getValue());
                    }));
    return text.toString();
  }

  /**
   * The result of a call without what says nothing: {@code SYNC → SyncReport[pushOutcome=COMMITTED,
   * …]} as {@code SYNC → SyncReport: COMMITTED, …}.
   */
  static String result(String told) {
    int bracket = told.indexOf('[');
    if (bracket < 0 || !told.contains(" → ")) {
      return told;
    }
    List<String> members = new ArrayList<>();
    Matcher member = MEMBER.matcher(told.substring(bracket));
    while (member.find()) {
      String value = member.group(2);
      if (value.matches("[A-Z_]+")) {
        members.add(value);
      } else if (!NOTHING.contains(value)) {
        members.add(spaced(member.group(1)) + " " + value);
      }
    }
    return told.substring(0, bracket) + ": " + String.join(", ", members);
  }

  private static final Pattern MEMBER = Pattern.compile("(\\w+)=([^\\[\\],]+)(?=[,\\]])");
  private static final Set<String> NOTHING = Set.of("false", "0", "Optional.empty");

  /**
   * The members of a JSON object that are not objects themselves; the text itself if it is none.
   */
  static String summary(String json) {
    JsonNode object;
    try {
      object = JSON.readTree(json);
    } catch (JsonProcessingException notJson) {
      return json.strip();
    }
    List<String> members = new ArrayList<>();
    object
        .properties()
        .forEach(
            member -> {
              JsonNode value = member.getValue();
              if (value.isValueNode()) {
                members.add(member.getKey() + " " + idsShortened(value.asText()));
              } else if (value.isArray()) {
                members.add(value.size() + " " + member.getKey());
              }
            });
    return String.join(" · ", members.subList(0, Math.min(MEMBERS_MAX, members.size())));
  }

  /** Ids and hashes by their first few characters, which are enough to tell them apart. */
  static String idsShortened(String text) {
    return text.replaceAll(
        "\\b([0-9a-f]{8})(-[0-9a-f]{4}-[0-9a-f-]{17,22}|[0-9a-f]{24,})\\b", "$1…");
  }

  /** {@code crashAtSeam} as {@code crash at seam}. */
  static String spaced(String camelCase) {
    return camelCase
        .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
        .replace('_', ' ')
        .toLowerCase(Locale.ROOT);
  }

  private static String value(JsonNode value) {
    if (value.isArray()) {
      List<String> values = new ArrayList<>();
      value.forEach(one -> values.add(value(one)));
      return String.join(", ", values);
    }
    return value.isValueNode() ? value.asText() : value.toString();
  }

  private static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A plan is not written as JSON", e);
    }
  }
}
