package dev.oversqlite4j.simulator.seam;

import java.util.List;

/**
 * Records everything observable that an incarnation does, in order. Used by one actor at a time,
 * like the {@link Seams} it belongs to.
 */
public interface Trace {

  /**
   * A statement is executed.
   *
   * @param connection which connection of the process it is, counted from 1
   * @param sql its text
   * @param binds its bound values, in order of their parameters; elements may be null
   */
  void statement(int connection, String sql, List<?> binds);

  /**
   * A write transaction was committed.
   *
   * @param contentHash the hash of the logical content of the database after it
   */
  void committed(String contentHash);

  /**
   * A request leaves.
   *
   * @param bytes head and body as sent
   */
  void request(byte[] bytes);

  /**
   * An answer is delivered.
   *
   * @param bytes head and body as received
   */
  void response(byte[] bytes);
}
