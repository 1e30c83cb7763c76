package dev.oversqlite4j.transport;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.spi.WireRow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.erdtman.jcs.JsonCanonicalizer;

/**
 * SHA-256 over the rows of a bundle in canonical JSON (wire-protocol 5.2, July 2026). The canonical
 * form of an array is that of its elements, so rows are added one by one and never held.
 */
final class BundleHash {
  private final MessageDigest sha256 = sha256();
  private long ordinal;

  /**
   * Adds the next row.
   *
   * @throws IOException the row holds a number that has no canonical form
   */
  void add(WireRow row) throws IOException {
    ObjectNode element = JsonNodeFactory.instance.objectNode();
    // Integers are strings here, so that no reader's double can round them.
    element.put("row_ordinal", Long.toString(ordinal));
    element.put("row_version", Long.toString(row.rowVersion()));
    element.put("schema", row.schema());
    element.put("table", row.table());
    element.put("op", row.op().name());
    element.set("key", row.key());
    element.set("payload", row.payload().orElse(null));
    sha256.update((byte) (ordinal == 0 ? '[' : ','));
    sha256.update(new JsonCanonicalizer(Json.MAPPER.writeValueAsString(element)).getEncodedUTF8());
    ordinal++;
  }

  /** 64 lower-case hex digits; ends the computation. */
  String hex() {
    sha256.update((ordinal == 0 ? "[]" : "]").getBytes(StandardCharsets.US_ASCII));
    return HexFormat.of().formatHex(sha256.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
