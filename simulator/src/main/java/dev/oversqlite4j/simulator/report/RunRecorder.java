package dev.oversqlite4j.simulator.report;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.report.RunRecord.AtSeam;
import dev.oversqlite4j.simulator.report.RunRecord.Calling;
import dev.oversqlite4j.simulator.report.RunRecord.Cause;
import dev.oversqlite4j.simulator.report.RunRecord.Changed;
import dev.oversqlite4j.simulator.report.RunRecord.Content;
import dev.oversqlite4j.simulator.report.RunRecord.Entry;
import dev.oversqlite4j.simulator.report.RunRecord.JournalRow;
import dev.oversqlite4j.simulator.report.RunRecord.Served;
import dev.oversqlite4j.simulator.report.RunRecord.StepBegan;
import dev.oversqlite4j.simulator.report.RunRecord.Told;
import dev.oversqlite4j.simulator.report.Snapshot.CellChange;
import dev.oversqlite4j.simulator.report.Snapshot.RowChange;
import dev.oversqlite4j.simulator.world.Device;
import dev.oversqlite4j.simulator.world.RunEvent;
import dev.oversqlite4j.simulator.world.RunListener;
import dev.oversqlite4j.simulator.world.World;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Writes down a run while it happens, and reads each device's file after every commit. */
public final class RunRecorder implements RunListener {

  private static final String JOURNAL = "_fsm_journal";

  private final List<Entry> entries = new ArrayList<>();
  private final Map<Integer, Snapshot> files = new TreeMap<>();

  private RunRecorder() {}

  /** Runs a plan and keeps all there is to show. */
  public static RunRecord record(Simulation simulation, Plan plan) {
    RunRecorder recorder = new RunRecorder();
    Simulation.Result result = simulation.run(plan, recorder);
    return new RunRecord(plan, result, recorder.entries);
  }

  @Override
  public void happened(World world, RunEvent event) {
    RunEvent.What what = event.what();
    if (what instanceof RunEvent.StepBegan) {
      add(event, new StepBegan());
    } else if (what instanceof RunEvent.Calling calling) {
      add(event, new Calling(calling.operation().toString()));
    } else if (what instanceof RunEvent.Told told) {
      add(event, new Told(told.kind(), told.text()));
    } else if (what instanceof RunEvent.AtSeam at) {
      add(event, new AtSeam(at.seam(), at.number()));
    } else if (what instanceof RunEvent.Served served) {
      add(
          event,
          new Served(
              served.method() + " " + served.target(),
              served.status(),
              text(served.request()),
              text(served.answer())));
    } else if (what instanceof RunEvent.Committed) {
      look(event, Cause.COMMIT);
    } else if (what instanceof RunEvent.Booted) {
      look(event, Cause.NEXT_PROCESS);
    }
  }

  private void add(RunEvent event, Content content) {
    entries.add(
        new Entry(event.atMillis(), event.step(), event.device().map(Device::index), content));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private void look(RunEvent event, Cause cause) {
    Device device = event.device().orElseThrow();
    Snapshot now = Snapshot.of(device.file());
    Optional<Snapshot> before = Optional.ofNullable(files.put(device.index(), now));
    if (before.isEmpty()) {
      return;
    }
    List<RowChange> rows = new ArrayList<>();
    List<JournalRow> journal = new ArrayList<>();
    for (RowChange change : now.since(before.get())) {
      if (change.table().equals(JOURNAL) && change.kind() == RowChange.Kind.ADDED) {
        journal.add(journalRow(change));
      } else {
        rows.add(change);
      }
    }
    // A transaction that only read commits, too.
    if (!rows.isEmpty() || !journal.isEmpty()) {
      add(event, new Changed(cause, rows, journal));
    }
  }

  private static JournalRow journalRow(RowChange added) {
    Map<String, String> cells = new TreeMap<>();
    for (CellChange cell : added.cells()) {
      cells.put(cell.column(), cell.after().orElse("").replaceAll("^'|'$", "").replace("''", "'"));
    }
    return new JournalRow(
        cells.getOrDefault("machine", ""),
        cells.getOrDefault("seq", ""),
        cells.getOrDefault("trigger", ""),
        cells.getOrDefault("from_state", ""),
        cells.getOrDefault("to_state", ""),
        cells.getOrDefault("facts", ""));
  }
}
