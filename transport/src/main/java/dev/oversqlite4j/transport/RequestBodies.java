package dev.oversqlite4j.transport;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.oversqlite4j.spi.FrozenRow;
import dev.oversqlite4j.spi.OutboxState;
import dev.oversqlite4j.spi.SyncServer.LocalPending;
import dev.oversqlite4j.spi.SyncServer.SourceReplacement;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import okhttp3.MediaType;
import okhttp3.RequestBody;

/**
 * Request bodies (wire-protocol 2.3 to 2.6, 2.10). Held in memory, so that the app's authenticator
 * may send one again with a fresh token.
 */
final class RequestBodies {
  private static final MediaType JSON = MediaType.get("application/json");

  private RequestBodies() {}

  static RequestBody empty() {
    return RequestBody.create(new byte[0], null);
  }

  static RequestBody connect(LocalPending pending) {
    return json(
        out -> out.writeBooleanField("has_local_pending_rows", pending == LocalPending.SOME));
  }

  static RequestBody createPush(OutboxState.Bundle bundle, Optional<String> lease) {
    return json(
        out -> {
          out.writeNumberField("source_bundle_id", bundle.sourceBundleId());
          out.writeNumberField("planned_row_count", bundle.rowCount());
          out.writeStringField("canonical_request_hash", bundle.requestHash());
          if (lease.isPresent()) {
            out.writeStringField("initialization_id", lease.get());
          }
        });
  }

  /** Keys and payloads go out as they were frozen, byte for byte. */
  static RequestBody chunk(String schema, List<FrozenRow> rows) {
    return json(
        out -> {
          out.writeNumberField("start_row_ordinal", rows.get(0).ordinal());
          out.writeArrayFieldStart("rows");
          for (FrozenRow row : rows) {
            out.writeStartObject();
            out.writeStringField("schema", schema);
            out.writeStringField("table", row.key().table());
            out.writeFieldName("key");
            out.writeRawValue(row.wireKeyJson());
            out.writeStringField("op", row.op().name());
            out.writeNumberField("base_row_version", row.baseRowVersion());
            // Not even a null for DELETE: the server refuses the member (trap 4).
            if (row.wirePayload().isPresent()) {
              out.writeFieldName("payload");
              out.writeRawValue(row.wirePayload().get());
            }
            out.writeEndObject();
          }
          out.writeEndArray();
        });
  }

  static RequestBody snapshot(Optional<SourceReplacement> replacement) {
    if (replacement.isEmpty()) {
      return empty();
    }
    SourceReplacement sources = replacement.get();
    return json(
        out -> {
          out.writeObjectFieldStart("source_replacement");
          out.writeStringField(
              "previous_source_id", SourceIds.requireValid(sources.previousSourceId()));
          out.writeStringField("new_source_id", SourceIds.requireValid(sources.newSourceId()));
          out.writeStringField("reason", sources.reason().name().toLowerCase(Locale.ROOT));
          out.writeEndObject();
        });
  }

  private interface Members {
    void write(JsonGenerator out) throws IOException;
  }

  private static RequestBody json(Members members) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = Json.MAPPER.createGenerator(bytes)) {
      out.writeStartObject();
      members.write(out);
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return RequestBody.create(bytes.toByteArray(), JSON);
  }
}
