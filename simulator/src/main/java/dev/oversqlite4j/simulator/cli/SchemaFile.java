package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.InvalidConfigurationException;
import dev.oversqlite4j.SyncSchema;
import dev.oversqlite4j.simulator.InvalidSimulationException;
import dev.oversqlite4j.simulator.server.ServerSchema;
import dev.oversqlite4j.simulator.world.SchemaInspection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The server's side of a schema from a file with the SQL of an app. */
final class SchemaFile {

  private SchemaFile() {}

  /**
   * @throws UsageException if the file does not hold annotated tables that can be synced
   */
  static ServerSchema read(Path file, String schemaName) {
    try {
      List<String> sql = List.of(Files.readString(file));
      return SchemaInspection.read(SyncSchema.parse(schemaName, sql), sql);
    } catch (IOException unreadable) {
      throw new UsageException("The schema " + file + " cannot be read: " + unreadable, unreadable);
    } catch (InvalidConfigurationException | InvalidSimulationException wrong) {
      throw new UsageException("The schema " + file + ": " + wrong.getMessage(), wrong);
    }
  }
}
