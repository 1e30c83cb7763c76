package dev.oversqlite4j.simulator.coverage;

import dev.oversqlite4j.simulator.plan.Profile;

/**
 * What a campaign has to have met. A property that holds because nothing ever came near it is not
 * shown: a campaign that is long enough and has not met one of these is vacuous.
 */
public enum Sometimes {
  CRASHED_BEFORE_ACKNOWLEDGEMENT(
      "a process died between the server's commit and the acknowledgement", Needs.CRASHES),
  RECOVERED_FROM_COMMIT("a process opened a file whose last one died at a commit", Needs.CRASHES),
  CRASHED_WHILE_RECOVERING("a process died before it had opened what a crash left", Needs.CRASHES),
  PUSH_WENT_ON("a push went on with what an earlier one had frozen", Needs.CRASHES),
  OPERATION_REPAIRED("opening ended an operation that a dead process left", Needs.CRASHES),
  CONFLICT_RESOLVED("a conflict was resolved", Needs.CRASHES),
  RESOLVER_MERGED("a conflict was resolved by merging", Needs.CRASHES),
  NEWER_EDIT_KEPT("a replay met a row that was edited again since", Needs.CRASHES),
  WRITTEN_DURING_CALL("the app committed in the middle of a call", Needs.CRASHES),
  WRITE_REFUSED("the app was refused a write because rows were being replaced", Needs.CRASHES),
  REPLACED_LOCAL_ROWS("the server's rows took the place of edits made offline", Needs.CRASHES),
  TOLD_TO_RETRY("an attach was told to retry later", Needs.CRASHES),
  DETACH_BLOCKED("a detach was blocked by unsynced rows", Needs.CRASHES),
  LEASE_EXPIRED("the lease of a first seed was lost", Needs.DISTURBANCES),
  REPLACE_CANCELLED("a remote replace with rows held was cancelled", Needs.DISTURBANCES),
  NO_OPS_DROPPED("rows that came and went were dropped without an upload", Needs.DISTURBANCES),
  SNAPSHOT_RESTARTED("a download began again within its call", Needs.DISTURBANCES),
  HISTORY_PRUNED("the server had dropped history that a device needed", Needs.DISTURBANCES),
  BUNDLE_UNREADABLE("our committed bundle could not be read back", Needs.DISTURBANCES),
  ROTATED_DIRTY("the source was rotated with rows waiting", Needs.DISTURBANCES),
  ROTATED_FROZEN("the source was rotated with a bundle frozen", Needs.DISTURBANCES),
  QUARANTINED("a row was set aside", Needs.DISTURBANCES),
  DOWNLOADED_DURING_CALL(
      "automatic downloads applied a bundle while a call waited for them", Needs.DISTURBANCES);

  private enum Needs {
    CRASHES,
    DISTURBANCES
  }

  private final String text;
  private final Needs needs;

  Sometimes(String text, Needs needs) {
    this.text = text;
    this.needs = needs;
  }

  /** What happened, for people. */
  public String text() {
    return text;
  }

  /** Whether campaigns of this profile can meet it. */
  public boolean expectedIn(Profile profile) {
    return switch (profile) {
      case CALM -> false;
      case CRASHES_ONLY -> needs == Needs.CRASHES;
      default -> true;
    };
  }
}
