package dev.oversqlite4j;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** How automatic downloads look for news. Immutable. */
public final class AutomaticDownloadOptions {
  private final Duration pollInterval;
  private final WatchMode watch;
  private final Duration reconnectMin;
  private final Duration reconnectMax;

  private AutomaticDownloadOptions(Builder from) {
    pollInterval = from.pollInterval;
    watch = from.watch;
    reconnectMin = from.reconnectMin;
    reconnectMax = from.reconnectMax;
  }

  /** The defaults of every option. */
  public static AutomaticDownloadOptions defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Time between two pulls while no stream is open. */
  public Duration pollInterval() {
    return pollInterval;
  }

  /** Whether to listen to the server. */
  public WatchMode watch() {
    return watch;
  }

  /** First wait before a stream is opened again; it doubles each time. */
  public Duration reconnectMin() {
    return reconnectMin;
  }

  /** Longest wait before a stream is opened again. */
  public Duration reconnectMax() {
    return reconnectMax;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {
    private Duration pollInterval = Duration.ofSeconds(60);
    private WatchMode watch = WatchMode.AUTO;
    private Duration reconnectMin = Duration.ofSeconds(1);
    private Duration reconnectMax = Duration.ofSeconds(60);

    private Builder() {}

    /**
     * Time between two pulls while no stream is open. Default 60 s.
     *
     * @throws InvalidConfigurationException if it is not above 0
     */
    public Builder pollInterval(Duration interval) {
      pollInterval = positive("pollInterval", interval);
      return this;
    }

    /** Whether to listen to the server. Default {@link WatchMode#AUTO}. */
    public Builder watch(WatchMode mode) {
      watch = Objects.requireNonNull(mode, "mode");
      return this;
    }

    /**
     * First wait before a stream is opened again; it doubles each time. Default 1 s.
     *
     * @throws InvalidConfigurationException if it is not above 0
     */
    public Builder reconnectMin(Duration delay) {
      reconnectMin = positive("reconnectMin", delay);
      return this;
    }

    /**
     * Longest wait before a stream is opened again; a smaller one than the first cuts that too.
     * Default 60 s.
     *
     * @throws InvalidConfigurationException if it is not above 0
     */
    public Builder reconnectMax(Duration delay) {
      reconnectMax = positive("reconnectMax", delay);
      return this;
    }

    /** The options. The builder may be used on. */
    public AutomaticDownloadOptions build() {
      return new AutomaticDownloadOptions(this);
    }

    private static Duration positive(String option, Duration value) {
      if (value.isZero() || value.isNegative()) {
        throw new InvalidConfigurationException(
            option,
            Optional.empty(),
            Optional.empty(),
            "it must be > 0 and is " + value + ". Set it in AutomaticDownloadOptions.builder().");
      }
      return value;
    }
  }
}
