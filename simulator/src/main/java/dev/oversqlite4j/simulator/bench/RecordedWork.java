package dev.oversqlite4j.simulator.bench;

import dev.oversqlite4j.simulator.seam.Trace;
import dev.oversqlite4j.simulator.world.Parts;
import dev.oversqlite4j.simulator.world.RunEvent;
import dev.oversqlite4j.simulator.world.RunListener;
import dev.oversqlite4j.simulator.world.World;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What the devices of one run ask of SQLite and of the network, in order. */
final class RecordedWork implements Parts, RunListener {

  /** One thing that a device does. */
  sealed interface Item {
    int device();
  }

  /** A process starts; the one before it is gone. */
  record Started(int device) implements Item {}

  record Executed(int device, int connection, String sql, List<Object> binds) implements Item {}

  /**
   * @param answer empty if the process died before it came
   */
  record Exchanged(int device, byte[] request, byte[] answer) implements Item {}

  private static final byte[] NO_ANSWER = {};

  private final List<Item> items = new ArrayList<>();
  private int devices;

  /** Everything so far. */
  List<Item> items() {
    return Collections.unmodifiableList(items);
  }

  @Override
  public void happened(World world, RunEvent event) {
    if (event.what() instanceof RunEvent.Booted) {
      items.add(new Started(event.device().orElseThrow().index()));
    }
  }

  @Override
  public Trace trace(Trace real) {
    return new Heard(devices++, real);
  }

  private final class Heard implements Trace {
    private final int device;
    private final Trace real;
    private int lastRequest;

    Heard(int device, Trace real) {
      this.device = device;
      this.real = real;
    }

    @Override
    public void statement(int connection, String sql, List<?> binds) {
      items.add(
          new Executed(
              device, connection, sql, Collections.unmodifiableList(new ArrayList<>(binds))));
      real.statement(connection, sql, binds);
    }

    @Override
    public void committed(String contentHash) {
      real.committed(contentHash);
    }

    @Override
    public void request(byte[] bytes) {
      lastRequest = items.size();
      items.add(new Exchanged(device, bytes, NO_ANSWER));
      real.request(bytes);
    }

    @Override
    public void response(byte[] bytes) {
      items.set(
          lastRequest,
          new Exchanged(device, ((Exchanged) items.get(lastRequest)).request(), bytes));
      real.response(bytes);
    }
  }
}
