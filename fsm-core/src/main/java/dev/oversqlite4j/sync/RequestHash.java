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
 * order, ordinals and versions as strings (spec 6, wire-protocol 5.3).
 */
public final class RequestHash {

  private RequestHash() {}

  /** 64 lower-case hex digits. */
  public static String of(String schema, List<FrozenRow> rows) {
    StringBuilder json = new StringBuilder("[");
    for (FrozenRow row : rows) {
      if (json.length() > 1) {
        json.append(',');
      }
      json.append("{\"base_row_version\":\"")
          .append(row.baseRowVersion())
          .append("\",\"key\":")
          .append(row.wireKeyJson())
          .append(",\"op\":\"")
          .append(row.op())
          .append("\",\"payload\":")
          .append(row.wirePayload().orElse("null"))
          .append(",\"row_ordinal\":\"")
          .append(row.ordinal())
          .append("\",\"schema\":")
          .append(quoted(schema))
          .append(",\"table\":")
          .append(quoted(row.key().table()))
          .append('}');
    }
    json.append(']');
    try {
      byte[] canonical = new JsonCanonicalizer(json.toString()).getEncodedUTF8();
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(canonical));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java runtime has SHA-256", e);
    }
  }

  private static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }
}
