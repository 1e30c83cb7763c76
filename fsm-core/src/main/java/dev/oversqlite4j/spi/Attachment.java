package dev.oversqlite4j.spi;

/**
 * Writes the attachment and operation singletons; reading is {@link
 * LocalTransaction#controlState()}.
 */
public interface Attachment {

  /** Sets the current source. */
  void bindSource(String sourceId);

  /** Sets the binding; an anonymous one resets checkpoint, schema, gate and lease (I3). */
  void bind(ControlState.Binding binding);

  /** A salted hash of {@code userId}, stable for this file; what the journal keeps of a user. */
  String userHash(String userId);

  /** Sets the operation. */
  void operation(Operation operation);
}
