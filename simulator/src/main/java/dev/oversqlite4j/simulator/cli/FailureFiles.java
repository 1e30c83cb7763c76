package dev.oversqlite4j.simulator.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the plans of failures go. */
final class FailureFiles {

  private static final String FOLDER = "oversqlite4j-failures";

  private FailureFiles() {}

  /** Writes a plan below the current folder and returns its file. */
  static Path write(Path currentFolder, String name, String plan) throws IOException {
    Path file = currentFolder.resolve(FOLDER).resolve(name + ".json");
    Files.createDirectories(file.getParent());
    return Files.writeString(file, plan);
  }
}
