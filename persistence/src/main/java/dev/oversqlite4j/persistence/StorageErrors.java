package dev.oversqlite4j.persistence;

import dev.oversqlite4j.DatabaseBusyException;
import dev.oversqlite4j.DatabaseFullException;
import dev.oversqlite4j.DatabaseIoException;
import dev.oversqlite4j.DatabaseReadOnlyException;
import dev.oversqlite4j.LocalWriteFailedException;
import dev.oversqlite4j.NotADatabaseException;
import dev.oversqlite4j.OversqliteException;
import dev.oversqlite4j.SyncOperation;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What SQLite's result codes mean to a caller (spec 1.4, storage errors). */
final class StorageErrors {

  private static final int PRIMARY_CODE_MASK = 0xff;

  private StorageErrors() {}

  static OversqliteException translate(SyncOperation op, SQLException failed) {
    int code = resultCode(failed);
    return switch (SQLiteErrorCode.getErrorCode(code & PRIMARY_CODE_MASK)) {
      case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL -> new DatabaseBusyException(op, failed);
      case SQLITE_FULL -> new DatabaseFullException(op, failed);
      case SQLITE_READONLY, SQLITE_PERM -> new DatabaseReadOnlyException(op, failed);
      case SQLITE_NOTADB, SQLITE_CORRUPT -> new NotADatabaseException(op, failed);
      // Code 0 is the driver's own complaint, such as a connection that was closed underneath us.
      case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_NOMEM, SQLITE_INTERRUPT, SQLITE_OK ->
          new DatabaseIoException(op, failed);
      default -> new LocalWriteFailedException(op, code, failed);
    };
  }

  /** Whether SQLite says no more than that the statement cannot run. */
  static boolean isPlainError(SQLException failed) {
    return resultCode(failed) == SQLiteErrorCode.SQLITE_ERROR.code;
  }

  /** The extended code; a pool may have wrapped the driver's exception. */
  private static int resultCode(SQLException failed) {
    for (Throwable at = failed; at != null; at = at.getCause()) {
      if (at instanceof SQLiteException sqlite) {
        SQLiteErrorCode extended = sqlite.getResultCode();
        return extended == SQLiteErrorCode.UNKNOWN_ERROR ? sqlite.getErrorCode() : extended.code;
      }
    }
    return failed.getErrorCode();
  }
}
