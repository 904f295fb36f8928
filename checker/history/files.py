"""A history in a file of SQLite: opened, locked and written in transactions, and moved aside if it is damaged."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from checker import disk
from checker.config.schema import HISTORY
from checker.history import schema
from checker.history.database import DamagedError, Database, Row, Statements, UnreadableError
from checker.history.rows import stamp
from checker.model import CheckerError, ConfigError


class File(Database):
    """An open file of SQLite. The run that may write to it holds `lock`, and so all series."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: IO[str] | None = None) -> None:
        self.path = path
        self.name = str(path)
        self._db = connection
        self._lock = lock
        self._moved = False

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._db.close()
        if self._lock is not None:
            self._lock.close()

    @contextmanager
    def checked(self) -> Iterator[None]:
        """A block in which errors become CheckerError. The run that writes the file moves a damaged one."""
        try:
            with _translated(self.path):
                yield
        except DamagedError as error:
            if self._lock is None or self._moved:
                raise
            self._moved = True
            with suppress(sqlite3.Error):
                self._db.close()
            raise moved_aside(self.path, error) from error

    def claim(self, series: str = "") -> None:
        pass  # the lock of the file is on all of it

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        with self.checked():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk rolls back by itself
                    self._db.execute("ROLLBACK")
                raise

    def rows(self, query: str, *values: object) -> list[Row]:
        with self.checked():
            return self._db.execute(query, values).fetchall()

    def each(self, query: str, values: tuple[object, ...], numbers: Sequence[int]) -> list[Row]:
        with self.checked():
            return [row for number in numbers for row in self._db.execute(query, (*values, number))]

    def unnumber(self, statements: Statements, run: int) -> None:
        statements.execute("UPDATE sqlite_sequence SET seq = ?1 - 1 WHERE name = 'run' AND seq = ?1", (run,))

    def size(self) -> int:
        return self.path.stat().st_size

    def shrink(self) -> None:
        with self.checked():
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def read_back(path: Path) -> tuple[Path, ...]:
    """The files that a run reads back: the history, the files that SQLite keeps beside it, the page cache, and what the
    opening of a store learnt.
    """
    beside = (path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal"))
    return *beside, *map(path.with_suffix, (".pages", ".objects"))


def files_of(path: Path) -> tuple[Path, ...]:
    """All files that are written for a history."""
    return *read_back(path), *(path.with_name(name) for name in (f"{path.name}.lock", ".gitignore", "health.html"))


def make_folder(folder: Path) -> None:
    """Make the folder of a history if it is missing. One of our own ignores itself in git. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.name == HISTORY.parent.name:
        with suppress(FileExistsError), (folder / ".gitignore").open("x", encoding="utf-8") as own:
            own.write("*\n")


def connected(path: Path) -> sqlite3.Connection:
    """Open the database, and bring it to this version of the schema."""
    unclean = path.with_name(path.name + "-wal").exists()
    with _translated(path):
        db = sqlite3.connect(path, timeout=30, isolation_level=None)
        try:
            _begin(path, db, check=unclean)
        except BaseException:
            db.close()
            raise
    return db


def _begin(path: Path, db: sqlite3.Connection, *, check: bool) -> None:
    tables, foreign = db.execute(
        "SELECT count(*), count(CASE WHEN type IN ('view', 'trigger') THEN 1 END) FROM sqlite_master"
    ).fetchone()
    # The version is read after the tables, since another process may be making them.
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if (version or tables) and application != schema.APPLICATION:
        raise ConfigError(f"{path}: the database of another program; name another file with --history")
    if version > len(schema.MIGRATIONS):
        raise ConfigError(
            f"{path}: a newer mirrorcheck wrote it (version {version}, this one knows {len(schema.MIGRATIONS)});"
            " update, or name another file with --history"
        )
    if foreign or version < 0 or (tables and not version):
        raise DamagedError(f"{path}: the history is damaged: its tables are not those that mirrorcheck makes")
    if check:
        ((result,),) = db.execute("PRAGMA quick_check(1)").fetchall()
        if result != "ok":
            raise DamagedError(f"{path}: the history is damaged: {result}")
    if version < len(schema.MIGRATIONS):
        try:
            _migrate(db, version)
        except sqlite3.OperationalError as error:  # a mistake of this program, not damage
            raise CheckerError(f"{path}: the history cannot be brought to this version: {error}") from error
    db.execute("PRAGMA synchronous = NORMAL")  # in WAL mode, a crash of the machine costs the last seconds at most


def _migrate(db: sqlite3.Connection, version: int) -> None:
    if not version:
        db.execute(f"PRAGMA application_id = {schema.APPLICATION}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    (version,) = db.execute("PRAGMA user_version").fetchone()  # another process may have been faster
    for number, statements in enumerate(schema.MIGRATIONS[version:], version + 1):
        for statement in statements:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")
    db.execute("COMMIT")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """A block in which errors become CheckerError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        # SQLITE_ERROR is about the names or the text of tables. In our own file, it comes from damage. Other errors
        # may be temporary.
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR:
            raise DamagedError(f"{path}: the history is damaged: {error}") from error
        raise CheckerError(f"{path}: the history cannot be read or written: {error}") from error
    except (sqlite3.DatabaseError, UnreadableError) as error:
        raise DamagedError(f"{path}: the history is damaged: {error}") from error


_DATABASES = frozenset({".sqlite", ".sqlite3", ".db"})


def is_ours(path: Path) -> bool:
    """Whether a file that is not a history may have been one. A text that was named by mistake is not moved."""
    if path.suffix in _DATABASES:
        return True
    with suppress(OSError), disk.reading(path) as file:
        return file.read(16) == b"SQLite format 3\0"
    return False


def moved_aside(path: Path, error: DamagedError) -> DamagedError:
    """Move a damaged history aside. The returned error says what is wrong and where the file is now.

    Raises CheckerError if it cannot be moved.
    """
    aside = path.with_name(f"{path.name}.corrupt-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    while os.path.lexists(aside):
        aside = path.with_name(f"{aside.name}+")
    try:
        for suffix in ("-shm", "-wal", ""):
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).rename(f"{aside}{suffix}")
    except OSError as failed:
        raise CheckerError(f"{error}; it cannot be moved aside: {failed.strerror}") from failed
    return DamagedError(f"{error}; it was moved to {aside.name}")


def locked(path: Path, *, wait: bool) -> IO[str]:
    """Lock a file beside the history, which only one process can do. The lock ends with the process, in any case."""
    file = disk.open_own(path.with_name(path.name + ".lock"))
    try:
        import fcntl
    except ImportError:  # Windows: SQLite's own locks keep the file whole
        return file
    try:
        # A lock of the process. A lock of the open file would last if forked workers outlive a killed run.
        fcntl.lockf(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        who = file.read(100).strip()
        file.close()
        if not isinstance(error, (BlockingIOError, PermissionError)):
            raise
        raise ConfigError(
            f"{path}: another run writes to it{f' ({who})' if who else ''}; --wait waits for its end,"
            " --no-history runs without a history"
        ) from error
    file.truncate(0)
    file.write(f"process {os.getpid()}, since {stamp(int(datetime.now(UTC).timestamp()))}\n")
    file.flush()
    return file
