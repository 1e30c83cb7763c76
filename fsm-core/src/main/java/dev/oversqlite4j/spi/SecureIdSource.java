package dev.oversqlite4j.spi;

import java.security.SecureRandom;
import java.util.UUID;

/** The only user of real randomness. */
final class SecureIdSource implements IdSource {
  private final SecureRandom random = new SecureRandom();

  @Override
  public String newUuid() {
    return UUID.randomUUID().toString();
  }

  @Override
  public double jitter() {
    return random.nextDouble();
  }
}
