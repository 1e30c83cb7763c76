package dev.oversqlite4j.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RowOperation;
import dev.oversqlite4j.spi.WireRow;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BundleHashTest {
  private static WireRow row(RowOperation op, String key, Optional<String> payload)
      throws IOException {
    return new WireRow("shop", "gadgets", object(key), op, 12, payload.map(BundleHashTest::object));
  }

  private static ObjectNode object(String json) {
    return Json.read(
            dev.oversqlite4j.SyncOperation.PULL_BUNDLES,
            json.getBytes(java.nio.charset.StandardCharsets.UTF_8))
        .node();
  }

  /** The worked example of wire-protocol 5.4, members in another order. */
  @Test
  void workedExample() throws IOException {
    BundleHash hash = BundleHash.july();
    hash.add(
        row(
            RowOperation.INSERT,
            "{\"id\":\"7c9a1f60-52d3-4b1e-8f0a-3d2f9b6c1e44\"}",
            Optional.of(
                "{\"title\":\"Tape \\u0026 Reel\",\"qty\":\"3\",\"ratio\":\"0.25\",\"active\":true,"
                    + "\"memo\":null,\"blob\":\"AP8Q\",\"made_at\":\"2026-05-02T08:15:30+00:00\","
                    + "\"id\":\"7c9a1f60-52d3-4b1e-8f0a-3d2f9b6c1e44\"}")));
    hash.add(
        row(
            RowOperation.DELETE,
            "{\"id\":\"0b5e6a2d-9f31-4c77-a1c8-6e2d4f7a9b10\"}",
            Optional.empty()));
    assertEquals(Wire.BUNDLE_HASH, hash.hex());
  }

  @Test
  void orderMatters() throws IOException {
    WireRow a = row(RowOperation.DELETE, "{\"id\":\"a\"}", Optional.empty());
    WireRow b = row(RowOperation.DELETE, "{\"id\":\"b\"}", Optional.empty());
    BundleHash ab = BundleHash.july();
    ab.add(a);
    ab.add(b);
    BundleHash ba = BundleHash.july();
    ba.add(b);
    ba.add(a);
    assertNotEquals(ab.hex(), ba.hex());
  }
}
