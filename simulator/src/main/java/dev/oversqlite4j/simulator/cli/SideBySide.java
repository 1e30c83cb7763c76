package dev.oversqlite4j.simulator.cli;

import static dev.oversqlite4j.simulator.cli.Environment.format;

import dev.oversqlite4j.simulator.plan.Table;
import dev.oversqlite4j.simulator.world.Business;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The rows of two databases beside each other. */
final class SideBySide {

  private SideBySide() {}

  static void print(PrintWriter out, Path left, Path right) {
    List<String> leftRows = rows(left);
    List<String> rightRows = rows(right);
    out.println(line(left.getFileName().toString(), right.getFileName().toString()));
    out.println(line("-".repeat(34), "-".repeat(34)));
    for (int i = 0; i < Math.max(leftRows.size(), rightRows.size()); i++) {
      out.println(line(at(leftRows, i), at(rightRows, i)));
    }
  }

  private static String at(List<String> rows, int index) {
    return index < rows.size() ? rows.get(index) : "";
  }

  private static String line(String left, String right) {
    return format("  %-34s | %s", left, right);
  }

  private static List<String> rows(Path file) {
    List<String> rows = new ArrayList<>();
    try (ReadOnlyDatabase database = ReadOnlyDatabase.open(file);
        Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      for (String table : Table.ALL) {
        String query = "SELECT id, " + Business.tagColumn(table) + " FROM " + table + " ORDER BY 2";
        try (ResultSet found = statement.executeQuery(query)) {
          while (found.next()) {
            String id = table.equals(Table.NOTE) ? "" : found.getString(1).substring(0, 8);
            rows.add(format("%-8s %-9s %s", table, id, found.getString(2)).strip());
          }
        }
      }
      return rows;
    } catch (SQLException unreadable) {
      throw new IllegalStateException("The demo's database cannot be read", unreadable);
    }
  }
}
