package dev.oversqlite4j.sync;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.spi.BundleStage;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.RowCodec.DecodedRow;
import dev.oversqlite4j.spi.WireRow;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The rows of one bundle as they arrive (architecture, cost rules): one batch stays in memory, and
 * as soon as there are more, each goes into the stage in a short transaction of its own.
 */
final class Incoming {

  private final SyncContext ctx;
  private final Function<LocalTransaction, BundleStage> stage;
  private final long bundleSeq;
  private final String bundleHash;
  private final MessageDigest digest = sha256();
  private Optional<List<DecodedRow>> memory = Optional.empty();
  private List<BundleStage.Row> memoryRows = List.of();
  private boolean staging;
  private long count;

  /**
   * @param bundleHash empty if the server did not say
   */
  Incoming(
      SyncContext ctx,
      Function<LocalTransaction, BundleStage> stage,
      long bundleSeq,
      String bundleHash) {
    this.ctx = ctx;
    this.stage = stage;
    this.bundleSeq = bundleSeq;
    this.bundleHash = bundleHash;
  }

  /** Every row is checked before any is stored. */
  void add(List<WireRow> batch) {
    List<DecodedRow> decoded = new ArrayList<>();
    List<BundleStage.Row> rows = new ArrayList<>();
    for (WireRow wire : batch) {
      DecodedRow row = ctx.store().codec().decode(wire);
      decoded.add(row);
      rows.add(
          new BundleStage.Row(
              count++,
              row.key(),
              row.op(),
              row.rowVersion(),
              row.payload().isPresent() ? wire.payload().map(Object::toString) : Optional.empty()));
    }
    if (memory.isEmpty() && !staging) {
      memory = Optional.of(decoded);
      memoryRows = rows;
      return;
    }
    ctx.write(
        tx -> {
          if (!staging) {
            stage.apply(tx).clear();
            store(tx, memoryRows);
          }
          store(tx, rows);
          return null;
        });
    staging = true;
    memory = Optional.empty();
    memoryRows = List.of();
  }

  private void store(LocalTransaction tx, List<BundleStage.Row> rows) {
    rows.forEach(row -> update(digest, row));
    stage.apply(tx).append(bundleSeq, rows);
  }

  /** All rows are there, and the bundle is verified as far as the server lets it be. */
  Arrived end() {
    if (!staging) {
      return new InMemory(memory.orElse(List.of()));
    }
    String hex = HexFormat.of().formatHex(digest.digest());
    ctx.write(
        tx -> {
          stage.apply(tx).complete(bundleSeq, bundleHash, count, hex);
          return null;
        });
    return new Staged(ctx, stage, bundleSeq, new BundleStage.Complete(count, hex));
  }

  /** What an earlier process staged completely and did not get to apply. */
  static Optional<Arrived> staged(
      SyncContext ctx,
      Function<LocalTransaction, BundleStage> stage,
      long bundleSeq,
      String bundleHash) {
    return ctx.read(tx -> stage.apply(tx).complete(bundleSeq, bundleHash))
        .map(complete -> new Staged(ctx, stage, bundleSeq, complete));
  }

  /** A bundle that is all here. */
  sealed interface Arrived {
    long rowCount();

    /** Hands over every row in order; to be called in the transaction that applies them. */
    void forEach(LocalTransaction tx, Consumer<DecodedRow> consumer);

    /** It is applied, in this transaction. */
    void done(LocalTransaction tx);
  }

  private record InMemory(List<DecodedRow> rows) implements Arrived {
    @Override
    public long rowCount() {
      return rows.size();
    }

    @Override
    public void forEach(LocalTransaction tx, Consumer<DecodedRow> consumer) {
      rows.forEach(consumer);
    }

    @Override
    public void done(LocalTransaction tx) {
      // Nothing was stored.
    }
  }

  private record Staged(
      SyncContext ctx,
      Function<LocalTransaction, BundleStage> stage,
      long bundleSeq,
      BundleStage.Complete complete)
      implements Arrived {

    @Override
    public long rowCount() {
      return complete.rowCount();
    }

    @Override
    public void forEach(LocalTransaction tx, Consumer<DecodedRow> consumer) {
      MessageDigest digest = sha256();
      long next = 0;
      while (next < complete.rowCount()) {
        List<BundleStage.Row> page =
            stage
                .apply(tx)
                .page(
                    bundleSeq,
                    next - 1,
                    ctx.options().snapshotApplyBatchRows(),
                    ctx.options().snapshotApplyBatchBytes());
        if (page.isEmpty()) {
          throw damaged();
        }
        for (BundleStage.Row row : page) {
          update(digest, row);
          consumer.accept(decoded(row));
        }
        next += page.size();
      }
      // Too late to stop the consumer, but not the transaction.
      if (!HexFormat.of().formatHex(digest.digest()).equals(complete.digest())) {
        throw damaged();
      }
    }

    private DecodedRow decoded(BundleStage.Row row) {
      return new DecodedRow(
          row.key(),
          row.op(),
          row.rowVersion(),
          row.wirePayload().map(wire -> ctx.store().codec().decodeStaged(row.key(), wire)));
    }

    @Override
    public void done(LocalTransaction tx) {
      stage.apply(tx).clear();
    }

    private static CorruptLocalStateException damaged() {
      return new CorruptLocalStateException(
          "a bundle stage", "it does not hold the rows that were staged");
    }
  }

  private static void update(MessageDigest digest, BundleStage.Row row) {
    String text =
        row.ordinal()
            + "\n"
            + row.key().table()
            + "\n"
            + row.key().keyJson()
            + "\n"
            + row.op()
            + "\n"
            + row.rowVersion()
            + "\n"
            + row.wirePayload().orElse("")
            + "\n";
    digest.update(text.getBytes(StandardCharsets.UTF_8));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java runtime has SHA-256", e);
    }
  }
}
