package dev.oversqlite4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The tables that take part in sync, in the order they were registered. Immutable. Whether they
 * exist and can be synced is decided by {@code open()}, against the database.
 */
public final class SyncSchema {
  private final String name;
  private final List<SyncTable> tables;

  private SyncSchema(String name, List<SyncTable> tables) {
    this.name = name;
    this.tables = List.copyOf(tables);
  }

  /**
   * Reads which tables take part from the SQL that creates them: a comment {@code -- @@{
   * enableSync=true }}, or the same in a block comment, marks the {@code CREATE TABLE} that follows
   * it. Other attributes are ignored, apart from misspellings that begin with {@code sync} or
   * {@code enableSync}. The SQL is not executed.
   *
   * @param schemaName the schema as the server knows it
   * @param sqlTexts SQL texts of any number of statements, in order
   * @throws InvalidConfigurationException if a comment or quote does not end, an annotation is not
   *     understood, marks nothing, or marks a table a second time; the message names line and
   *     column
   */
  public static SyncSchema parse(String schemaName, List<String> sqlTexts) {
    Objects.requireNonNull(schemaName, "schemaName");
    return new SyncSchema(schemaName, AnnotationReader.read(sqlTexts));
  }

  /**
   * Begins a schema whose tables are named one by one.
   *
   * @param schemaName the schema as the server knows it
   */
  public static Builder of(String schemaName) {
    return new Builder(Objects.requireNonNull(schemaName, "schemaName"));
  }

  /** The schema as the server knows it. */
  public String name() {
    return name;
  }

  /** The tables, in the order they were registered. */
  public List<SyncTable> tables() {
    return tables;
  }

  /** Collects tables. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private final List<SyncTable> tables = new ArrayList<>();

    private Builder(String name) {
      this.name = name;
    }

    /**
     * Adds a table.
     *
     * @param tableName the table
     * @param syncKeyColumn its key column, which must be its primary key
     */
    public Builder table(String tableName, String syncKeyColumn) {
      tables.add(new SyncTable(tableName, Optional.of(syncKeyColumn)));
      return this;
    }

    /**
     * Adds a table whose key is the primary key that the database declares.
     *
     * @param tableName the table
     */
    public Builder table(String tableName) {
      tables.add(new SyncTable(tableName, Optional.empty()));
      return this;
    }

    /** The schema. Mistakes in it are reported by {@code open()}. */
    public SyncSchema build() {
      return new SyncSchema(name, tables);
    }
  }
}
