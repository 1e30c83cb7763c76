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

/** Several who look on, told one after the other. */
public record Witnesses(List<Witness> all) implements Witness {

  public Witnesses {
    all = List.copyOf(all);
  }

  @Override
  public void booted(Device device) {
    all.forEach(witness -> witness.booted(device));
  }

  @Override
  public void committed(Device device) {
    all.forEach(witness -> witness.committed(device));
  }

  @Override
  public void requested(Device device, String label) {
    all.forEach(witness -> witness.requested(device, label));
  }

  @Override
  public void crashed(Device device, Seam seam) {
    all.forEach(witness -> witness.crashed(device, seam));
  }

  @Override
  public void lostPower(Device device, SynchronousMode mode) {
    all.forEach(witness -> witness.lostPower(device, mode));
  }

  @Override
  public void acknowledged(Device device, long number) {
    all.forEach(witness -> witness.acknowledged(device, number));
  }

  @Override
  public void diskFailed(Device device) {
    all.forEach(witness -> witness.diskFailed(device));
  }

  @Override
  public void faulty(Device device, Fault fault) {
    all.forEach(witness -> witness.faulty(device, fault));
  }

  @Override
  public void writeFailed(Device device) {
    all.forEach(witness -> witness.writeFailed(device));
  }

  @Override
  public void writing(Device device, Map<RowId, Optional<String>> changes) {
    all.forEach(witness -> witness.writing(device, changes));
  }

  @Override
  public void merged(Device device, RowId row, Optional<String> mark) {
    all.forEach(witness -> witness.merged(device, row, mark));
  }

  @Override
  public void wrote(Device device) {
    all.forEach(witness -> witness.wrote(device));
  }

  @Override
  public void writeRefused(Device device) {
    all.forEach(witness -> witness.writeRefused(device));
  }

  @Override
  public void disturbing(Device device, Disturbance what) {
    all.forEach(witness -> witness.disturbing(device, what));
  }

  @Override
  public void disturbed(Device device, Disturbance what) {
    all.forEach(witness -> witness.disturbed(device, what));
  }

  @Override
  public void calling(Device device, Operation operation) {
    all.forEach(witness -> witness.calling(device, operation));
  }

  @Override
  public void called(Device device, Operation operation, CallOutcome outcome) {
    all.forEach(witness -> witness.called(device, operation, outcome));
  }

  @Override
  public void served(Exchange exchange) {
    all.forEach(witness -> witness.served(exchange));
  }

  @Override
  public void collided(Device device, Operation second, CallOutcome outcome, DeviceTables before) {
    all.forEach(witness -> witness.collided(device, second, outcome, before));
  }

  @Override
  public void misconfigured(
      Device device, CallOutcome outcome, List<String> before, List<String> after) {
    all.forEach(witness -> witness.misconfigured(device, outcome, before, after));
  }

  @Override
  public void paused(Device device) {
    all.forEach(witness -> witness.paused(device));
  }

  @Override
  public void forged(Device device, String label) {
    all.forEach(witness -> witness.forged(device, label));
  }

  @Override
  public void rekeyed(Device device, RowId from, RowId to) {
    all.forEach(witness -> witness.rekeyed(device, from, to));
  }

  @Override
  public void settled(List<Device> devices) {
    all.forEach(witness -> witness.settled(devices));
  }
}
