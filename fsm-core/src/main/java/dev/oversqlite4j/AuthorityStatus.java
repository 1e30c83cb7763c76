package dev.oversqlite4j;

/** Whose rows the managed tables hold. */
public enum AuthorityStatus {
  /** Local rows that are still to seed the account. */
  PENDING_LOCAL_SEED,
  /** The account's, and it has none. */
  AUTHORITATIVE_EMPTY,
  /** The account's. */
  AUTHORITATIVE_MATERIALIZED
}
