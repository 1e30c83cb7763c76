package dev.oversqlite4j.simulator.planted;

import java.util.LinkedHashMap;
import java.util.Map;

/** The weaknesses of other clients that cannot be planted as a part of a client, and why. */
final class NotPlanted {

  static final Map<String, String> REASONS = new LinkedHashMap<>();

  static {
    REASONS.put("W-14", "at a connect there are no frozen rows: W-4's remedy makes them dirty");
    REASONS.put("W-16", "the rounds are counted in the workflow; `SyncThenDetachTest`");
    REASONS.put(
        "W-17",
        "the check is in the workflow; `committed-row-dropped` is what it stops, see"
            + " `MissingUploadTest`");
    REASONS.put("W-19", "the simulated app writes nothing that cannot be encoded; `PoisonTest`");
    REASONS.put("W-25", "the simulated app adds no tables; `InstallationTest`");
    REASONS.put("W-26", "a composite key is refused before there is anything to simulate");
    REASONS.put("W-27", "the simulated app replaces no rows by a secondary key; `EvictedRowsTest`");
    REASONS.put("W-29", "at a remote replace there is no frozen bundle, as for W-14");
    REASONS.put("W-31", "the session is in the memory of the workflows; `WeaknessTest`");
    REASONS.put("W-34", "the simulator damages no files; `RecoveryWeaknessTest`");
    REASONS.put("W-36", "the simulated tables are spelt in lower case; `DetachErasesTest`");
    REASONS.put("W-37", "the simulated app removes no tables; `RecoveryWeaknessTest`");
    REASONS.put("W-39", "no plan opens a file twice at a time; `SqliteStoreTest`");
    REASONS.put(
        "W-41", "the loop is a workflow, and no part of it can be replaced; `LiveDownloadsTest`");
    REASONS.put(
        "W-43", "the loop is a workflow, and no part of it can be replaced; `LiveDownloadsTest`");
    REASONS.put(
        "W-44",
        "whether a resolver that throws is caught is up to the workflow; a corpus plan has"
            + " such a resolver");
    REASONS.put(
        "W-18",
        "each simulated write changes a text, too; `ReplayDecisionTest`, `RowCodec`'s tests");
    REASONS.put(
        "W-28",
        "what a restored server has lost was committed once, which is all that the oracle asks;"
            + " `RecoveryWeaknessTest`");
    REASONS.put("W-30", "the client keeps no source id in memory; `WeaknessTest`");
    REASONS.put("W-40", "no port takes a part of a row that was read in another transaction");
  }

  private NotPlanted() {}
}
