package dev.oversqlite4j.simulator.world;

import dev.oversqlite4j.SynchronousMode;
import dev.oversqlite4j.simulator.plan.Disturbance;
import dev.oversqlite4j.simulator.plan.Fault;
import dev.oversqlite4j.simulator.plan.Operation;
import dev.oversqlite4j.simulator.seam.Seam;
import dev.oversqlite4j.simulator.world.DeviceTables.RowId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Is told everything that happens to a device, in order, on the thread of the actor that runs. What
 * it does not mind it need not implement.
 */
public interface Witness {

  /** A process starts. */
  void booted(Device device);

  /** A transaction of the client or the app is on disk; whoever committed it does not know yet. */
  void committed(Device device);

  /** A request leaves. */
  default void requested(Device device, String label) {}

  /**
   * The process died; its files are as the next process will find them.
   *
   * @param seam where it died
   */
  default void crashed(Device device, Seam seam) {}

  /**
   * The process died because its device lost its power; its files are as the next process will find
   * them. {@link #crashed} follows.
   */
  default void lostPower(Device device, SynchronousMode mode) {}

  /**
   * Whoever made a commit knows of it now, and it is synced. Not told where commits are not synced.
   *
   * @param number which one of the device, counted from 1
   */
  default void acknowledged(Device device, long number) {}

  /** A disk that was made to fail has failed the device; what it did about that follows. */
  default void diskFailed(Device device) {}

  /** Something of the plan goes wrong for the device. */
  default void faulty(Device device, Fault fault) {}

  /**
   * The app is about to commit a transaction.
   *
   * @param changes the mark of each row it changed, empty for one that it deleted
   */
  default void writing(Device device, Map<RowId, Optional<String>> changes) {}

  /**
   * The app's resolver put a row together; whether that is stored is another matter.
   *
   * @param mark of what it made; empty if it is not a row of the table
   */
  default void merged(Device device, RowId row, Optional<String> mark) {}

  /** The app knows that its transaction is committed. */
  default void wrote(Device device) {}

  /** The app's transaction was refused by a trigger. */
  default void writeRefused(Device device) {}

  /** The app's transaction failed because of the disk; nothing of it was written. */
  default void writeFailed(Device device) {}

  /** Something happens behind the client's back; the server still has what it had before. */
  default void disturbing(Device device, Disturbance what) {}

  /** It happened; a device whose file was replaced has no process yet. */
  default void disturbed(Device device, Disturbance what) {}

  /** A call begins. */
  default void calling(Device device, Operation operation) {}

  /** A call is over. */
  default void called(Device device, Operation operation, CallOutcome outcome) {}

  /** The server answered a request; who sent it stands in its headers. Nothing is copied. */
  default void served(Exchange exchange) {}

  /**
   * A second call of the client began while the first was waiting for the server, and ended.
   *
   * @param before what was in the file when it began
   */
  default void collided(
      Device device, Operation second, CallOutcome outcome, DeviceTables before) {}

  /**
   * Between two processes a wrong version of the app was started, and ended.
   *
   * @param outcome of its {@code open()}
   * @param before a hash of each file of the database
   * @param after the same afterwards
   */
  default void misconfigured(
      Device device, CallOutcome outcome, List<String> before, List<String> after) {}

  /** The app pauses uploads and downloads; the call that begins next is made meanwhile. */
  default void paused(Device device) {}

  /** The answer to the request that is under way was replaced by one that is wrong. */
  default void forged(Device device, String label) {}

  /**
   * The app is about to commit a transaction that gave a row another key.
   *
   * @param from the row as it was called before
   * @param to as it is called now
   */
  default void rekeyed(Device device, RowId from, RowId to) {}

  /** Everything is quiet: no faults, every device synced twice. */
  default void settled(List<Device> devices) {}
}
