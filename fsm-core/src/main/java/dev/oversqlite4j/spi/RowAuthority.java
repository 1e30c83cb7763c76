package dev.oversqlite4j.spi;

/** The last version of a row the server is known to have ({@code _sync_row_state}). */
public record RowAuthority(long rowVersion, Liveness liveness) {

  /** Whether the server's row exists or is a tombstone. */
  public enum Liveness {
    LIVE,
    TOMBSTONE
  }

  public boolean live() {
    return liveness == Liveness.LIVE;
  }
}
