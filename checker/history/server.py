"""A history in a database of PostgreSQL, which several machines and several mirrors share.

Its tables lie in the schema `mirrorcheck`. Locks are advisory locks of the session, so they end with the process:
https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import logging
import os
import re
import socket
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import blake2b
from time import monotonic
from typing import Any, NamedTuple

import psycopg
from psycopg import RawCursor, conninfo
from psycopg.types.numeric import Int8BinaryDumper

from checker.history import schema
from checker.history.database import NONE, Database, Found, Row, Statements, UnreadableError
from checker.history.rows import stamp
from checker.model import CheckerError, ConfigError

logging.getLogger("psycopg").addHandler(logging.NullHandler())  # what it has to say comes as errors too

_SCHEMA = "mirrorcheck"
_OTHER = "name another history with --history, or check with --no-history"
_SILENCE = 900.0  # seconds in which a server that answers nothing is given up; a long statement takes minutes
_SETTINGS = {  # of the session; a server leaves out those that it does not know
    "search_path": _SCHEMA,
    "synchronous_commit": "off",  # a crash of the server costs the last moment; nobody waits for its disk
    # A machine that is gone lets others write within two minutes.
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    # An administrator's limits: a run is silent while pages are read, and waits for others if it may.
    "lock_timeout": "0",
    "statement_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
}

# What libpq must read as we do (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS): of a
# URL that is read in another way, no message may show any part, since it may be one of the password.
_HOST = r"(?:\[[0-9a-f:.%]*\]|[^][@/?\#\s:,]*)(?::[0-9]*)?"
_URL = re.compile(
    rf"postgres(?:ql)?://(?:[^@/?\#\s]*@)?(?P<shown>{_HOST}(?:,{_HOST})*(?:/[^@/?\#\s]*)?)(?:\?[^@\#\s]*)?", re.I
)


class _Connection(psycopg.Connection[Row]):
    """A connection that gives up a server which does not answer."""

    patience = _SILENCE

    def wait(self, gen: Generator[Any, Any, Any], *arguments: Any, **named: Any) -> Any:
        return super().wait(self._bounded(gen), *arguments, **named)

    def _bounded(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """The steps of psycopg, which asks for each whether the server said something."""
        end = monotonic() + self.patience
        try:
            step = next(gen)
            while True:
                ready = yield step
                if not ready and monotonic() > end:
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"the server did not answer for {self.patience:,.0f} s")
                step = gen.send(ready)
        except StopIteration as done:
            return done.value


class _Place(NamedTuple):
    """A database that a URL names."""

    name: str  # for messages: without the login, and without parameters, among which may be a password
    parameters: dict[str, Any]
    secret: str  # the password, if the URL holds one


class Server(Database):
    """An open database of PostgreSQL."""

    def __init__(self, place: _Place, connection: _Connection, *, wait: bool) -> None:
        self.name = place.name
        self._place = place
        self._connection = connection
        self._wait = wait

    def close(self) -> None:
        if not self._connection.closed:
            with suppress(psycopg.Error):  # the server takes a moment to notice the end of a session
                self.execute("SELECT pg_advisory_unlock_all()")
        self._connection.close()

    @contextmanager
    def checked(self) -> Iterator[None]:
        try:
            yield
        except UnreadableError as error:
            raise _damaged(self.name, str(error)) from error
        except psycopg.Error as error:
            code, text = error.sqlstate or "", _text(error, self._place)
            if code.startswith("42") and not isinstance(error, psycopg.errors.InsufficientPrivilege):
                raise _damaged(self.name, text) from error
            raise CheckerError(
                f"{self.name}: the history cannot be read or written: {text}; what was written until then is kept, and"
                " the next run goes on from there"
            ) from error

    def claim(self, series: str = "") -> None:
        with self.checked():
            self._lock(_key(""), "_shared" if series else "")
            if series:  # its mirror, with whatever options: as in a file
                self._lock(_key(series.partition(" ")[0]))

    def _lock(self, key: int, how: str = "") -> None:
        ((free,),) = self.rows(f"SELECT pg_try_advisory_lock{how}(?)", key)
        if free:
            return
        if not self._wait:
            raise ConfigError(
                f"{self.name}: another run writes to it{self._who(key)}; --wait waits for its end, --no-history runs"
                " without a history"
            )
        self._connection.patience = float("inf")
        self.rows(f"SELECT pg_advisory_lock{how}(?)", key)
        self._connection.patience = _SILENCE

    def _who(self, key: int) -> str:
        """Who holds a lock, as far as this user may know."""
        query = """SELECT application_name, extract(epoch FROM backend_start)::bigint
            FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE locktype = 'advisory' AND granted AND classid = ?::oid AND objid = ?::oid AND objsubid = 1
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
        for name, since in self.rows(query, key >> 32 & 0xFFFFFFFF, key & 0xFFFFFFFF):
            if name and since:
                return f" ({name.removeprefix('mirrorcheck: ')}, since {stamp(since)})"
        return ""

    @contextmanager
    def writing(self) -> Iterator[Statements]:
        with self.checked():
            try:
                # Statements of which nobody reads a row are sent together, and wait for the server once.
                with self._connection.pipeline():
                    self.execute("BEGIN")
                    yield self
                    self.execute("COMMIT")
            except BaseException:
                with suppress(psycopg.Error):
                    self._connection.rollback()
                raise

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Found:
        """Run one statement. It is planned each time: a plan for an empty table reads all of it when it has grown."""
        return self._connection.cursor(binary=True).execute(_numbered(query), values, prepare=False)

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> None:
        """Run one statement with each of these rows of values."""
        self._connection.cursor().executemany(_numbered(query), rows)

    def rows(self, query: str, *values: object) -> list[Row]:
        with self.checked():
            return self.execute(query, values).fetchall()

    def each(self, query: str, values: tuple[object, ...], numbers: Sequence[int]) -> list[Row]:
        # OFFSET keeps the query as it is: of new rows, the planner does not know that their index is the way.
        last = len(values) + 1
        query = query.replace(f"?{last}", "each.number")
        query = f"SELECT found.* FROM unnest(?{last}::bigint[]) AS each (number), LATERAL ({query} OFFSET 0) AS found"  # noqa: S608 - of ours
        return self.rows(query, *values, list(numbers))

    def unnumber(self, statements: Statements, run: int) -> None:
        pass  # runs of other mirrors may have the next numbers

    def size(self) -> int:
        query = "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class WHERE relkind = 'r'"
        ((size,),) = self.rows(f"{query} AND relnamespace = '{_SCHEMA}'::regnamespace")
        return int(size)

    def shrink(self) -> None:
        with self.checked():
            self.execute("VACUUM (FULL, ANALYZE) series, run, target, stretch, finding, span")

    def prepare(self, *, begins: bool) -> None:
        """Bring the tables to this version; make them if `begins`. Raises ConfigError if they are not ours."""
        with self.checked():
            query = """SELECT set_config(name, value, false)
                FROM unnest(?::text[], ?::text[]) AS wanted (name, value) JOIN pg_settings USING (name)"""
            self.execute(query, (list(_SETTINGS), list(_SETTINGS.values())))
            ((encoding,),) = self.rows("SHOW server_encoding")
            if encoding != "UTF8":
                raise ConfigError(
                    f"{self.name}: its encoding is {encoding}, which cannot keep names of all languages; make one"
                    " with `createdb --encoding UTF8 --template template0`"
                )
            version = self._version()
            if not (version or begins):
                raise ConfigError(f"{self.name}: {NONE}")
            if version < len(schema.MIGRATIONS):
                self._migrate()

    def _version(self) -> int:
        """The version of the tables; 0 if there are none."""
        query = """SELECT count(*), count(*) FILTER (WHERE relname = 'version')
            FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = ?"""
        ((tables, ours),) = self.rows(query, _SCHEMA)
        if not tables:
            return 0
        if not ours:
            raise ConfigError(f"{self.name}: its schema {_SCHEMA} is another program's; {_OTHER}")
        numbers = [row[0] for row in self.rows("SELECT number FROM version")]
        if len(numbers) != 1 or numbers[0] < 1:
            raise _damaged(self.name, "its tables are not those that mirrorcheck makes")
        if numbers[0] > len(schema.MIGRATIONS):
            raise ConfigError(
                f"{self.name}: a newer mirrorcheck wrote it (version {numbers[0]}, this one knows"
                f" {len(schema.MIGRATIONS)}); update, or {_OTHER}"
            )
        return int(numbers[0])

    def _migrate(self) -> None:
        try:
            with self._connection.transaction():
                self.execute("SELECT pg_advisory_xact_lock(?)", (_key("\0version"),))
                version = self._version()  # another process may have been faster
                if not self.rows("SELECT to_regnamespace(?)", _SCHEMA)[0][0]:
                    self.execute(f"CREATE SCHEMA {_SCHEMA}")
                if not version:
                    self.execute("CREATE TABLE version (number BIGINT NOT NULL)")
                    self.execute("INSERT INTO version VALUES (0)")
                for statements in schema.MIGRATIONS[version:]:
                    for statement in statements:
                        self.execute(_typed(statement))
                self.execute("UPDATE version SET number = ?", (len(schema.MIGRATIONS),))
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigError(
                f"{self.name}: {_text(error, self._place)}; the first run makes the schema {_SCHEMA}, and an update may"
                f" change its tables: GRANT CREATE ON DATABASE, or run it once as the owner"
            ) from error
        except psycopg.ProgrammingError as error:  # a mistake of this program, not damage
            text = _text(error, self._place)
            raise CheckerError(f"{self.name}: the history cannot be brought to this version: {text}") from error


def opened(url: str, *, wait: bool = False, begins: bool = False) -> Server:
    """Open the history that a URL names. `begins`: make it if it is missing. `wait`: wait for other runs that write.

    The password comes from the URL, PGPASSWORD or the password file, as libpq has it. Raises ConfigError if the server
    cannot be reached, lets nobody in, or holds no history.
    """
    place = _place(url)
    try:
        connection = _Connection.connect(**place.parameters, autocommit=True, cursor_factory=RawCursor)
    except psycopg.Error as error:
        raise ConfigError(
            f"{place.name}: the history cannot be opened: {_text(error, place)}. The user and the password come from"
            " the URL, PGUSER and PGPASSWORD, or ~/.pgpass; `createdb` makes a database; --no-history goes without"
        ) from error
    # One type for all numbers: a statement that is sent again is prepared once.
    connection.adapters.register_dumper(int, Int8BinaryDumper)
    server = Server(place, connection, wait=wait)
    try:
        server.prepare(begins=begins)
    except BaseException:
        server.close()
        raise
    return server


def _place(url: str) -> _Place:
    match = _URL.fullmatch(url)
    parameters: dict[str, Any] | None = None
    if match:
        with suppress(psycopg.Error):  # its text may show a part of the password
            parameters = conninfo.conninfo_to_dict(f"postgresql:{url.partition(':')[2]}")
    if match is None or parameters is None:
        raise ConfigError(
            "the history's URL cannot be read; write it like postgresql://USER@HOST:PORT/DATABASE, with what is special"
            " in a name or a password in percent (%40 for @)"
        )
    beside = {
        "fallback_application_name": f"mirrorcheck: process {os.getpid()} on {socket.gethostname()}"[:63],
        "keepalives_idle": 30,  # seconds; nothing is sent while pages are read
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,  # milliseconds
        "client_encoding": "utf8",
    }
    if "PGCONNECT_TIMEOUT" not in os.environ:
        beside["connect_timeout"] = 10
    return _Place(f"postgresql://{match['shown']}", beside | parameters, str(parameters.get("password", "")))


def _damaged(name: str, text: str) -> CheckerError:
    return CheckerError(
        f"{name}: the history is damaged: {text}; restore the schema {_SCHEMA} from a backup, or drop it to begin a new"
        " history"
    )


def _text(error: psycopg.Error, place: _Place) -> str:
    """What libpq says, in one line and without the password."""
    text = " ".join(str(error).split()).rstrip(".")
    return text.replace(place.secret, "***") if place.secret else text


def _key(what: str) -> int:
    """The number of the lock of a mirror, with a sign; of all of them, for ""."""
    return int.from_bytes(blake2b(f"mirrorcheck\0{what}".encode(), digest_size=8).digest(), "big", signed=True)


@cache
def _numbered(query: str) -> bytes:
    """A statement with PostgreSQL's placeholders for SQLite's, and without SQLite's hints."""
    greatest = 0

    def placeholder(match: re.Match[str]) -> str:
        nonlocal greatest
        number = int(match[1] or greatest + 1)
        greatest = max(greatest, number)
        return f"${number}"

    return re.sub(r"\?([0-9]*)", placeholder, query.replace(" NOT INDEXED", "")).encode()


_TYPES = {
    r"INTEGER PRIMARY KEY(?: AUTOINCREMENT)?": "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
    r"INTEGER": "BIGINT",
    r"BLOB": "BYTEA",
    r"REAL": "DOUBLE PRECISION",
    r" WITHOUT ROWID": "",
}


def _typed(statement: str) -> str:
    """A statement that makes or changes a table, with PostgreSQL's types for SQLite's."""
    for theirs, ours in _TYPES.items():
        statement = re.sub(theirs, ours, statement)
    return statement
