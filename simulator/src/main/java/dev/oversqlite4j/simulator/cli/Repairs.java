package dev.oversqlite4j.simulator.cli;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.lifecycle.DurableState;

/** What a REPAIR row means, in words. */
final class Repairs {

  private Repairs() {}

  private static String what(JournalEntry repair) {
    return repair.facts().path("repaired").asText();
  }

  /** Whether the row records that another program wrote the sync tables. */
  static boolean byOthers(JournalEntry entry) {
    return what(entry).equals("TABLES");
  }

  static String explained(JournalEntry repair) {
    return switch (what(repair)) {
      case "TABLES" ->
          "Another program changed the sync tables, from "
              + repair.from()
              + " to "
              + repair.to()
              + ". The tables win.";
      case "PUSHING" -> "A process died while it was pushing. " + pushEnded(repair.to());
      case "ATTACHING" ->
          "A process died while it was attaching a user. " + attachEnded(repair.to());
      case "DOWNLOADING" ->
          "A process died while it was downloading a snapshot. " + downloadEnded(repair.to());
      case "REBUILDING" -> "A process died while it was rebuilding. " + rebuildEnded(repair.to());
      default -> "The journal was brought back into line with the sync tables.";
    };
  }

  private static String pushEnded(String state) {
    if (state.equals(DurableState.PUSH_PREPARED.name())) {
      return "The rows it had frozen are kept; the next push sends the very same bundle again, and"
          + " a server that already has it says so.";
    }
    if (state.equals(DurableState.PUSH_COMMITTED.name())
        || state.equals(DurableState.REBUILD_COMMITTED.name())) {
      return "The server has the rows; the next push confirms them here without sending them"
          + " again.";
    }
    return "It had frozen nothing; the rows are still waiting for the next push.";
  }

  private static String attachEnded(String state) {
    if (state.equals(DurableState.REPLACE_PENDING.name())
        || state.equals(DurableState.REPLACE_STAGED.name())) {
      return "What it had downloaded is kept; the next attach goes on from there.";
    }
    return "No user is attached; the next attach starts over, and the server takes it for the same.";
  }

  private static String downloadEnded(String state) {
    if (state.equals(DurableState.REPLACE_STAGED.name())) {
      return "The snapshot is complete; the next attach applies it.";
    }
    return state.equals(DurableState.REPLACE_PENDING.name())
        ? "The next attach downloads it again."
        : rebuildEnded(state);
  }

  private static String rebuildEnded(String state) {
    return state.equals(DurableState.SOURCE_RECOVERY.name())
        ? "Nothing was replaced; the next rebuild goes on to the same new source."
        : "Nothing was replaced; the next sync or rebuild starts over.";
  }
}
