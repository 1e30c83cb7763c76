package dev.oversqlite4j.simulator;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A row that a simulated app is about to write, and the chance to draw its values with: the same
 * write of a plan always draws the same. Not thread-safe.
 */
public final class RowDraft {

  private final int value;
  private final SplittableRandom random;
  private final Map<String, Object> columns = new LinkedHashMap<>();

  /**
   * A draft without values, as a simulation makes one for every write.
   *
   * @param seed decides what is drawn
   * @param value the number of the write, which occurs once in a plan
   */
  public RowDraft(long seed, int value) {
    this.random = new SplittableRandom(seed);
    this.value = value;
  }

  /** The number of the write. It occurs once in a plan: make unique values of it. */
  public int value() {
    return value;
  }

  /** A number from {@code least} to {@code most}. */
  public long number(long least, long most) {
    return random.nextLong(least, most + 1);
  }

  /** True as often as the percentage says. */
  public boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  /** One of these. */
  public <V> V oneOf(List<V> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  /**
   * Decides a column.
   *
   * @param content a String, whole number, floating-point number, byte[] or null, as the column
   *     holds it
   */
  public RowDraft set(String column, Object content) {
    columns.put(column.toLowerCase(Locale.ROOT), content);
    return this;
  }

  /** What was decided so far. */
  public Map<String, Object> columns() {
    return Collections.unmodifiableMap(columns);
  }
}
