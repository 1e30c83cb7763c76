package dev.oversqlite4j.transport;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.SyncOperation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
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
                  // UTF-8 and nothing else; names of a hostile server are not kept for ever.
                  .disable(JsonFactory.Feature.CHARSET_DETECTION)
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
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
   * Decodes an answer.
   *
   * @throws RemoteResponseDecodeException it breaks a rule above
   */
  static Fields read(SyncOperation op, byte[] utf8) {
    try {
      return read(op, new ByteArrayInputStream(utf8), Element::whole);
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  /** Reads an object that the parser has come to. */
  interface ElementReader<T> {
    T read(Element element) throws IOException;
  }

  /**
   * Decodes an answer while it arrives.
   *
   * @throws RemoteResponseDecodeException it breaks a rule above
   * @throws IOException the network failed
   */
  static <T> T read(SyncOperation op, InputStream utf8, ElementReader<T> reader)
      throws IOException {
    try (JsonParser parser = MAPPER.createParser(new Utf8Stream(utf8))) {
      parser.nextToken();
      T read = reader.read(new Element(op, parser));
      if (parser.nextToken() != null) {
        throw new RemoteResponseDecodeException(op);
      }
      return read;
    } catch (JsonProcessingException
        | CharacterCodingException
        | NumberFormatException
        | ArithmeticException e) {
      throw new RemoteResponseDecodeException(op);
    }
  }

  /** An object that the parser has come to, to be read once: as a whole or piece by piece. */
  static final class Element {
    private final SyncOperation op;
    private final JsonParser parser;
    private long byteCount;

    private Element(SyncOperation op, JsonParser parser) {
      this.op = op;
      this.parser = parser;
    }

    /** Reads everything. */
    Fields whole() throws IOException {
      requireObject();
      long start = parser.currentTokenLocation().getByteOffset();
      ObjectNode node = MAPPER.readTree(parser);
      byteCount = parser.currentLocation().getByteOffset() - start;
      requirePaired(node);
      return new Fields(op, node);
    }

    /** UTF-8 bytes of the object as sent, once {@link #whole} has read it. */
    long byteCount() {
      return byteCount;
    }

    /**
     * Reads the scalar members and hands the elements of one array on as they come. Of other
     * members that are no scalars only the name is kept, and so is nothing of the array.
     */
    Fields streaming(String array, ElementReader<?> elements) throws IOException {
      requireObject();
      ObjectNode members = MAPPER.createObjectNode();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        requirePaired(name);
        if (name.equals(array) && value == JsonToken.START_ARRAY) {
          members.putArray(name);
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            elements.read(new Element(op, parser));
          }
        } else if (value.isStructStart()) {
          parser.skipChildren();
          members.putObject(name);
        } else {
          JsonNode scalar = MAPPER.readTree(parser);
          requirePaired(scalar);
          members.set(name, scalar);
        }
      }
      Fields fields = new Fields(op, members);
      fields.requireArray(array);
      return fields;
    }

    private void requireObject() {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        throw new RemoteResponseDecodeException(op);
      }
    }
  }

  /** The object in an error body, if it is one: a proxy may answer anything. */
  static Optional<Fields> readError(Reply reply) {
    try {
      return Optional.of(read(reply.op(), reply.body()));
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

  private static String decode(byte[] utf8) throws CharacterCodingException {
    return StandardCharsets.UTF_8
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(CodingErrorAction.REPORT)
        .decode(ByteBuffer.wrap(utf8))
        .toString();
  }

  private static void requirePaired(JsonNode node) throws CharacterCodingException {
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

  /** Valid UTF-8 holds no lone surrogate, but an escape may. */
  private static void requirePaired(String text) throws CharacterCodingException {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        return;
      }
    }
  }
}
