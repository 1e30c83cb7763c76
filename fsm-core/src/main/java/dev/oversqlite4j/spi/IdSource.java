package dev.oversqlite4j.spi;

/** Where ids and chance come from. Implementations are safe to use from any thread. */
public interface IdSource {
  /** A new random UUID, lower case with dashes. */
  String newUuid();

  /** Uniform in [0, 1); spreads retries. */
  double jitter();

  /** Cryptographically strong ids. */
  static IdSource secure() {
    return new SecureIdSource();
  }
}
