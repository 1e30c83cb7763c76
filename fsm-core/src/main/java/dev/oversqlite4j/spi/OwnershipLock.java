package dev.oversqlite4j.spi;

import java.util.Optional;

/**
 * Keeps two clients from the same database, within a process and across processes (spec 1.1.4). The
 * end of the process frees every claim. Implementations are safe to use from any thread.
 */
@FunctionalInterface
public interface OwnershipLock {
  /**
   * Claims a database without waiting.
   *
   * @param canonicalDatabase the path with symbolic links resolved, or the identity of a database
   *     in memory
   * @return the claim, or empty if somebody else has it
   */
  Optional<Claim> tryClaim(String canonicalDatabase);

  /** A claim that holds until it is closed. */
  interface Claim extends AutoCloseable {
    /** Gives the database free; more than once does nothing. */
    @Override
    void close();
  }
}
