package dev.oversqlite4j.persistence;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.JournalTransaction;
import dev.oversqlite4j.persistence.LastCommit.Left;
import dev.oversqlite4j.spi.Attachment;
import dev.oversqlite4j.spi.BundleStage;
import dev.oversqlite4j.spi.ControlState;
import dev.oversqlite4j.spi.DirtyRows;
import dev.oversqlite4j.spi.DiscardedIntents;
import dev.oversqlite4j.spi.Erasure;
import dev.oversqlite4j.spi.IdSource;
import dev.oversqlite4j.spi.Installation;
import dev.oversqlite4j.spi.LocalTransaction;
import dev.oversqlite4j.spi.Outbox;
import dev.oversqlite4j.spi.Quarantine;
import dev.oversqlite4j.spi.Rows;
import dev.oversqlite4j.spi.Sources;
import dev.oversqlite4j.spi.Stage;
import dev.oversqlite4j.spi.UncheckedControl;
import java.util.List;
import java.util.Optional;

/** Hands out the roles of one transaction. */
final class SqliteTransaction implements LocalTransaction {

  private final Installation installation;
  private final Attachment attachment;
  private final Sources sources;
  private final DirtyRows dirtyRows;
  private final Outbox outbox;
  private final Stage stage;
  private final BundleStage pullStage;
  private final BundleStage pushStage;
  private final RowTables rows;
  private final DiscardedIntents discardedIntents;
  private final Quarantine quarantine;
  private final StoreJournalTransaction journal;
  private final ErasureRole erasure;
  private final ControlStateReader controlState;
  private final Sql sql;

  // Asked for by every gate and guard; read again only after something was written.
  private Optional<ControlState> lastControlState;
  private long writesAtControlState;

  SqliteTransaction(
      Sql sql, ManagedSchema schema, IdSource ids, JournalTable journalTable, Left left) {
    this.sql = sql;
    lastControlState = left.control();
    installation = new InstallationRole(sql, schema, ids, journalTable);
    attachment = new AttachmentTable(sql, schema);
    sources = new SourceTable(sql);
    dirtyRows = new DirtyRowTable(sql, schema);
    outbox = new OutboxTable(sql, schema);
    stage = new StageTable(sql, schema);
    pullStage = new BundleStageTable(sql, schema, BundleStageTable.PULL);
    pushStage = new BundleStageTable(sql, schema, BundleStageTable.PUSH);
    rows = new RowTables(sql, schema);
    discardedIntents = new DiscardedIntentTable(sql, schema);
    quarantine = new QuarantineTable(sql, schema);
    journal = new StoreJournalTransaction(sql, journalTable, this, left.heads());
    erasure = new ErasureRole(sql, journal);
    controlState = new ControlStateReader(sql, schema, rows::applying);
  }

  /** Called before the commit: refuses to commit half of an authoritative write. */
  void requireComplete() {
    rows.requireComplete();
  }

  /** What the next transaction finds if this one is committed now. */
  Left left() {
    return new Left(
        lastControlState.filter(read -> writesAtControlState == sql.writes()),
        journal.headsAfterAllWrites());
  }

  @Override
  public Installation installation() {
    return installation;
  }

  @Override
  public Attachment attachment() {
    return attachment;
  }

  @Override
  public Sources sources() {
    return sources;
  }

  @Override
  public DirtyRows dirtyRows() {
    return dirtyRows;
  }

  @Override
  public Outbox outbox() {
    return outbox;
  }

  @Override
  public Stage stage() {
    return stage;
  }

  @Override
  public BundleStage pullStage() {
    return pullStage;
  }

  @Override
  public BundleStage pushStage() {
    return pushStage;
  }

  @Override
  public Rows rows() {
    return rows;
  }

  @Override
  public DiscardedIntents discardedIntents() {
    return discardedIntents;
  }

  @Override
  public Quarantine quarantine() {
    return quarantine;
  }

  @Override
  public Erasure erasure() {
    return erasure;
  }

  @Override
  public JournalTransaction journal() {
    return journal;
  }

  @Override
  public List<JournalEntry> journalEntries(String machine, long afterSeq, int limit) {
    return journal.entries(machine, afterSeq, limit);
  }

  @Override
  public UncheckedControl uncheckedControl() {
    return controlState.unchecked();
  }

  @Override
  public ControlState controlState() {
    if (lastControlState.isEmpty() || writesAtControlState != sql.writes()) {
      lastControlState = Optional.of(controlState.read());
      writesAtControlState = sql.writes();
    }
    return lastControlState.get();
  }
}
