package dev.oversqlite4j.persistence;

import dev.oversqlite4j.CorruptLocalStateException;
import dev.oversqlite4j.spi.Sources;

/** The lineage in {@code _sync_source_state}; nothing is ever deleted from it. */
final class SourceTable implements Sources {

  private final Sql sql;

  SourceTable(Sql sql) {
    this.sql = sql;
  }

  @Override
  public boolean exists(String sourceId) {
    return sql.exists("SELECT 1 FROM _sync_source_state WHERE source_id = ?", sourceId);
  }

  @Override
  public boolean fresh(String sourceId) {
    return !sql.exists(
        "SELECT 1 FROM _sync_source_state WHERE source_id = ?"
            + " AND (next_source_bundle_id > 1 OR replaced_by_source_id <> '')",
        sourceId);
  }

  @Override
  public void ensure(String sourceId) {
    sql.update(
        "INSERT INTO _sync_source_state (source_id) VALUES (?) ON CONFLICT (source_id) DO NOTHING",
        sourceId);
  }

  @Override
  public long nextBundleId(String sourceId) {
    return sql.first(
            "SELECT next_source_bundle_id FROM _sync_source_state WHERE source_id = ?",
            row -> row.getLong(1),
            sourceId)
        .orElseThrow(
            () -> new CorruptLocalStateException("_sync_source_state", "a source has no row"));
  }

  @Override
  public void raiseNextBundleId(String sourceId, long floor) {
    sql.update(
        "UPDATE _sync_source_state SET next_source_bundle_id = ?2"
            + " WHERE source_id = ?1 AND next_source_bundle_id < ?2",
        sourceId,
        floor);
  }

  @Override
  public void markReplaced(String sourceId, String replacedBy) {
    sql.update(
        "UPDATE _sync_source_state SET replaced_by_source_id = ? WHERE source_id = ?",
        replacedBy,
        sourceId);
  }

  @Override
  public void endLineageAt(String sourceId) {
    sql.update(
        "WITH RECURSIVE leading (id) AS (SELECT ?1 UNION SELECT s.source_id"
            + " FROM _sync_source_state AS s JOIN leading ON s.replaced_by_source_id = leading.id)"
            + " UPDATE _sync_source_state SET replaced_by_source_id = ?1"
            + " WHERE replaced_by_source_id <> '' AND source_id NOT IN (SELECT id FROM leading)",
        sourceId);
  }
}
