package dev.oversqlite4j;

import dev.oversqlite4j.spi.Clock;
import dev.oversqlite4j.spi.IdSource;
import dev.oversqlite4j.spi.OwnershipLock;
import dev.oversqlite4j.spi.Sleeper;
import dev.oversqlite4j.spi.Worker;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** Limits, retries and the sources of time and chance of a client. Immutable. */
public final class SyncOptions {
  /** Automatic retries of one push after conflicts; so at most three uploads per call. */
  public static final int CONFLICT_RETRIES_MAX = 2;

  /** Rounds of {@code syncThenDetach} before it gives up. */
  public static final int SYNC_THEN_DETACH_ROUNDS_MAX = 3;

  /** Requests for a committed bundle that the server does not show yet. */
  public static final int COMMITTED_BUNDLE_ATTEMPTS_MAX = 6;

  /** First wait between those requests; it doubles each time. */
  public static final Duration COMMITTED_BUNDLE_DELAY_INITIAL = Duration.ofMillis(75);

  /** Longest wait between those requests. */
  public static final Duration COMMITTED_BUNDLE_DELAY_MAX = Duration.ofMillis(600);

  private final int uploadLimit;
  private final int downloadLimit;
  private final int snapshotChunkRows;
  private final long snapshotChunkBytes;
  private final int snapshotApplyBatchRows;
  private final long snapshotApplyBatchBytes;
  private final int transientRetryAttempts;
  private final Duration transientRetryInitialDelay;
  private final Duration transientRetryMaxDelay;
  private final Duration snapshotCapacityRetryDelay;
  private final Duration snapshotCapacityMaxWait;
  private final KeyPolicy keyPolicy;
  private final SynchronousMode synchronous;
  private final Clock clock;
  private final IdSource idSource;
  private final Sleeper sleeper;
  private final Worker worker;
  private final Optional<OwnershipLock> ownershipLock;

  private SyncOptions(Builder from) {
    uploadLimit = from.uploadLimit;
    downloadLimit = from.downloadLimit;
    snapshotChunkRows = from.snapshotChunkRows;
    snapshotChunkBytes = from.snapshotChunkBytes;
    snapshotApplyBatchRows = from.snapshotApplyBatchRows;
    snapshotApplyBatchBytes = from.snapshotApplyBatchBytes;
    transientRetryAttempts = from.transientRetryAttempts;
    transientRetryInitialDelay = from.transientRetryInitialDelay;
    transientRetryMaxDelay = from.transientRetryMaxDelay;
    snapshotCapacityRetryDelay = from.snapshotCapacityRetryDelay;
    snapshotCapacityMaxWait = from.snapshotCapacityMaxWait;
    keyPolicy = from.keyPolicy;
    synchronous = from.synchronous;
    clock = from.clock;
    idSource = from.idSource;
    sleeper = from.sleeper;
    worker = from.worker;
    ownershipLock = from.ownershipLock;
  }

  /** The defaults of every option. */
  public static SyncOptions defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Rows per push chunk. */
  public int uploadLimit() {
    return uploadLimit;
  }

  /** Bundles per pull page, and rows per page of a committed bundle. */
  public int downloadLimit() {
    return downloadLimit;
  }

  /** Rows asked for per snapshot chunk; the server may allow fewer. */
  public int snapshotChunkRows() {
    return snapshotChunkRows;
  }

  /** Bytes asked for per snapshot chunk; the server may allow fewer. */
  public long snapshotChunkBytes() {
    return snapshotChunkBytes;
  }

  /** Rows held in memory while a snapshot is applied. */
  public int snapshotApplyBatchRows() {
    return snapshotApplyBatchRows;
  }

  /** Bytes held in memory while a snapshot is applied. */
  public long snapshotApplyBatchBytes() {
    return snapshotApplyBatchBytes;
  }

  /** Attempts at anything the network may fail at; 1 means no retry. */
  public int transientRetryAttempts() {
    return transientRetryAttempts;
  }

  /** Wait before the second attempt; it doubles each time, plus up to 20 % at random. */
  public Duration transientRetryInitialDelay() {
    return transientRetryInitialDelay;
  }

  /** Longest wait between two attempts, without the random part. */
  public Duration transientRetryMaxDelay() {
    return transientRetryMaxDelay;
  }

  /** Wait for snapshot capacity when the server does not say how long. */
  public Duration snapshotCapacityRetryDelay() {
    return snapshotCapacityRetryDelay;
  }

  /** Longest wait for snapshot capacity altogether. */
  public Duration snapshotCapacityMaxWait() {
    return snapshotCapacityMaxWait;
  }

  /** Which key values a new row may have. */
  public KeyPolicy keyPolicy() {
    return keyPolicy;
  }

  /** What survives power loss. */
  public SynchronousMode synchronous() {
    return synchronous;
  }

  /** Where the time comes from. */
  public Clock clock() {
    return clock;
  }

  /** Where ids and chance come from. */
  public IdSource idSource() {
    return idSource;
  }

  /** How to wait. */
  public Sleeper sleeper() {
    return sleeper;
  }

  /** What starts background work. */
  public Worker worker() {
    return worker;
  }

  /** What keeps other clients away; empty to leave it to the store. */
  public Optional<OwnershipLock> ownershipLock() {
    return ownershipLock;
  }

  /** Collects options. Not thread-safe. Each setter checks its value at once. */
  public static final class Builder {
    private static final int ROWS_FALLBACK = 1000;
    private static final long MIB = 1024L * 1024L;

    private int uploadLimit = 200;
    private int downloadLimit = 1000;
    private int snapshotChunkRows = 1000;
    private long snapshotChunkBytes = 4 * MIB;
    private int snapshotApplyBatchRows = 256;
    private long snapshotApplyBatchBytes = 4 * MIB;
    private int transientRetryAttempts = 3;
    private Duration transientRetryInitialDelay = Duration.ofMillis(150);
    private Duration transientRetryMaxDelay = Duration.ofMillis(1500);
    private Duration snapshotCapacityRetryDelay = Duration.ofSeconds(1);
    private Duration snapshotCapacityMaxWait = Duration.ofSeconds(30);
    private KeyPolicy keyPolicy = KeyPolicy.UUID;
    private SynchronousMode synchronous = SynchronousMode.FULL;
    private Clock clock = Clock.system();
    private IdSource idSource = IdSource.secure();
    private Sleeper sleeper = Sleeper.blocking();
    private Worker worker = Worker.daemonThreads();
    private Optional<OwnershipLock> ownershipLock = Optional.empty();

    private Builder() {}

    /**
     * Rows per push chunk. Default 200.
     *
     * @param rows zero or less means 1000
     */
    public Builder uploadLimit(int rows) {
      uploadLimit = rows <= 0 ? ROWS_FALLBACK : rows;
      return this;
    }

    /**
     * Bundles per pull page, and rows per page of a committed bundle. Default 1000.
     *
     * @param count zero or less means 1000
     */
    public Builder downloadLimit(int count) {
      downloadLimit = count <= 0 ? ROWS_FALLBACK : count;
      return this;
    }

    /**
     * Rows asked for per snapshot chunk. Default 1000.
     *
     * @throws InvalidConfigurationException if it is not above 0
     */
    public Builder snapshotChunkRows(int rows) {
      snapshotChunkRows = (int) positive("snapshotChunkRows", rows, "rows");
      return this;
    }

    /**
     * Bytes asked for per snapshot chunk. Default 4 MiB.
     *
     * @throws InvalidConfigurationException if it is not above 0
     */
    public Builder snapshotChunkBytes(long bytes) {
      snapshotChunkBytes = positive("snapshotChunkBytes", bytes, "bytes");
      return this;
    }

    /**
     * Rows held in memory while a snapshot is applied. Default 256.
     *
     * @throws InvalidConfigurationException if it is not above 0
     */
    public Builder snapshotApplyBatchRows(int rows) {
      snapshotApplyBatchRows = (int) positive("snapshotApplyBatchRows", rows, "rows");
      return this;
    }

    /**
     * Bytes held in memory while a snapshot is applied; no row may be larger. Default 4 MiB.
     *
     * @throws InvalidConfigurationException if it is not above 0
     */
    public Builder snapshotApplyBatchBytes(long bytes) {
      snapshotApplyBatchBytes = positive("snapshotApplyBatchBytes", bytes, "bytes");
      return this;
    }

    /**
     * Attempts at anything the network may fail at. Default 3.
     *
     * @param attempts 1 means no retry
     * @throws InvalidConfigurationException if it is not above 0
     */
    public Builder transientRetryAttempts(int attempts) {
      transientRetryAttempts = (int) positive("transientRetryAttempts", attempts, "attempts");
      return this;
    }

    /**
     * Wait before the second attempt; it doubles each time. Default 150 ms.
     *
     * @throws InvalidConfigurationException if it is not above 0
     */
    public Builder transientRetryInitialDelay(Duration delay) {
      transientRetryInitialDelay = positive("transientRetryInitialDelay", delay);
      return this;
    }

    /**
     * Longest wait between two attempts; an initial delay above it is cut to it. Default 1500 ms.
     *
     * @throws InvalidConfigurationException if it is not above 0
     */
    public Builder transientRetryMaxDelay(Duration delay) {
      transientRetryMaxDelay = positive("transientRetryMaxDelay", delay);
      return this;
    }

    /**
     * Wait for snapshot capacity when the server does not say how long. Default 1 s.
     *
     * @throws InvalidConfigurationException if it is not above 0
     */
    public Builder snapshotCapacityRetryDelay(Duration delay) {
      snapshotCapacityRetryDelay = positive("snapshotCapacityRetryDelay", delay);
      return this;
    }

    /**
     * Longest wait for snapshot capacity altogether. Default 30 s.
     *
     * @throws InvalidConfigurationException if it is not above 0
     */
    public Builder snapshotCapacityMaxWait(Duration wait) {
      snapshotCapacityMaxWait = positive("snapshotCapacityMaxWait", wait);
      return this;
    }

    /** Which key values a new row may have. Default {@link KeyPolicy#UUID}. */
    public Builder keyPolicy(KeyPolicy policy) {
      keyPolicy = Objects.requireNonNull(policy, "policy");
      return this;
    }

    /** What survives power loss. Default {@link SynchronousMode#FULL}. */
    public Builder synchronous(SynchronousMode mode) {
      synchronous = Objects.requireNonNull(mode, "mode");
      return this;
    }

    /** Where the time comes from. Default the clock of the device. */
    public Builder clock(Clock source) {
      clock = Objects.requireNonNull(source, "source");
      return this;
    }

    /** Where ids and chance come from. Default cryptographically strong ones. */
    public Builder idSource(IdSource source) {
      idSource = Objects.requireNonNull(source, "source");
      return this;
    }

    /** How to wait. Default blocks the thread. */
    public Builder sleeper(Sleeper how) {
      sleeper = Objects.requireNonNull(how, "how");
      return this;
    }

    /** What starts background work. Default daemon threads. */
    public Builder worker(Worker starter) {
      worker = Objects.requireNonNull(starter, "starter");
      return this;
    }

    /** What keeps other clients away. Default decided by the store. */
    public Builder ownershipLock(OwnershipLock lock) {
      ownershipLock = Optional.of(lock);
      return this;
    }

    /** The options. The builder may be used on. */
    public SyncOptions build() {
      return new SyncOptions(this);
    }

    private static long positive(String option, long value, String unit) {
      if (value <= 0) {
        throw bad(option, value + " " + unit);
      }
      return value;
    }

    private static Duration positive(String option, Duration value) {
      if (value.isZero() || value.isNegative()) {
        throw bad(option, value.toString());
      }
      return value;
    }

    private static InvalidConfigurationException bad(String option, String value) {
      return new InvalidConfigurationException(
          option,
          Optional.empty(),
          Optional.empty(),
          "it must be > 0 and is " + value + ". Set it in SyncOptions.builder().");
    }
  }
}
