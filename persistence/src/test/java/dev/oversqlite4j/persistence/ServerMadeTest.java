package dev.oversqlite4j.persistence;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a server may make of a value (wire-protocol 4.3, 4.4), and what is another value. */
class ServerMadeTest {

  static Stream<Arguments> values() {
    return Stream.of(
        Arguments.of("2026-05-02T08:15:30Z", "2026-05-02T08:15:30+00:00", true),
        Arguments.of("2026-05-02T08:15:30Z", "2026-05-02T10:15:30+02:00", true),
        Arguments.of("2026-05-02T08:15:30.1234567Z", "2026-05-02T08:15:30.123457+00:00", true),
        Arguments.of("2026-05-02T08:15:30Z", "2026-05-02T08:15:31Z", false),
        Arguments.of("2026-05-02T08:15:30", "2026-05-02T08:15:30Z", false),
        Arguments.of("1.25e3", "1250.00", true),
        Arguments.of("12.3", "12.3000", true),
        Arguments.of("12.3", "12.4", false),
        Arguments.of("1e999999999", "1", false),
        Arguments.of("Ada", "ada", false),
        Arguments.of("", "0", false),
        Arguments.of(9_007_199_254_740_993L, 9_007_199_254_740_992L, true),
        Arguments.of(7L, 8L, false),
        Arguments.of(1.2345678901234567, (double) 1.2345678901234567f, true),
        Arguments.of(0.25, 0.5, false),
        Arguments.of(1e300, 2e300, false),
        Arguments.of(new byte[] {1}, new byte[] {1}, true),
        Arguments.of(new byte[] {1}, new byte[] {2}, false),
        Arguments.of(null, null, true),
        Arguments.of(null, "", false),
        Arguments.of(0L, null, false),
        Arguments.of(1L, "1", false));
  }

  @ParameterizedTest
  @MethodSource("values")
  void knowsWhatAServerMayMakeOfAValue(Object sent, Object committed, boolean same) {
    assertEquals(same, ServerMade.of(sent, committed));
  }
}
