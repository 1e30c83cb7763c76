package dev.oversqlite4j.simulator.planted;

import static dev.oversqlite4j.simulator.planted.Tampering.in;
import static dev.oversqlite4j.simulator.planted.Tampering.of;

import dev.oversqlite4j.spi.Installation;
import dev.oversqlite4j.spi.SyncServer;
import java.util.List;

/** Defects of {@code open()} and of capture. */
final class OpenBugs {

  private OpenBugs() {}

  static List<PlantedBug> all() {
    return List.of(
        PlantedBug.of(
            "W-11",
            "triggers-before-the-source",
            "triggers are committed before the first source is",
            in(
                "Open",
                Installation.class,
                "install",
                call -> {
                  call.proceed();
                  call.split();
                  return null;
                })),
        PlantedBug.of(
            "W-12",
            "installed-in-several-transactions",
            "tables and triggers are committed before the rows are captured",
            of(
                Installation.class,
                "captureAll",
                call -> {
                  call.split();
                  return call.proceed();
                })),
        PlantedBug.slip(
            "first-capture-misses-a-row",
            "the first capture leaves the last row out",
            of(
                Installation.class,
                "captureAll",
                call -> {
                  Object count = call.proceed();
                  call.sql(
                      "DELETE FROM _sync_dirty_rows WHERE dirty_ordinal ="
                          + " (SELECT max(dirty_ordinal) FROM _sync_dirty_rows)");
                  return count;
                })),
        PlantedBug.slip(
            "first-capture-counts-from-2",
            "the first capture numbers the rows from 2",
            of(
                Installation.class,
                "captureAll",
                call -> {
                  Object count = call.proceed();
                  call.sql("UPDATE _sync_dirty_rows SET dirty_ordinal = dirty_ordinal + 1");
                  return count;
                })),
        PlantedBug.slip(
            "updates-not-captured",
            "the UPDATE trigger of one table is missing",
            withoutTrigger("trg_note_au")),
        PlantedBug.slip(
            "deletes-not-captured",
            "the DELETE trigger of one table is missing",
            withoutTrigger("trg_measure_ad")),
        PlantedBug.slip(
            "inserts-not-captured",
            "the INSERT trigger of one table is missing",
            withoutTrigger("trg_person_ai")),
        PlantedBug.slip(
            "guard-missing",
            "writes of one table are not refused during a transition",
            withoutTrigger("trg_measure_bi_guard")),
        PlantedBug.slip(
            "open-asks-the-server",
            "open() looks at the server's capabilities",
            of(
                SyncServer.class,
                "configure",
                call -> {
                  call.proceed();
                  ((SyncServer) call.target()).capabilities("00000000-0000-4000-8000-000000000000");
                  return null;
                })));
  }

  private static Tampering withoutTrigger(String name) {
    return of(
        Installation.class,
        "install",
        call -> {
          call.proceed();
          call.sql("DROP TRIGGER " + name);
          return null;
        });
  }
}
