package dev.oversqlite4j.persistence;

import com.fasterxml.jackson.databind.JsonNode;
import dev.oversqlite4j.QuarantineCause;
import dev.oversqlite4j.RemoteResponseSemanticException;
import dev.oversqlite4j.SyncOperation;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/** Single values between local and wire form (spec 6, wire-protocol 4.3, July). */
final class WireForm {

  static final int UUID_BYTES = 16;

  private static final Pattern UUID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  private static final Pattern IDENTIFIER = Pattern.compile("[_\\p{L}][_\\p{L}\\p{Nd}]{0,62}");

  private WireForm() {}

  /** Why a value can never be sent. */
  static final class NotSendable extends Exception {
    private static final long serialVersionUID = 1L;
    private final QuarantineCause quarantineCause;

    NotSendable(QuarantineCause quarantineCause) {
      super(quarantineCause.name(), null, false, false);
      this.quarantineCause = quarantineCause;
    }

    QuarantineCause quarantineCause() {
      return quarantineCause;
    }
  }

  static boolean isUuid(String text) {
    return UUID.matcher(text).matches();
  }

  static String dashed(String hex) {
    return String.join(
        "-",
        hex.substring(0, 8),
        hex.substring(8, 12),
        hex.substring(12, 16),
        hex.substring(16, 20),
        hex.substring(20));
  }

  static void requireSendable(String text) throws NotSendable {
    if (text.indexOf('\0') >= 0) {
      throw new NotSendable(QuarantineCause.NUL_IN_TEXT);
    }
    if (hasUnpairedSurrogate(text)) {
      throw new NotSendable(QuarantineCause.VALUE_NOT_ENCODABLE);
    }
  }

  /** The wire JSON of a local value. */
  static String encode(Column column, JsonNode local) throws NotSendable {
    if (local.isNull()) {
      return "null";
    }
    Object value = local.isTextual() ? LocalForm.bindable(column, local) : local;
    String text =
        switch (column.kind()) {
          case TEXT -> {
            String plain = require(value, String.class);
            requireSendable(plain);
            yield plain;
          }
          case INTEGER -> require(value, Long.class).toString();
          case BOOLEAN -> {
            long bit = require(value, Long.class);
            if (bit != 0 && bit != 1) {
              throw new NotSendable(QuarantineCause.VALUE_NOT_ENCODABLE);
            }
            yield Long.toString(bit);
          }
          case REAL -> {
            double number = require(value, Double.class);
            if (Double.isInfinite(number)) {
              throw new NotSendable(QuarantineCause.VALUE_NOT_ENCODABLE);
            }
            yield Numbers.canonical(number);
          }
          case BLOB -> Base64.getEncoder().encodeToString(require(value, byte[].class));
          case UUID -> {
            byte[] bytes = require(value, byte[].class);
            if (bytes.length != UUID_BYTES) {
              throw new NotSendable(QuarantineCause.VALUE_NOT_ENCODABLE);
            }
            yield dashed(HexFormat.of().formatHex(bytes));
          }
        };
    return JsonText.quoted(text);
  }

  private static <T> T require(Object value, Class<T> type) throws NotSendable {
    if (!type.isInstance(value)) {
      throw new NotSendable(QuarantineCause.VALUE_NOT_ENCODABLE);
    }
    return type.cast(value);
  }

  /** The value the database binds for a wire value. */
  static Object decode(TableShape table, Column column, JsonNode wire) {
    if (wire.isNull()) {
      return null;
    }
    boolean integer = column.kind() == Kind.INTEGER || column.kind() == Kind.BOOLEAN;
    if (integer && wire.isBoolean()) {
      return wire.booleanValue() ? 1L : 0L;
    }
    if (!wire.isTextual()) {
      throw rejected(table, column, "is not a string");
    }
    String text = wire.textValue();
    return switch (column.kind()) {
      case TEXT -> {
        if (text.indexOf('\0') >= 0 || hasUnpairedSurrogate(text)) {
          throw rejected(table, column, "is text with a character no database can keep");
        }
        yield text;
      }
      case INTEGER ->
          Numbers.int64(text)
              .orElseThrow(() -> rejected(table, column, "is not a canonical int64"));
      case BOOLEAN ->
          Numbers.int64(text)
              .filter(bit -> bit == 0 || bit == 1)
              .orElseThrow(() -> rejected(table, column, "is neither 0 nor 1"));
      case REAL ->
          Numbers.canonicalReal(text)
              .orElseThrow(() -> rejected(table, column, "is not a canonical binary64"));
      case BLOB ->
          base64(text).orElseThrow(() -> rejected(table, column, "is not canonical base64"));
      case UUID -> {
        if (!isUuid(text)) {
          throw rejected(table, column, "is not a canonical UUID");
        }
        yield HexFormat.of().parseHex(text.replace("-", ""));
      }
    };
  }

  private static Optional<byte[]> base64(String text) {
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      // The decoder forgives missing padding and stray bits in the last character.
      return Optional.of(bytes).filter(b -> Base64.getEncoder().encodeToString(b).equals(text));
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }

  private static boolean hasUnpairedSurrogate(String text) {
    return text.codePoints()
        .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  static RemoteResponseSemanticException rejected(TableShape table, Column column, String what) {
    return new RemoteResponseSemanticException(
        SyncOperation.SYNC,
        "column " + printable(column.name()) + " of table " + printable(table.name()) + " " + what);
  }

  /** A name for a message: only what looks like an identifier is printed (spec 1.4). */
  static String printable(String name) {
    return IDENTIFIER.matcher(name).matches() ? name : "<redacted>";
  }
}
