package dev.oversqlite4j.transport;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RemoteResponseDecodeException;
import dev.oversqlite4j.spi.SyncServer.BundleSink;
import dev.oversqlite4j.spi.SyncServer.Part;
import dev.oversqlite4j.spi.WireRow;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A page of bundles, read row by row: one row at a time is more than its text. The first reading
 * checks everything; a page of more than a batch is read a second time to hand its rows over.
 */
final class PullBody {

  private final Reply reply;
  private final RowReader reader;
  private final int batchRows;
  private final long batchBytes;
  private final String text;
  private final boolean surrogates;
  private final ObjectNode head = Json.MAPPER.createObjectNode();
  private final List<Fields> bundles = new ArrayList<>();
  private final List<List<WireRow>> kept = new ArrayList<>();
  private boolean keeping = true;
  private int keptRows;

  private PullBody(Reply reply, RowReader reader, int batchRows, long batchBytes)
      throws IOException {
    this.reply = reply;
    this.reader = reader;
    this.batchRows = batchRows;
    this.batchBytes = batchBytes;
    text = Json.decode(reply.body());
    surrogates = Json.mayHoldLoneSurrogates(text);
    keeping = text.length() <= batchBytes;
  }

  /** Checks the form of the page and every row of it. */
  static PullBody check(Reply reply, RowReader reader, int batchRows, long batchBytes) {
    try {
      PullBody body = new PullBody(reply, reader, batchRows, batchBytes);
      body.read(body::check);
      return body;
    } catch (IOException | NumberFormatException | ArithmeticException e) {
      throw new RemoteResponseDecodeException(reply.op());
    }
  }

  /** The page without its bundles. */
  Fields page() {
    return new Fields(reply.op(), head);
  }

  /** The bundles without their rows. */
  List<Fields> bundles() {
    return bundles;
  }

  /** Hands the rows over, a batch at most at a time. */
  void deliver(BundleSink sink) {
    if (keeping) {
      for (int i = 0; i < bundles.size(); i++) {
        sink.take(bundleSeq(i), kept.get(i), Part.LAST);
      }
      return;
    }
    Batches batches = new Batches(sink);
    try {
      read(batches);
    } catch (IOException e) {
      throw new RemoteResponseDecodeException(reply.op());
    }
  }

  private long bundleSeq(int index) {
    return bundles.get(index).integer("bundle_seq");
  }

  /** Gets each row of the bundle of this index, and null where the bundle ends. */
  @FunctionalInterface
  private interface RowSink {
    void row(int bundle, WireRow row, long length);
  }

  private void check(int bundle, WireRow row, long length) {
    if (!keeping) {
      return;
    }
    if (kept.size() == bundle) {
      kept.add(new ArrayList<>());
    }
    if (row == null) {
      return;
    }
    kept.get(bundle).add(row);
    keptRows++;
    if (keptRows > batchRows) {
      keeping = false;
      kept.clear();
    }
  }

  private final class Batches implements RowSink {
    private final BundleSink sink;
    private List<WireRow> batch = new ArrayList<>();
    private long bytes;

    Batches(BundleSink sink) {
      this.sink = sink;
    }

    @Override
    public void row(int bundle, WireRow row, long length) {
      if (row == null) {
        flush(bundle, Part.LAST);
        return;
      }
      if (!batch.isEmpty() && (batch.size() == batchRows || bytes + length > batchBytes)) {
        flush(bundle, Part.MORE_FOLLOW);
      }
      batch.add(row);
      bytes += length;
    }

    private void flush(int bundle, Part part) {
      List<WireRow> full = batch;
      batch = new ArrayList<>();
      bytes = 0;
      sink.take(bundleSeq(bundle), full, part);
    }
  }

  private void read(RowSink sink) throws IOException {
    boolean first = bundles.isEmpty();
    boolean seen = false;
    int index = 0;
    try (JsonParser parser = Json.MAPPER.createParser(text)) {
      require(parser.nextToken() == JsonToken.START_OBJECT);
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        if (!name.equals("bundles")) {
          JsonNode value = tree(parser);
          if (first) {
            head.set(name, value);
          }
          continue;
        }
        seen = true;
        require(parser.currentToken() == JsonToken.START_ARRAY);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          ObjectNode bundle = readBundle(parser, index, sink);
          if (first) {
            bundles.add(new Fields(reply.op(), bundle));
          }
          sink.row(index, null, 0);
          index++;
        }
      }
      require(seen && parser.nextToken() == null);
    }
  }

  private ObjectNode readBundle(JsonParser parser, int index, RowSink sink) throws IOException {
    require(parser.currentToken() == JsonToken.START_OBJECT);
    ObjectNode bundle = Json.MAPPER.createObjectNode();
    boolean seen = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      if (!name.equals("rows")) {
        bundle.set(name, tree(parser));
        continue;
      }
      seen = true;
      require(parser.currentToken() == JsonToken.START_ARRAY);
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        require(parser.currentToken() == JsonToken.START_OBJECT);
        long start = parser.currentTokenLocation().getCharOffset();
        Fields row = new Fields(reply.op(), (ObjectNode) tree(parser));
        long length = parser.currentLocation().getCharOffset() - start;
        sink.row(index, reader.bundleRow(row), length);
      }
    }
    require(seen);
    return bundle;
  }

  private JsonNode tree(JsonParser parser) throws IOException {
    JsonNode node = Json.MAPPER.readTree(parser);
    if (surrogates) {
      Json.requirePaired(node);
    }
    return node;
  }

  private void require(boolean holds) {
    if (!holds) {
      throw new RemoteResponseDecodeException(reply.op());
    }
  }
}
