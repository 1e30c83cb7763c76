package dev.oversqlite4j.sync;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.oversqlite4j.spi.FrozenRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.erdtman.jcs.JsonCanonicalizer;

/**
 * The hash that identifies a bundle's content: SHA-256 over the RFC 8785 form of all rows in push
 * order, ordinals and versions as strings (spec 6, wire-protocol 5.3). It takes the rows one by
 * one, so that a large bundle is never held as one text. Not thread-safe.
 */
public final class RequestHash {

  private final String schema;
  private final MessageDigest digest = sha256();
  // What the next row follows.
  private char separator = '[';

  /**
   * The hash of no rows yet.
   *
   * @param schema the synced schema's name
   */
  public RequestHash(String schema) {
    this.schema = quoted(schema);
  }

  /** The hash of all of {@code rows}: 64 lower-case hex digits. */
  public static String of(String schema, List<FrozenRow> rows) {
    RequestHash hash = new RequestHash(schema);
    rows.forEach(hash::add);
    return hash.hex();
  }

  /** The next row in push order. */
  public void add(FrozenRow row) {
    digest.update((byte) separator);
    separator = ',';
    String json =
        "{\"base_row_version\":\""
            + row.baseRowVersion()
            + "\",\"key\":"
            + row.wireKeyJson()
            + ",\"op\":\""
            + row.op()
            + "\",\"payload\":"
            + row.wirePayload().orElse("null")
            + ",\"row_ordinal\":\""
            + row.ordinal()
            + "\",\"schema\":"
            + schema
            + ",\"table\":"
            + quoted(row.key().table())
            + "}";
    try {
      digest.update(new JsonCanonicalizer(json).getEncodedUTF8());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** 64 lower-case hex digits; nothing can be added afterwards. */
  public String hex() {
    if (separator == '[') {
      digest.update((byte) '[');
    }
    digest.update((byte) ']');
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java runtime has SHA-256", e);
    }
  }

  private static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }
}
