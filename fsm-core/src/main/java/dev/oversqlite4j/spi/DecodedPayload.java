package dev.oversqlite4j.spi;

import java.util.List;

/**
 * A server row checked against its table and turned into values the database can bind, in the order
 * of the table's columns. A value is null, a {@link Long}, a {@link Double}, a {@link String} or a
 * {@code byte[]}. Opaque to the workflows.
 */
public record DecodedPayload(List<Object> values) {
  @Override
  public String toString() {
    return "DecodedPayload[" + values.size() + " columns]";
  }
}
