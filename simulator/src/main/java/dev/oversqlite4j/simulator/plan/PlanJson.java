package dev.oversqlite4j.simulator.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.server.Revision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The JSON form of a plan. One plan has one text, with one step to a line, and reading that text
 * gives an equal plan. Reading is strict, because a plan with a misspelt fault would pass for one
 * that found nothing. Safe for use by several threads.
 */
public final class PlanJson {

  /** The longest text that is read: 4 MiB. */
  public static final int MAX_BYTES = 4 * 1024 * 1024;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final Words<Operation> OPERATIONS = new Words<>(Operation.class);
  private static final Words<Disturbance> DISTURBANCES = new Words<>(Disturbance.class);
  private static final Words<AfterCrash> AFTER_CRASH = new Words<>(AfterCrash.class);
  private static final Words<Ending> ENDINGS = new Words<>(Ending.class);
  private static final Words<RowWrite.Kind> KINDS = new Words<>(RowWrite.Kind.class);
  private static final Words<ResolverChoice> RESOLVERS = new Words<>(ResolverChoice.class);
  private static final Words<Revision> REVISIONS = new Words<>(Revision.class);

  private static final String WRITE = "write";
  private static final String HELD_OPEN = "heldOpen";
  private static final String RESTART = "restart";
  private static final String ADVANCE_CLOCK = "advanceClock";
  private static final String CRASH_AT_SEAM = "crashAtSeam";
  private static final String CRASH_AT_ANSWER = "crashAtAnswer";
  private static final String CRASH_AFTER = "crashAfter";
  private static final String CRASH_ORDER = "crashOrder";
  private static final String LOSE_REQUEST = "loseRequest";
  private static final String LOSE_RESPONSE = "loseResponse";
  private static final String LOSE_POWER = "losePower";
  private static final String FAULTS = "faults";

  private static final Words<NetworkFault> NETWORK_FAULTS = new Words<>(NetworkFault.class);
  private static final Words<SynchronousMode> SYNCHRONOUS = new Words<>(SynchronousMode.class);
  private static final Words<DiskFault> DISK_FAULTS = new Words<>(DiskFault.class);
  private static final Words<Fault.Answer.Effect> EFFECTS = new Words<>(Fault.Answer.Effect.class);

  private static final List<String> CRASHES =
      List.of(CRASH_AT_SEAM, CRASH_AT_ANSWER, CRASH_AFTER, LOSE_POWER);

  private static final Set<String> PLAN_MEMBERS =
      Set.of(
          "version",
          "scheduleSeed",
          "switchPercent",
          "devices",
          "users",
          "resolvers",
          "revision",
          "steps",
          "synchronous",
          "why");
  private static final Set<String> STEP_MEMBERS =
      Set.of(
          "device",
          "do",
          CRASH_AT_SEAM,
          CRASH_AT_ANSWER,
          CRASH_AFTER,
          CRASH_ORDER,
          LOSE_REQUEST,
          LOSE_RESPONSE,
          LOSE_POWER,
          FAULTS,
          "afterCrash",
          "at");

  private PlanJson() {}

  /**
   * The text of a plan.
   *
   * @param plan the plan
   * @return its JSON, ending in a line feed
   */
  public static String write(Plan plan) {
    ObjectNode head = MAPPER.createObjectNode();
    head.put("version", plan.version());
    head.put("scheduleSeed", plan.scheduleSeed());
    head.put("switchPercent", plan.switchPercent());
    head.put("devices", plan.devices());
    ArrayNode users = head.putArray("users");
    plan.users().forEach(users::add);
    // Said only where it is not what is understood without it.
    if (plan.resolvers().stream().anyMatch(r -> r != ResolverChoice.SERVER_WINS)) {
      ArrayNode resolvers = head.putArray("resolvers");
      plan.resolvers().forEach(resolver -> resolvers.add(Words.word(resolver)));
    }
    if (plan.revision() != Revision.JULY_2026) {
      head.put("revision", Words.word(plan.revision()));
    }
    if (plan.synchronous() != SynchronousMode.FULL) {
      head.put("synchronous", Words.word(plan.synchronous()));
    }
    plan.why().ifPresent(why -> head.put("why", why));
    String start = text(head);
    StringBuilder out = new StringBuilder(start).deleteCharAt(start.length() - 1);
    out.append(",\"steps\":[");
    String separator = "\n";
    for (Step step : plan.steps()) {
      out.append(separator).append(text(step(step)));
      separator = ",\n";
    }
    return out.append("\n]}\n").toString();
  }

  /**
   * Reads a plan from its text.
   *
   * @param text JSON
   * @return the plan
   * @throws InvalidPlanException if the text is longer than {@link #MAX_BYTES}, not JSON, or not a
   *     plan; the message names the place
   */
  public static Plan read(String text) {
    if (text.length() > MAX_BYTES) {
      throw tooLong();
    }
    return read(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads a plan from a file.
   *
   * @param file JSON in UTF-8
   * @return the plan
   * @throws IOException if the file cannot be read
   * @throws InvalidPlanException if its content is longer than {@link #MAX_BYTES}, not JSON, or not
   *     a plan; the message names the place
   */
  public static Plan read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in.readNBytes(MAX_BYTES + 1));
    }
  }

  private static Plan read(byte[] utf8) {
    if (utf8.length > MAX_BYTES) {
      throw tooLong();
    }
    try {
      // Jackson would guess UTF-16 and UTF-32 from the first bytes.
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
      return plan(new JsonPlace("", MAPPER.readTree(text)));
    } catch (CharacterCodingException e) {
      throw new InvalidPlanException("The plan is not text in UTF-8.", e);
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null
              ? ""
              : " at line "
                  + e.getLocation().getLineNr()
                  + ", column "
                  + e.getLocation().getColumnNr();
      throw new InvalidPlanException(
          "The plan is not well-formed JSON" + where + ": " + e.getOriginalMessage(), e);
    }
  }

  private static InvalidPlanException tooLong() {
    return new InvalidPlanException(
        "The plan is longer than " + MAX_BYTES + " bytes; shrink it or split it.");
  }

  private static Plan plan(JsonPlace place) {
    place.onlyMembers(PLAN_MEMBERS);
    int version = place.member("version").integer(Plan.VERSION, Plan.VERSION);
    long seed = place.member("scheduleSeed").integer();
    int switchPercent = place.member("switchPercent").integer(0, 100);
    int devices = place.member("devices").integer(1, Plan.MAX_DEVICES);
    List<String> users = place.member("users").elements().stream().map(JsonPlace::text).toList();
    List<Step> steps = new ArrayList<>();
    for (JsonPlace element : place.member("steps").elements()) {
      steps.add(step(element, devices));
    }
    Optional<String> why = place.optional("why").map(JsonPlace::text);
    List<ResolverChoice> resolvers =
        place
            .optional("resolvers")
            .map(p -> p.elements().stream().map(element -> element.word(RESOLVERS)).toList())
            .orElse(Collections.nCopies(devices, ResolverChoice.SERVER_WINS));
    Revision revision =
        place.optional("revision").map(p -> p.word(REVISIONS)).orElse(Revision.JULY_2026);
    SynchronousMode synchronous =
        place.optional("synchronous").map(p -> p.word(SYNCHRONOUS)).orElse(SynchronousMode.FULL);
    return new Plan(
        version, seed, switchPercent, devices, users, resolvers, revision, synchronous, steps, why);
  }

  private static Step step(JsonPlace place, int devices) {
    JsonPlace what = place.member("do");
    String word = what.text();
    Command command;
    switch (word) {
      case WRITE -> {
        place.onlyMembers(STEP_MEMBERS, "rows", "ending", HELD_OPEN);
        List<RowWrite> rows =
            place.member("rows").elements(1).stream().map(PlanJson::rowWrite).toList();
        Optional<Integer> heldOpen =
            place.optional(HELD_OPEN).map(seams -> seams.integer(0, Command.Write.MAX_HELD_OPEN));
        command =
            new Command.Write(
                rows,
                place.member("ending").word(ENDINGS),
                heldOpen.map(OptionalInt::of).orElse(OptionalInt.empty()));
      }
      case RESTART -> {
        place.onlyMembers(STEP_MEMBERS);
        command = new Command.Restart();
      }
      case ADVANCE_CLOCK -> {
        place.onlyMembers(STEP_MEMBERS, "seconds");
        command =
            new Command.AdvanceClock(
                place.member("seconds").integer(1, Command.AdvanceClock.MAX_SECONDS));
      }
      default -> {
        place.onlyMembers(STEP_MEMBERS);
        Optional<Disturbance> disturbance = DISTURBANCES.constant(word);
        if (disturbance.isPresent()) {
          command = new Command.Disturb(disturbance.get());
        } else {
          List<String> others = new ArrayList<>(List.of(WRITE, RESTART, ADVANCE_CLOCK));
          others.addAll(DISTURBANCES.all());
          command = new Command.Call(what.word(OPERATIONS, others.toArray(String[]::new)));
        }
      }
    }
    Optional<JsonPlace> at = place.optional("at");
    if (at.isPresent() && at.get().text().isBlank()) {
      throw at.get().refused("must name the start of a seam's text");
    }
    return new Step(
        place.member("device").integer(0, devices - 1),
        command,
        faults(place),
        place.optional("afterCrash").map(p -> p.word(AFTER_CRASH)).orElse(AfterCrash.RETRY),
        at.map(JsonPlace::text));
  }

  private static RowWrite rowWrite(JsonPlace place) {
    List<String> kinds = KINDS.all().stream().filter(k -> place.optional(k).isPresent()).toList();
    if (kinds.size() != 1) {
      throw place.refused("must have exactly one of the members " + KINDS.all());
    }
    String kind = kinds.get(0);
    place.onlyMembers(Set.of(kind, "row", "value"));
    if (place.member(kind).text().isBlank()) {
      throw place.member(kind).refused("must name a table");
    }
    return new RowWrite(
        KINDS.constant(kind).orElseThrow(),
        place.member(kind).text(),
        place.member("row").integer(0, RowWrite.MAX_ROW),
        place.member("value").integer(0, Integer.MAX_VALUE));
  }

  private static List<Fault> faults(JsonPlace place) {
    Map<String, Deque<Fault>> crashes = new LinkedHashMap<>();
    crashes.put(CRASH_AT_SEAM, new ArrayDeque<>());
    crashes.put(CRASH_AT_ANSWER, new ArrayDeque<>());
    crashes.put(CRASH_AFTER, new ArrayDeque<>());
    crashes.put(LOSE_POWER, new ArrayDeque<>());
    numbers(place, CRASH_AT_SEAM)
        .forEach(n -> crashes.get(CRASH_AT_SEAM).add(new Fault.CrashAtSeam(n)));
    numbers(place, CRASH_AT_ANSWER)
        .forEach(n -> crashes.get(CRASH_AT_ANSWER).add(new Fault.CrashAtAnswer(n)));
    elements(place, CRASH_AFTER)
        .forEach(name -> crashes.get(CRASH_AFTER).add(new Fault.CrashAfter(name.text())));
    elements(place, LOSE_POWER).forEach(loss -> crashes.get(LOSE_POWER).add(powerLoss(loss)));
    List<Fault> faults = new ArrayList<>();
    Optional<JsonPlace> order = place.optional(CRASH_ORDER);
    if (order.isPresent()) {
      for (JsonPlace element : order.get().elements()) {
        Deque<Fault> left = crashes.getOrDefault(element.text(), new ArrayDeque<>());
        if (left.isEmpty()) {
          throw element.refused("must be the name of a crash that is not named yet");
        }
        faults.add(left.remove());
      }
      if (crashes.values().stream().anyMatch(left -> !left.isEmpty())) {
        throw order.get().refused("must name each crash of the step once");
      }
    } else {
      crashes.values().forEach(faults::addAll);
    }
    numbers(place, LOSE_REQUEST).forEach(n -> faults.add(new Fault.LoseRequest(n)));
    numbers(place, LOSE_RESPONSE).forEach(n -> faults.add(new Fault.LoseResponse(n)));
    elements(place, FAULTS).forEach(element -> faults.add(fault(element)));
    return faults;
  }

  private static Fault powerLoss(JsonPlace place) {
    boolean cut = place.optional("cutAt").isPresent();
    String at = cut ? "cutAt" : "garbledAt";
    place.onlyMembers(Set.of("atCommit", at));
    return new Fault.LosePower(
        number(place.member("atCommit")),
        cut ? Fault.LosePower.Tail.CUT : Fault.LosePower.Tail.GARBLED,
        place.member(at).integer(0, Fault.MAX_NUMBER));
  }

  private static Fault fault(JsonPlace place) {
    int at = place.optional("at").map(p -> p.integer(0, Fault.MAX_NUMBER)).orElse(0);
    if (place.optional("statement").isPresent()) {
      place.onlyMembers(Set.of("statement", "disk", "at"));
      return new Fault.Disk(
          number(place.member("statement")), place.member("disk").word(DISK_FAULTS), at);
    }
    int request = number(place.member("request"));
    if (place.optional("network").isPresent()) {
      place.onlyMembers(Set.of("request", "network", "at"));
      return new Fault.Network(request, place.member("network").word(NETWORK_FAULTS), at);
    }
    place.onlyMembers(Set.of("request", "answer", "retryAfter", "server"));
    return new Fault.Answer(
        request,
        place.member("answer").integer(400, 599),
        place.optional("retryAfter").map(p -> p.integer(1, Fault.MAX_NUMBER)).orElse(0),
        place.optional("server").map(p -> p.word(EFFECTS)).orElse(Fault.Answer.Effect.NONE));
  }

  private static int number(JsonPlace place) {
    return place.integer(1, Fault.MAX_NUMBER);
  }

  private static List<JsonPlace> elements(JsonPlace place, String member) {
    return place.optional(member).map(JsonPlace::elements).orElse(List.of());
  }

  private static List<Integer> numbers(JsonPlace place, String member) {
    return elements(place, member).stream().map(PlanJson::number).toList();
  }

  private static ObjectNode step(Step step) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("device", step.device());
    command(node, step.command());
    faults(node, step.faults());
    boolean crashes = step.faults().stream().anyMatch(Fault::isCrash);
    if (crashes || step.afterCrash() != AfterCrash.RETRY) {
      node.put("afterCrash", Words.word(step.afterCrash()));
    }
    step.at().ifPresent(at -> node.put("at", at));
    return node;
  }

  private static void command(ObjectNode node, Command command) {
    if (command instanceof Command.Call call) {
      node.put("do", Words.word(call.operation()));
    } else if (command instanceof Command.Write write) {
      node.put("do", WRITE);
      ArrayNode rows = node.putArray("rows");
      for (RowWrite row : write.rows()) {
        rows.addObject()
            .put(Words.word(row.kind()), row.table())
            .put("row", row.row())
            .put("value", row.value());
      }
      node.put("ending", Words.word(write.ending()));
      write.heldOpen().ifPresent(seams -> node.put(HELD_OPEN, seams));
    } else if (command instanceof Command.AdvanceClock advance) {
      node.put("do", ADVANCE_CLOCK).put("seconds", advance.seconds());
    } else if (command instanceof Command.Disturb disturb) {
      node.put("do", Words.word(disturb.what()));
    } else {
      node.put("do", RESTART);
    }
  }

  private static void faults(ObjectNode node, List<Fault> faults) {
    List<String> crashes = new ArrayList<>();
    for (Fault fault : faults) {
      String member = member(fault);
      ArrayNode array = node.withArray("/" + member);
      if (fault instanceof Fault.CrashAfter after) {
        array.add(after.transition());
      } else if (fault instanceof Fault.LosePower loss) {
        array
            .addObject()
            .put("atCommit", loss.n())
            .put(loss.tail() == Fault.LosePower.Tail.CUT ? "cutAt" : "garbledAt", loss.at());
      } else if (fault instanceof Fault.Network network) {
        detailed(
            array
                .addObject()
                .put("request", network.n())
                .put("network", Words.word(network.kind())),
            "at",
            network.at());
      } else if (fault instanceof Fault.Disk disk) {
        detailed(
            array.addObject().put("statement", disk.n()).put("disk", Words.word(disk.kind())),
            "at",
            disk.at());
      } else if (fault instanceof Fault.Answer answer) {
        ObjectNode object =
            array.addObject().put("request", answer.n()).put("answer", answer.status());
        detailed(object, "retryAfter", answer.retryAfterSeconds());
        if (answer.server() != Fault.Answer.Effect.NONE) {
          object.put("server", Words.word(answer.server()));
        }
      } else {
        array.add(fault.n());
      }
      if (fault.isCrash()) {
        crashes.add(member);
      }
    }
    // Said only where the crashes do not stand in the order that is understood without it.
    List<String> understood =
        crashes.stream().sorted(Comparator.comparing(CRASHES::indexOf)).toList();
    if (!crashes.equals(understood)) {
      ArrayNode order = node.putArray(CRASH_ORDER);
      crashes.forEach(order::add);
    }
  }

  private static void detailed(ObjectNode node, String member, int detail) {
    if (detail != 0) {
      node.put(member, detail);
    }
  }

  private static String member(Fault fault) {
    if (fault instanceof Fault.CrashAtSeam) {
      return CRASH_AT_SEAM;
    }
    if (fault instanceof Fault.CrashAtAnswer) {
      return CRASH_AT_ANSWER;
    }
    if (fault instanceof Fault.CrashAfter) {
      return CRASH_AFTER;
    }
    if (fault instanceof Fault.LosePower) {
      return LOSE_POWER;
    }
    if (fault instanceof Fault.LoseRequest) {
      return LOSE_REQUEST;
    }
    return fault instanceof Fault.LoseResponse ? LOSE_RESPONSE : FAULTS;
  }

  private static String text(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree of numbers and strings could not be written.", e);
    }
  }
}
