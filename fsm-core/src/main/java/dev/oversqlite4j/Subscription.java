package dev.oversqlite4j;

/** A registered listener. Safe to close from any thread, and more than once. */
public interface Subscription extends AutoCloseable {
  /** Ends the subscription. A call of the listener that already runs may still finish. */
  @Override
  void close();
}
