package dev.oversqlite4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AutomaticDownloadOptionsTest {
  @Test
  void defaultsAreThoseOfTheSpecification() {
    AutomaticDownloadOptions options = AutomaticDownloadOptions.defaults();
    assertEquals(Duration.ofSeconds(60), options.pollInterval());
    assertEquals(WatchMode.AUTO, options.watch());
    assertEquals(Duration.ofSeconds(1), options.reconnectMin());
    assertEquals(Duration.ofSeconds(60), options.reconnectMax());
  }

  @Test
  void timesMustBeAboveZero() {
    AutomaticDownloadOptions.Builder builder = AutomaticDownloadOptions.builder();
    assertThrows(InvalidConfigurationException.class, () -> builder.pollInterval(Duration.ZERO));
    assertThrows(
        InvalidConfigurationException.class, () -> builder.reconnectMin(Duration.ofNanos(-1)));
    assertThrows(InvalidConfigurationException.class, () -> builder.reconnectMax(Duration.ZERO));
  }
}
