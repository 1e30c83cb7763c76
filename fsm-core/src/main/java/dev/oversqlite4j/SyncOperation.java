package dev.oversqlite4j;

/**
 * What was being done when an error came up: a call of the client, or the single request to the
 * server that failed within it.
 */
public enum SyncOperation {
  /** {@code open()}. */
  OPEN("open the client"),
  /** {@code attach(userId)}. */
  ATTACH("attach a user"),
  /** {@code pushPending()}. */
  PUSH_PENDING("push pending edits"),
  /** {@code pullToStable()}. */
  PULL_TO_STABLE("pull to the stable bundle"),
  /** {@code sync()}. */
  SYNC("sync"),
  /** {@code rebuild()}. */
  REBUILD("rebuild from the server"),
  /** {@code detach()}. */
  DETACH("detach the user"),
  /** {@code syncThenDetach()}. */
  SYNC_THEN_DETACH("sync, then detach the user"),
  /** {@code syncStatus()}. */
  SYNC_STATUS("read the sync status"),
  /** {@code pendingSyncStatus()}. */
  PENDING_SYNC_STATUS("read the pending status"),
  /** {@code sourceInfo()}. */
  SOURCE_INFO("read the source information"),
  /** {@code quarantined()}. */
  QUARANTINED("list quarantined rows"),
  /** {@code retryQuarantined()}. */
  RETRY_QUARANTINED("retry quarantined rows"),
  /** {@code discardQuarantined(rows)}. */
  DISCARD_QUARANTINED("discard quarantined rows"),
  /** {@code discardedIntents(afterId, limit)}. */
  DISCARDED_INTENTS("list discarded intents"),
  /** {@code journal()}. */
  JOURNAL("read the journal"),
  /** {@code startAutomaticDownloads(options)}. */
  AUTOMATIC_DOWNLOADS("download automatically"),
  /** {@code pauseUploads()} and its like. */
  PAUSE_RESUME("pause or resume"),
  /** {@code uninstallSync()}. */
  UNINSTALL_SYNC("uninstall sync"),
  /** {@code dropTriggers()} of the store. */
  DROP_TRIGGERS("drop the capture triggers"),
  /** {@code vacuumAfterDetach()} of the store. */
  VACUUM_AFTER_DETACH("vacuum the database"),
  /** {@code close()}. */
  CLOSE("close the client"),
  /** A read or write of the database by a part that does not know for which call. */
  LOCAL_ACCESS("use the local database"),

  /** Request: what the server can do. */
  FETCH_CAPABILITIES("fetch the server's capabilities"),
  /** Request: who decides about the first state of an account. */
  CONNECT("connect to the account"),
  /** Request: begin an upload. */
  CREATE_PUSH_SESSION("begin an upload"),
  /** Request: send rows of an upload. */
  UPLOAD_PUSH_CHUNK("upload rows"),
  /** Request: commit an upload. */
  COMMIT_PUSH_SESSION("commit the upload"),
  /** Request: drop an upload. */
  DELETE_PUSH_SESSION("drop an upload"),
  /** Request: the rows of a committed bundle. */
  FETCH_COMMITTED_BUNDLE("fetch the committed bundle"),
  /** Request: bundles after the checkpoint. */
  PULL_BUNDLES("pull bundles"),
  /** Request: begin a snapshot. */
  CREATE_SNAPSHOT_SESSION("begin a snapshot"),
  /** Request: rows of a snapshot. */
  FETCH_SNAPSHOT_CHUNK("fetch rows of the snapshot"),
  /** Request: drop a snapshot. */
  DELETE_SNAPSHOT_SESSION("drop a snapshot"),
  /** Request: the stream of new bundles. */
  WATCH_BUNDLES("watch for new bundles");

  private final String label;

  SyncOperation(String label) {
    this.label = label;
  }

  /** Words for a message, fitting after "cannot". */
  public String label() {
    return label;
  }
}
