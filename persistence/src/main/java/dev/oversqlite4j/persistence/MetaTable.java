package dev.oversqlite4j.persistence;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.spi.IdSource;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** The table {@code _fsm_meta}: which layout our own tables have, and the salt of this file. */
final class MetaTable {

  private static final int FORMAT_VERSION = 1;

  private static final String NAME = "_fsm_meta";

  private static final String CREATE =
      """
      CREATE TABLE _fsm_meta (
        singleton_key INTEGER NOT NULL PRIMARY KEY CHECK (singleton_key = 1),
        format_version INTEGER NOT NULL,
        salt TEXT NOT NULL
      ) STRICT""";

  private MetaTable() {}

  /** SHA-256 over the salt of this file and a text, as lower-case hex. */
  static String saltedHash(Sql sql, String text) {
    String salt =
        sql.first("SELECT salt FROM _fsm_meta", row -> row.getString(1))
            .orElseThrow(() -> new CorruptLocalStateException(NAME, "it has no row"));
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(salt.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sha.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException impossible) {
      // Every Java platform has to have it.
      throw new IllegalStateException(impossible);
    }
  }

  static void createIfMissing(Sql sql, Map<String, String> existing, IdSource ids) {
    if (!existing.containsKey(NAME)) {
      sql.execute(CREATE);
    }
    long version =
        sql.first("SELECT format_version FROM _fsm_meta", row -> row.getLong(1)).orElse(0L);
    if (version == 0) {
      sql.update(
          "INSERT INTO _fsm_meta (singleton_key, format_version, salt) VALUES (1, ?, ?)",
          FORMAT_VERSION,
          ids.newUuid());
    } else if (version != FORMAT_VERSION) {
      throw new CorruptLocalStateException(
          NAME, "it was written by another version of this library, format " + version);
    }
  }
}
