package dev.oversqlite4j.simulator.plan;

import java.util.List;

/** The names of the built-in app's tables, as its plans write them. */
public final class Table {

  /** The parents. */
  public static final String PERSON = "person";

  /** Children of a person. */
  public static final String NOTE = "note";

  /** Rows of numbers. */
  public static final String MEASURE = "measure";

  /** All of them, parents before their children. */
  public static final List<String> ALL = List.of(PERSON, NOTE, MEASURE);

  private Table() {}
}
