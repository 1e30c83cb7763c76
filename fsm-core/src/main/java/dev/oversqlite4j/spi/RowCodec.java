package dev.oversqlite4j.spi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.oversqlite4j.RowOperation;
import java.util.List;
import java.util.Optional;

/**
 * Translates rows between local and wire form (spec 6). Pure: reads no row, safe from any thread.
 */
public interface RowCodec {

  /** The configured schema name. */
  String schemaName();

  /** Managed tables, parents before children (spec 3, table order). */
  List<ManagedTable> tables();

  /** A managed table: lower-cased name and lower-cased key column. */
  record ManagedTable(String name, String keyColumn) {}

  /** Turns captured intent into its wire form. */
  Encoding encode(DirtyRow row, Optional<RowAuthority> authority);

  /** Result of {@link #encode}. */
  sealed interface Encoding {}

  /** Both wire texts, minified JSON; the payload is empty exactly for DELETE. */
  record Encoded(String wireKeyJson, Optional<String> wirePayload) implements Encoding {}

  /** The row can never be sent; {@code cause} says why (spec 4.4.7). */
  record Unsendable(dev.oversqlite4j.QuarantineCause cause) implements Encoding {}

  /**
   * Checks a server row against the managed tables and decodes it completely. A nullable column
   * that it lacks is NULL: the row may be older than the column (spec 4.9a).
   *
   * @throws dev.oversqlite4j.RemoteResponseSemanticException the row breaks a rule of spec 6 or
   *     wire-protocol 7.1; nothing was changed
   */
  DecodedRow decode(WireRow row);

  /** A checked server row; the payload is empty exactly for DELETE. */
  record DecodedRow(
      RowKey key, RowOperation op, long rowVersion, Optional<DecodedPayload> payload) {}

  /** Checks a row of a snapshot, which has every column, and gives its key. Throws as above. */
  RowKey snapshotKey(WireRow row);

  /** Decodes a wire payload that {@link #decode} accepted before and the stage stored. */
  DecodedPayload decodeStaged(RowKey key, String wirePayload);

  /** The local key of a wire key. Throws as {@link #decode}. */
  RowKey localKey(String table, ObjectNode wireKey);

  /** Spec 5.2: equal by column kind, not by text. Both payloads are in local encodings. */
  boolean equivalent(String table, String localPayload, String otherLocalPayload);

  /**
   * Whether a committed row can be what the server made of a sent one. Values are compared by
   * column kind; a timestamp may have another offset, a decimal another scale, and a number what is
   * left of it in a shorter type (wire-protocol 4.3, 4.4).
   *
   * @param sentPayload as it was frozen, in wire encodings
   */
  boolean madeOf(String table, DecodedPayload committed, String sentPayload);

  /**
   * Turns a resolver's merged payload into the canonical local payload of {@code key}.
   *
   * @return empty if it is not exactly the table's columns, in local encodings, with this key
   */
  Optional<String> normaliseLocal(RowKey key, ObjectNode merged);
}
