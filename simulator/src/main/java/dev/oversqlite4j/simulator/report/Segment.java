package dev.oversqlite4j.simulator.report;

import dev.oversqlite4j.simulator.report.RunRecord.AtSeam;
import dev.oversqlite4j.simulator.report.RunRecord.Entry;
import dev.oversqlite4j.simulator.report.RunRecord.StepBegan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one step did until another one went on; in the order in which it happened. Steps take turns
 * at every seam, so only what is worth a line begins a new segment, and the seams before it are
 * kept with it.
 *
 * @param part which segment of its step this is, counted from 1
 */
record Segment(int step, Optional<Integer> device, int part, List<Item> items) {

  /**
   * A line, and the seams its process met since the line before.
   *
   * @param entry empty if nothing came after the seams
   */
  record Item(Optional<Entry> entry, List<Entry> seams) {}

  /** Where links lead. */
  String anchor() {
    return "step-" + (step + 1) + (part == 1 ? "" : "-" + part);
  }

  private record Turn(int step, Optional<Integer> device) {
    static Turn of(Entry entry) {
      return new Turn(entry.step(), entry.device());
    }
  }

  static List<Segment> of(List<Entry> entries) {
    List<Segment> segments = new ArrayList<>();
    Map<Turn, List<Entry>> seams = new LinkedHashMap<>();
    Map<Integer, Integer> parts = new LinkedHashMap<>();
    for (Entry entry : entries) {
      Turn turn = Turn.of(entry);
      if (entry.content() instanceof AtSeam) {
        seams.computeIfAbsent(turn, t -> new ArrayList<>()).add(entry);
        continue;
      }
      List<Item> items = items(segments, parts, turn);
      if (!(entry.content() instanceof StepBegan)) {
        items.add(
            new Item(
                Optional.of(entry), Optional.ofNullable(seams.remove(turn)).orElse(List.of())));
      }
    }
    seams.forEach(
        (turn, rest) -> items(segments, parts, turn).add(new Item(Optional.empty(), rest)));
    return segments;
  }

  private static List<Item> items(List<Segment> segments, Map<Integer, Integer> parts, Turn turn) {
    Optional<Segment> last =
        segments.isEmpty() ? Optional.empty() : Optional.of(segments.get(segments.size() - 1));
    if (last.filter(s -> new Turn(s.step, s.device).equals(turn)).isEmpty()) {
      int part = parts.merge(turn.step(), 1, Integer::sum);
      segments.add(new Segment(turn.step(), turn.device(), part, new ArrayList<>()));
    }
    return segments.get(segments.size() - 1).items();
  }
}
