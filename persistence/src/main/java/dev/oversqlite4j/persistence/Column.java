package dev.oversqlite4j.persistence;

/**
 * A column of a managed table.
 *
 * @param name lower-cased, as payloads and the wire spell it
 * @param realName as the database spells it
 */
record Column(String name, String realName, Kind kind, Nullability nullability) {

  /** Whether it takes NULL. */
  enum Nullability {
    NULLABLE,
    NOT_NULL
  }

  /** The column as an identifier of SQL text. */
  String quoted() {
    return SqlText.identifier(realName);
  }
}
