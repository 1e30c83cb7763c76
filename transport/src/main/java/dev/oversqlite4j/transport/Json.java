package dev.oversqlite4j.transport;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.SyncOperation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * Strict JSON: one object and nothing after it, valid UTF-8, no duplicate members, no unpaired
 * surrogates, bounded nesting, numbers kept exactly.
 *
 * <p>What a parser says of bad input quotes it, so such causes are dropped: messages hold no text
 * of the server (spec 1.4).
 */
final class Json {
  private static final int NESTING_MAX = 128;

  static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(NESTING_MAX)
                          // Bodies are bounded; a long value inside is no failure of its own.
                          .maxStringLength(Integer.MAX_VALUE)
                          .build())
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private Json() {}

  /**
   * A decoded answer.
   *
   * @param rowsByteCount UTF-8 bytes of the objects in the top-level {@code rows}, as sent
   */
  record Document(Fields root, long rowsByteCount) {}

  /**
   * Decodes an answer.
   *
   * @throws RemoteResponseDecodeException it breaks a rule above
   */
  static Document read(SyncOperation op, byte[] utf8) {
    try {
      String text = decode(utf8);
      Document document = parse(op, text);
      // Valid UTF-8 holds no lone surrogate, but an escape may.
      if (mayHoldLoneSurrogates(text)) {
        requirePaired(document.root().node());
      }
      return document;
    } catch (IOException | NumberFormatException | ArithmeticException e) {
      throw new RemoteResponseDecodeException(op);
    }
  }

  /** The object in an error body, if it is one: a proxy may answer anything. */
  static Optional<Fields> readError(Reply reply) {
    try {
      return Optional.of(read(reply.op(), reply.body()).root());
    } catch (RemoteResponseDecodeException e) {
      return Optional.empty();
    }
  }

  /** A top-level text member of a body that may be broken elsewhere. */
  static Optional<String> findText(byte[] utf8, String name) {
    try (JsonParser parser = MAPPER.createParser(decode(utf8))) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean wanted = parser.currentName().equals(name);
        JsonToken value = parser.nextToken();
        if (wanted && value == JsonToken.VALUE_STRING) {
          return Optional.of(parser.getText());
        }
        parser.skipChildren();
      }
    } catch (IOException e) {
      return Optional.empty();
    }
    return Optional.empty();
  }

  static boolean mayHoldLoneSurrogates(String text) {
    return text.contains("\\ud") || text.contains("\\uD");
  }

  /** The text of a body; malformed UTF-8 is refused, not replaced. */
  static String decode(byte[] utf8) throws CharacterCodingException {
    return StandardCharsets.UTF_8
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(CodingErrorAction.REPORT)
        .decode(ByteBuffer.wrap(utf8))
        .toString();
  }

  private static Document parse(SyncOperation op, String text) throws IOException {
    try (JsonParser parser = MAPPER.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new RemoteResponseDecodeException(op);
      }
      ObjectNode root = MAPPER.createObjectNode();
      long rowsByteCount = 0;
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        if (parser.nextToken() == JsonToken.START_ARRAY && name.equals("rows")) {
          ArrayNode rows = root.putArray(name);
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            long start = parser.currentTokenLocation().getCharOffset();
            rows.add(MAPPER.<JsonNode>readTree(parser));
            long end = parser.currentLocation().getCharOffset();
            rowsByteCount += utf8Length(text, (int) start, (int) end);
          }
        } else {
          root.set(name, MAPPER.<JsonNode>readTree(parser));
        }
      }
      if (parser.nextToken() != null) {
        throw new RemoteResponseDecodeException(op);
      }
      return new Document(new Fields(op, root), rowsByteCount);
    }
  }

  private static long utf8Length(String text, int start, int end) {
    long length = 0;
    for (int i = start; i < end; i++) {
      char c = text.charAt(i);
      // A surrogate pair takes four bytes: two for each half.
      length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return length;
  }

  static void requirePaired(JsonNode node) throws CharacterCodingException {
    if (node.isTextual()) {
      requirePaired(node.textValue());
    } else if (node.isObject()) {
      for (Map.Entry<String, JsonNode> member : node.properties()) {
        requirePaired(member.getKey());
        requirePaired(member.getValue());
      }
    } else {
      for (JsonNode element : node) {
        requirePaired(element);
      }
    }
  }

  private static void requirePaired(String text) throws CharacterCodingException {
    StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
  }
}
