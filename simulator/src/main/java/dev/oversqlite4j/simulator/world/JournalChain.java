package dev.oversqlite4j.simulator.world;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** The chain of the journal, computed once more: none of this is the client's code. */
final class JournalChain {

  private JournalChain() {}

  /**
   * The link of a row.
   *
   * @param previous the link of the row before it, empty if it is the first
   * @param fields the columns of the row in their order, without the link itself
   */
  static String link(String previous, List<String> fields) {
    MessageDigest sha = sha256();
    update(sha, previous);
    fields.forEach(field -> update(sha, field));
    return HexFormat.of().formatHex(sha.digest());
  }

  private static void update(MessageDigest sha, String field) {
    byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
    sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    sha.update(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      // Every Java platform has to have it.
      throw new IllegalStateException(impossible);
    }
  }
}
