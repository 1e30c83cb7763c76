package dev.oversqlite4j;

import static dev.oversqlite4j.ErrorCategory.AUTH;
import static dev.oversqlite4j.ErrorCategory.CANCELLED;
import static dev.oversqlite4j.ErrorCategory.CONFLICT;
import static dev.oversqlite4j.ErrorCategory.NETWORK;
import static dev.oversqlite4j.ErrorCategory.PROTOCOL;
import static dev.oversqlite4j.ErrorCategory.STATE;
import static dev.oversqlite4j.ErrorCategory.STORAGE;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The taxonomy of spec 1.4, row by row. */
class ErrorTaxonomyTest {
  /** Stands for anything that must stay out of messages: it does not look like an identifier. */
  private static final String SECRET = "s3cret-value 42";

  private static final SyncOperation OP = SyncOperation.SYNC;
  private static final Throwable CAUSE = new IllegalStateException(SECRET);

  private static final String RETRY = "retryable";
  private static final String TERMINAL = "terminal";
  private static final String ACT = "action needed";

  record Row(OversqliteException error, ErrorCategory category, String recovery) {
    @Override
    public String toString() {
      return error.getClass().getSimpleName();
    }
  }

  static ConflictContext conflict() {
    ObjectNode row = JsonNodeFactory.instance.objectNode().put("name", SECRET);
    return new ConflictContext(
        SECRET,
        SECRET,
        SECRET,
        RowOperation.UPDATE,
        Optional.of(row),
        1,
        2,
        false,
        Optional.of(row));
  }

  static List<Row> taxonomy() {
    Optional<String> secret = Optional.of(SECRET);
    return List.of(
        new Row(new OpenRequiredException(OP), STATE, ACT),
        new Row(new AttachRequiredException(OP), STATE, ACT),
        new Row(new ClientClosedException(OP), STATE, TERMINAL),
        new Row(new DatabaseAlreadyOwnedException(SECRET), STATE, RETRY),
        new Row(new SyncOperationInProgressException(OP), STATE, RETRY),
        new Row(new InvalidConfigurationException("V7", secret, secret, "x"), STATE, TERMINAL),
        new Row(new CorruptLocalStateException(SECRET, "x"), STATE, TERMINAL),
        new Row(new AttachBindingConflictException(SECRET, SECRET), STATE, ACT),
        new Row(
            new AttachLocalStateConflictException(
                AttachLocalStateConflictException.Reason.OTHER_SOURCE),
            STATE,
            ACT),
        new Row(
            new AttachLifecycleUnsupportedException(
                AttachLifecycleUnsupportedException.Reason.FEATURE_MISSING),
            STATE,
            TERMINAL),
        new Row(new ProtocolVersionMismatchException("v1", SECRET), PROTOCOL, TERMINAL),
        new Row(
            new SyncTableContractMismatchException(
                List.of(SECRET), List.of(SECRET), List.of(SECRET)),
            PROTOCOL,
            TERMINAL),
        new Row(new RemoteReplacePendingException(SECRET), STATE, ACT),
        new Row(new DestructiveTransitionInProgressException(SECRET), STATE, ACT),
        new Row(new RebuildRequiredException(OP), STATE, ACT),
        new Row(
            new CheckpointRecoveryBlockedException(
                CheckpointRecoveryBlockedException.Reason.PUSH_FAILED,
                1,
                2,
                CheckpointRecoveryBlockedException.ReplayState.PREPARED,
                CAUSE),
            STATE,
            RETRY),
        new Row(
            new SourceRecoveryRequiredException(SourceRecoveryReason.SOURCE_RETIRED), STATE, ACT),
        new Row(new SourceReplacementDivergedException(secret, secret), STATE, TERMINAL),
        new Row(new SourceReplacementInvalidException(), STATE, TERMINAL),
        new Row(new PendingPushReplayException(3), STATE, ACT),
        new Row(new DirtyStateRejectedException(3), STATE, ACT),
        new Row(
            new SnapshotFinalApplyGateException(
                RebuildMode.CLEAR_ALL,
                SnapshotFinalApplyGateException.Reason.OUTBOX_CHANGED,
                CAUSE),
            STATE,
            RETRY),
        new Row(new SnapshotRowApplyFailedException(7, SECRET, SECRET, CAUSE), STATE, ACT),
        new Row(new SnapshotApplyRowTooLargeException(7, 9, 8), STATE, ACT),
        new Row(new SnapshotCapabilitiesException("x"), PROTOCOL, ACT),
        new Row(new SnapshotChunkTooSmallException(1, 2), PROTOCOL, ACT),
        new Row(new SnapshotSessionLimitExceededException(SECRET, 2, 1), PROTOCOL, ACT),
        new Row(new SnapshotResponseTooLargeException(OP, 10), NETWORK, ACT),
        new Row(new SnapshotUnsupportedContentEncodingException(OP), NETWORK, ACT),
        new Row(new SnapshotSemanticException("x"), PROTOCOL, ACT),
        new Row(new RemoteResponseDecodeException(OP, CAUSE), PROTOCOL, ACT),
        new Row(new RemoteResponseSemanticException(OP, "x"), PROTOCOL, ACT),
        new Row(new InvalidSourceIdException(), PROTOCOL, TERMINAL),
        new Row(new CommittedBundleNotFoundException(6), NETWORK, RETRY),
        new Row(new SourceSequenceMismatchException("x"), STATE, ACT),
        new Row(
            new InitializationLeaseInvalidException(
                InitializationLeaseInvalidException.Code.INITIALIZATION_STALE),
            STATE,
            ACT),
        new Row(new PushConflictException(conflict()), CONFLICT, ACT),
        new Row(
            new InvalidConflictResolutionException(conflict(), Optional.empty(), "x", CAUSE),
            CONFLICT,
            ACT),
        new Row(new PushConflictRetryExhaustedException(2, 5), CONFLICT, RETRY),
        new Row(new HttpFailureException(OP, 401), AUTH, ACT),
        new Row(new HttpFailureException(OP, 403), AUTH, ACT),
        new Row(new HttpFailureException(OP, 404), NETWORK, ACT),
        new Row(new HttpFailureException(OP, 429), NETWORK, ACT),
        new Row(new HttpFailureException(OP, 500), NETWORK, RETRY),
        new Row(new HttpFailureException(OP, 599), NETWORK, RETRY),
        new Row(
            new SnapshotCapacityExhaustedException(
                OP, SnapshotCapacityExhaustedException.Code.SNAPSHOT_CHUNK_CAPACITY, 30_000),
            NETWORK,
            RETRY),
        new Row(new PushRejectedException(OP, 500, 4), NETWORK, RETRY),
        new Row(new ServerScopeResetException(), STATE, TERMINAL),
        new Row(new DatabaseBusyException(OP, CAUSE), STORAGE, RETRY),
        new Row(new DatabaseFullException(OP, CAUSE), STORAGE, RETRY),
        new Row(new DatabaseReadOnlyException(OP, CAUSE), STORAGE, ACT),
        new Row(new DatabaseIoException(OP, CAUSE), STORAGE, RETRY),
        new Row(new NotADatabaseException(OP, CAUSE), STORAGE, ACT),
        new Row(new LocalWriteFailedException(OP, 1811, CAUSE), STORAGE, ACT),
        new Row(new OperationCancelledException(OP, CAUSE), CANCELLED, RETRY),
        new Row(new TransientRetryExhaustedException(OP, 3, CAUSE), NETWORK, RETRY));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("taxonomy")
  void everyErrorCarriesItsRow(Row row) {
    OversqliteException error = row.error();
    assertAll(
        () -> assertEquals(row.category(), error.category()),
        () -> assertEquals(row.recovery().equals(RETRY), error.retryable(), "retryable"),
        () -> assertEquals(row.recovery().equals(TERMINAL), error.terminal(), "terminal"),
        () -> assertTrue(Modifier.isFinal(error.getClass().getModifiers()), "final"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("taxonomy")
  void noMessageRepeatsData(Row row) {
    String message = row.error().getMessage();
    assertFalse(message.contains("s3cret"), message);
    assertFalse(message.contains("null"), message);
  }

  @Test
  void theTableHasEveryErrorClass() throws IOException, URISyntaxException {
    URI home =
        OversqliteException.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    Set<String> declared;
    try (Stream<Path> files = Files.list(Path.of(home).resolve("dev/oversqlite4j"))) {
      declared =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith("Exception.class"))
              .map(name -> name.substring(0, name.length() - ".class".length()))
              .filter(name -> !name.equals("OversqliteException"))
              .collect(Collectors.toCollection(TreeSet::new));
    }
    Set<String> listed =
        taxonomy().stream()
            .map(row -> row.error().getClass().getSimpleName())
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(declared, listed);
  }

  @Test
  void onlyFourErrorsAreLifecyclePreconditions() {
    assertEquals(
        Set.of(
            OpenRequiredException.class,
            AttachRequiredException.class,
            DestructiveTransitionInProgressException.class,
            SourceRecoveryRequiredException.class),
        taxonomy().stream()
            .map(Row::error)
            .filter(OversqliteException::isLifecyclePrecondition)
            .map(Object::getClass)
            .collect(Collectors.toSet()));
  }

  @Test
  void causesAreKept() {
    assertEquals(CAUSE, new DatabaseIoException(OP, CAUSE).getCause());
    assertEquals(CAUSE, new TransientRetryExhaustedException(OP, 3, CAUSE).getCause());
  }

  @Test
  void aMessageNamesWhatIsPrintableAndWhatToDo() {
    assertEquals(
        "Cannot sync: no user is attached in this process. Call attach(userId) first; after a"
            + " restart this needs no network.",
        new AttachRequiredException(OP).getMessage());
    assertEquals(
        "Invalid configuration (V11, table person, column naïve_1): rename it.",
        new InvalidConfigurationException(
                "V11", Optional.of("person"), Optional.of("naïve_1"), "rename it.")
            .getMessage());
  }

  @Test
  void redactionPrintsIdentifiersOnly() {
    assertEquals("_a1", Redaction.identifier("_a1"));
    assertEquals("a".repeat(63), Redaction.identifier("a".repeat(63)));
    for (String bad : List.of("", "1a", "a b", "a-b", "a.b", "a\n", "a".repeat(64))) {
      assertEquals("<redacted>", Redaction.identifier(bad), bad);
    }
    assertEquals("[a, <redacted>]", Redaction.identifiers(List.of("a", "b c")));
  }

  @Test
  void valuesWithDataPrintNone() {
    ConflictContext conflict = conflict();
    assertFalse(conflict.toString().contains("s3cret"));
    assertFalse(
        Resolution.keepMerged(conflict.serverRow().orElseThrow()).toString().contains("s3cret"));
  }
}
