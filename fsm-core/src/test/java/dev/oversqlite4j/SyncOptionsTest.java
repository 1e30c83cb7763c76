package dev.oversqlite4j;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.oversqlite4j.spi.Clock;
import dev.oversqlite4j.spi.IdSource;
import dev.oversqlite4j.spi.OwnershipLock;
import dev.oversqlite4j.spi.Sleeper;
import dev.oversqlite4j.spi.Worker;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SyncOptionsTest {
  @Test
  void defaultsAreThoseOfTheSpecification() {
    SyncOptions options = SyncOptions.defaults();
    assertAll(
        () -> assertEquals(200, options.uploadLimit()),
        () -> assertEquals(1000, options.downloadLimit()),
        () -> assertEquals(1000, options.snapshotChunkRows()),
        () -> assertEquals(4 * 1024 * 1024, options.snapshotChunkBytes()),
        () -> assertEquals(256, options.snapshotApplyBatchRows()),
        () -> assertEquals(4 * 1024 * 1024, options.snapshotApplyBatchBytes()),
        () -> assertEquals(3, options.transientRetryAttempts()),
        () -> assertEquals(Duration.ofMillis(150), options.transientRetryInitialDelay()),
        () -> assertEquals(Duration.ofMillis(1500), options.transientRetryMaxDelay()),
        () -> assertEquals(Duration.ofMillis(1000), options.snapshotCapacityRetryDelay()),
        () -> assertEquals(Duration.ofSeconds(30), options.snapshotCapacityMaxWait()),
        () -> assertEquals(KeyPolicy.UUID, options.keyPolicy()),
        () -> assertEquals(SynchronousMode.FULL, options.synchronous()),
        () -> assertEquals(Optional.empty(), options.ownershipLock()));
  }

  @Test
  void limitsOfZeroOrLessFallBackTo1000() {
    for (int limit : new int[] {0, -1, Integer.MIN_VALUE}) {
      SyncOptions options = SyncOptions.builder().uploadLimit(limit).downloadLimit(limit).build();
      assertEquals(1000, options.uploadLimit());
      assertEquals(1000, options.downloadLimit());
    }
    SyncOptions one = SyncOptions.builder().uploadLimit(1).downloadLimit(1).build();
    assertEquals(1, one.uploadLimit());
    assertEquals(1, one.downloadLimit());
  }

  static Stream<Arguments> impossible() {
    return Stream.of(
        bad("snapshotChunkRows", b -> b.snapshotChunkRows(0)),
        bad("snapshotChunkBytes", b -> b.snapshotChunkBytes(0)),
        bad("snapshotApplyBatchRows", b -> b.snapshotApplyBatchRows(-1)),
        bad("snapshotApplyBatchBytes", b -> b.snapshotApplyBatchBytes(-1)),
        bad("transientRetryAttempts", b -> b.transientRetryAttempts(0)),
        bad("transientRetryInitialDelay", b -> b.transientRetryInitialDelay(Duration.ZERO)),
        bad("transientRetryMaxDelay", b -> b.transientRetryMaxDelay(Duration.ofNanos(-1))),
        bad("snapshotCapacityRetryDelay", b -> b.snapshotCapacityRetryDelay(Duration.ZERO)),
        bad("snapshotCapacityMaxWait", b -> b.snapshotCapacityMaxWait(Duration.ZERO)));
  }

  private static Arguments bad(String option, Consumer<SyncOptions.Builder> setting) {
    return Arguments.of(option, setting);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("impossible")
  void impossibleValuesAreRefusedByName(String option, Consumer<SyncOptions.Builder> setting) {
    SyncOptions.Builder builder = SyncOptions.builder();
    assertEquals(
        option,
        assertThrows(InvalidConfigurationException.class, () -> setting.accept(builder)).rule());
  }

  @Test
  void everySettingArrives() {
    Clock clock = () -> Instant.EPOCH;
    Sleeper sleeper = duration -> {};
    Worker worker = (name, work) -> () -> {};
    OwnershipLock lock = database -> Optional.empty();
    IdSource ids = IdSource.secure();
    SyncOptions options =
        SyncOptions.builder()
            .snapshotChunkRows(1)
            .snapshotChunkBytes(2)
            .snapshotApplyBatchRows(3)
            .snapshotApplyBatchBytes(5_000_000_000L)
            .transientRetryAttempts(1)
            .transientRetryInitialDelay(Duration.ofMillis(6))
            .transientRetryMaxDelay(Duration.ofMillis(7))
            .snapshotCapacityRetryDelay(Duration.ofMillis(8))
            .snapshotCapacityMaxWait(Duration.ofMillis(9))
            .keyPolicy(KeyPolicy.ANY_TEXT)
            .synchronous(SynchronousMode.NORMAL)
            .clock(clock)
            .idSource(ids)
            .sleeper(sleeper)
            .worker(worker)
            .ownershipLock(lock)
            .build();
    assertAll(
        () -> assertEquals(1, options.snapshotChunkRows()),
        () -> assertEquals(2, options.snapshotChunkBytes()),
        () -> assertEquals(3, options.snapshotApplyBatchRows()),
        () -> assertEquals(5_000_000_000L, options.snapshotApplyBatchBytes()),
        () -> assertEquals(1, options.transientRetryAttempts()),
        () -> assertEquals(Duration.ofMillis(6), options.transientRetryInitialDelay()),
        () -> assertEquals(Duration.ofMillis(7), options.transientRetryMaxDelay()),
        () -> assertEquals(Duration.ofMillis(8), options.snapshotCapacityRetryDelay()),
        () -> assertEquals(Duration.ofMillis(9), options.snapshotCapacityMaxWait()),
        () -> assertEquals(KeyPolicy.ANY_TEXT, options.keyPolicy()),
        () -> assertEquals(SynchronousMode.NORMAL, options.synchronous()),
        () -> assertSame(clock, options.clock()),
        () -> assertSame(ids, options.idSource()),
        () -> assertSame(sleeper, options.sleeper()),
        () -> assertSame(worker, options.worker()),
        () -> assertSame(lock, options.ownershipLock().orElseThrow()));
  }
}
