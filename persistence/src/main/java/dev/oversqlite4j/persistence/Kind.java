package dev.oversqlite4j.persistence;

import java.util.Locale;
import java.util.Optional;

/** How a column's values are encoded (spec 6). */
enum Kind {
  TEXT,
  INTEGER,
  /** Declared {@code BOOL…}: INTEGER restricted to 0 and 1. */
  BOOLEAN,
  REAL,
  BLOB,
  /** A BLOB that is a key or refers to one: 16 bytes, a dashed UUID on the wire. */
  UUID;

  /**
   * The kind of a declared type by SQLite's own affinity order (V9); empty for NUMERIC affinity,
   * whose storage class no encoding of this protocol can keep (V20).
   */
  static Optional<Kind> ofDeclaredType(String declaredType) {
    String type = declaredType.toUpperCase(Locale.ROOT);
    if (type.contains("INT")) {
      return Optional.of(INTEGER);
    }
    if (type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT")) {
      return Optional.of(TEXT);
    }
    if (type.contains("BLOB") || type.isBlank()) {
      return Optional.of(BLOB);
    }
    if (type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB")) {
      return Optional.of(REAL);
    }
    return type.startsWith("BOOL") ? Optional.of(BOOLEAN) : Optional.empty();
  }
}
