package dev.oversqlite4j.persistence;

import dev.oversqlite4j.spi.Erasure;
import java.util.List;

/**
 * Deletes without a condition wherever it can: under {@code secure_delete} SQLite then clears whole
 * pages, remains of earlier versions of a row included, and not only the rows that are there.
 */
final class ErasureRole implements Erasure {

  private static final List<String> OF_THE_USER =
      List.of(
          "_sync_dirty_rows",
          "_sync_outbox_rows",
          "_sync_outbox_bundle",
          "_sync_snapshot_stage",
          "_sync_attachment_state",
          "_sync_operation_state",
          "_fsm_touched",
          "_fsm_push_stage",
          "_fsm_pull_stage");

  private final Sql sql;
  private final StoreJournalTransaction journal;

  ErasureRole(Sql sql, StoreJournalTransaction journal) {
    this.sql = sql;
    this.journal = journal;
  }

  @Override
  public void erasing(Runnable deletions) {
    long before = sql.number("PRAGMA secure_delete");
    sql.execute("PRAGMA secure_delete = ON");
    deletions.run();
    // After a failure it stays on, which is slower and no less right.
    sql.execute("PRAGMA secure_delete = " + before);
  }

  @Override
  public void wipeControl() {
    for (String table : OF_THE_USER) {
      if (sql.exists("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", table)) {
        sql.update("DELETE FROM " + table);
      }
    }
    ControlTables.createSingletons(sql);
  }

  @Override
  public void foldJournal(String machine) {
    journal.fold(machine);
  }
}
