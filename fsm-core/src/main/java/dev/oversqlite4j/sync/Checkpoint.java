package dev.oversqlite4j.sync;

/**
 * How the checkpoint moves: the highest bundle of the account up to which every bundle is applied
 * here; 0 before the first.
 */
final class Checkpoint {

  private Checkpoint() {}

  /**
   * After the replay of our own bundle. It never jumps over bundles of peers that lie between: the
   * next pull brings them, and ours once more, whose rows it then knows (spec 4.4.1 step 7).
   */
  static long afterReplay(long checkpoint, long bundleSeq) {
    return bundleSeq == checkpoint + 1 ? bundleSeq : checkpoint;
  }

  /** After a pulled bundle, which may be one that is applied already (spec 4.5 step 4). */
  static long afterPull(long checkpoint, long bundleSeq) {
    return Math.max(checkpoint, bundleSeq);
  }

  /**
   * Whether the first bundle of a pull shows that earlier ones are gone. The server never refuses a
   * checkpoint of 0; it starts after what it dropped (wire-protocol trap 9).
   */
  static boolean startIsPruned(long checkpoint, long firstBundleSeq) {
    return checkpoint == 0 && firstBundleSeq > 1;
  }
}
