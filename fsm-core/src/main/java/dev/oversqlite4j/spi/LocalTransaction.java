package dev.oversqlite4j.spi;

import dev.oversqlite4j.JournalEntry;
import dev.oversqlite4j.fsm.JournalTransaction;
import java.util.List;

/**
 * One open transaction of the local database, handing out one role per concern (architecture: ports
 * are small). Every role works inside this transaction and dies with it.
 */
public interface LocalTransaction {

  /** Control tables, managed-table registry and triggers: what {@code open()} prepares. */
  Installation installation();

  /** The singletons: attachment and operation. */
  Attachment attachment();

  /** The lineage of source identities. */
  Sources sources();

  /** Captured local intent that is not frozen yet. */
  DirtyRows dirtyRows();

  /** The single frozen outbound bundle. */
  Outbox outbox();

  /** Snapshot rows on their way in. */
  Stage stage();

  /** Rows of a pulled bundle on their way in. */
  BundleStage pullStage();

  /** Rows of a committed bundle of ours on their way back. */
  BundleStage pushStage();

  /** App rows and their authoritative versions. */
  Rows rows();

  /** Local intent that was dropped on purpose, or is held while a remote replace is pending. */
  DiscardedIntents discardedIntents();

  /** Dirty rows that cannot be sent (spec 4.4.7). */
  Quarantine quarantine();

  /** How a user's data leaves for good. */
  Erasure erasure();

  /** The lifecycle journal; {@code unwrap(LocalTransaction.class)} leads back here. */
  JournalTransaction journal();

  /** The journal's entries of one machine after {@code afterSeq}, oldest first. */
  List<JournalEntry> journalEntries(String machine, long afterSeq, int limit);

  /** Reads the durable control state. Throws {@code CorruptLocalStateException} (spec 2.3). */
  ControlState controlState();

  /** The same without a check, for what has to work on a corrupt file (spec 9.3 T3). */
  UncheckedControl uncheckedControl();
}
