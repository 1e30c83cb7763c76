package dev.oversqlite4j.simulator.server;

/** What a pushed or committed row does. */
public enum Op {
  INSERT,
  UPDATE,
  DELETE
}
