package dev.oversqlite4j.simulator.report;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Map;

/** Counts as they are named where they are counted: whoever counts more need not come here. */
final class Numbers {

  private Numbers() {}

  /** Each number of a record by its name in words. */
  static Map<String, String> of(Record counts) {
    Map<String, String> numbers = new LinkedHashMap<>();
    for (RecordComponent component : counts.getClass().getRecordComponents()) {
      if (component.getType().isPrimitive()) {
        numbers.put(Words.spaced(component.getName()), String.valueOf(value(component, counts)));
      }
    }
    return numbers;
  }

  private static Object value(RecordComponent component, Record counts) {
    try {
      return component.getAccessor().invoke(counts);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("A public record does not show its components", e);
    }
  }
}
