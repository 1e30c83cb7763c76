package dev.oversqlite4j.transport;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.spi.WireRow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.erdtman.jcs.JsonCanonicalizer;

/**
 * SHA-256 over the rows of a bundle in canonical JSON (wire-protocol 5.2). The canonical form of an
 * array is that of its elements, so rows are added one by one and never held.
 */
final class BundleHash {
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  private final Form form;
  private final MessageDigest sha256 = sha256();
  private long ordinal;

  /** One row in the canonical form of a revision. */
  private interface Form {
    byte[] canonical(WireRow row, long ordinal) throws IOException;
  }

  private BundleHash(Form form) {
    this.form = form;
  }

  /** RFC 8785, with integers as strings, so that no reader's double can round them. */
  static BundleHash july() {
    return new BundleHash(
        (row, ordinal) -> {
          ObjectNode element = element(row);
          element.put("row_ordinal", Long.toString(ordinal));
          element.put("row_version", Long.toString(row.rowVersion()));
          return canonicalizer(element).getEncodedUTF8();
        });
  }

  /** As Go writes it: integers as numbers, and characters of HTML escaped (wire-protocol 5.1). */
  static BundleHash june() {
    return new BundleHash(
        (row, ordinal) -> {
          ObjectNode element = element(row);
          element.put("row_ordinal", ordinal);
          element.put("row_version", row.rowVersion());
          // These characters occur inside of strings only.
          return canonicalizer(element)
              .getEncodedString()
              .replace("<", "\\u003c")
              .replace(">", "\\u003e")
              .replace("&", "\\u0026")
              .replace("\u2028", "\\u2028")
              .replace("\u2029", "\\u2029")
              .getBytes(StandardCharsets.UTF_8);
        });
  }

  /** Whether a text can be the hash of a bundle. */
  static boolean isOne(String text) {
    return HEX.matcher(text).matches();
  }

  private static ObjectNode element(WireRow row) {
    ObjectNode element = JsonNodeFactory.instance.objectNode();
    element.put("schema", row.schema());
    element.put("table", row.table());
    element.put("op", row.op().name());
    element.set("key", row.key());
    element.set("payload", row.payload().orElse(null));
    return element;
  }

  private static JsonCanonicalizer canonicalizer(ObjectNode element) throws IOException {
    return new JsonCanonicalizer(Json.MAPPER.writeValueAsString(element));
  }

  /**
   * Adds the next row.
   *
   * @throws IOException the row holds a number that has no canonical form
   */
  void add(WireRow row) throws IOException {
    sha256.update((byte) (ordinal == 0 ? '[' : ','));
    sha256.update(form.canonical(row, ordinal));
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
