package dev.oversqlite4j.simulator.bench;

import dev.oversqlite4j.simulator.oracle.Simulation;
import dev.oversqlite4j.simulator.plan.Plan;
import dev.oversqlite4j.simulator.plan.PlanGenerator;
import dev.oversqlite4j.simulator.plan.Profile;
import dev.oversqlite4j.simulator.world.Folders;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.World.Tracing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Lifecycles with crashes under the eyes of the oracle, beside the statements and requests that
 * their devices make of them.
 */
final class SimulatedCalls implements SideBySide {

  private final List<Plan> plans;
  private final List<List<RecordedWork.Item>> recorded = new ArrayList<>();

  SimulatedCalls(Bench.Size size) {
    PlanGenerator generator = new PlanGenerator();
    this.plans =
        LongStream.rangeClosed(1, size.plans())
            .mapToObj(seed -> generator.generate(seed, Profile.CRASHES_ONLY))
            .toList();
    for (Plan plan : plans) {
      RecordedWork work = new RecordedWork();
      new Simulation(work, Tracing.CONTENT).run(plan, work);
      recorded.add(work.items());
    }
  }

  @Override
  public String measure() {
    return "simulated lifecycles, with crashes and the oracle";
  }

  @Override
  public double bar() {
    return 4;
  }

  @Override
  public void ours() {
    Simulation simulation = new Simulation(Parts.REAL, Tracing.CONTENT);
    plans.forEach(simulation::run);
  }

  @Override
  public void bare() {
    for (int i = 0; i < plans.size(); i++) {
      replay(recorded.get(i), plans.get(i).devices());
    }
  }

  /** Does the work of one run again. */
  static BareDevice.Tally replay(List<RecordedWork.Item> work, int devices) {
    Path files = Folders.createInMemory();
    List<BareDevice> bare = new ArrayList<>();
    try {
      for (int device = 0; device < devices; device++) {
        bare.add(new BareDevice(files.resolve("device" + device + ".db")));
      }
      for (RecordedWork.Item item : work) {
        BareDevice device = bare.get(item.device());
        if (item instanceof RecordedWork.Executed executed) {
          device.execute(executed);
        } else if (item instanceof RecordedWork.Exchanged exchanged) {
          device.exchange(exchanged);
        } else {
          device.start();
        }
      }
      return bare.stream()
          .map(BareDevice::tally)
          .reduce(new BareDevice.Tally(0, 0), BareDevice.Tally::plus);
    } finally {
      bare.forEach(BareDevice::close);
      Folders.delete(files);
    }
  }

  @Override
  public void close() {}
}
