"""The tables of a history: the statements that make them, and the records of a row of `target`."""

from __future__ import annotations

import msgspec

APPLICATION = 0x6D697272  # "mirr": marks a file as a history of mirrorcheck

# Each entry brings a file to the next version; the first makes version 1.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Runs that are compared with each other: of one mirror, checked the same way.
        "CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        """CREATE TABLE run (
            id INTEGER PRIMARY KEY AUTOINCREMENT, series INTEGER NOT NULL, settings BLOB NOT NULL,
            started INTEGER NOT NULL, requests INTEGER NOT NULL DEFAULT 0, complete INTEGER NOT NULL DEFAULT 0,
            report TEXT, new INTEGER, fixed INTEGER, latency REAL)""",
        "CREATE INDEX run_series ON run (series, complete)",
        # The last answer of a remote URL. `read`: the run that last had its body; ids, etag and modified are from it.
        # `looked`: the run that last examined it as an asset, in a role; looks is the hash of a picture. From `was` on:
        # its life up to the last run that ended, such as since when it has the same answer.
        """CREATE TABLE target (
            id INTEGER PRIMARY KEY, series INTEGER NOT NULL, key INTEGER NOT NULL, url TEXT NOT NULL,
            run INTEGER NOT NULL, asked INTEGER NOT NULL, verdict TEXT NOT NULL, rule TEXT NOT NULL,
            message TEXT NOT NULL, status INTEGER, hops TEXT, suggestion TEXT, latency REAL, media TEXT,
            read INTEGER, ids BLOB, etag TEXT, modified TEXT,
            looked INTEGER, role TEXT, looks INTEGER, flaw TEXT,
            named INTEGER NOT NULL, was TEXT, was_status INTEGER, since INTEGER, until INTEGER,
            times INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, first_broken INTEGER,
            last_good INTEGER, UNIQUE (series, key))""",
        # An earlier answer of a target: from run `since` to run `until`, in which it was asked `times` times.
        """CREATE TABLE stretch (
            target INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, times INTEGER NOT NULL,
            verdict TEXT NOT NULL, status INTEGER, latency REAL, PRIMARY KEY (target, since)) WITHOUT ROWID""",
        """CREATE TABLE finding (
            id INTEGER PRIMARY KEY, series INTEGER NOT NULL, fingerprint BLOB NOT NULL, nth INTEGER NOT NULL,
            UNIQUE (series, fingerprint, nth))""",
        # A finding stood with this text in the complete runs from `since` to before `until`; NULL: it still stands.
        """CREATE TABLE span (
            finding INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER, level TEXT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (finding, since)) WITHOUT ROWID""",
        "CREATE INDEX span_open ON span (finding) WHERE until IS NULL",
    ),
    (
        # `seen` is 0 if the runs of a span did not look for the finding, so that it may be gone. `held`: it is in a
        # baseline. The verdict is "" in rows from before this column existed.
        "ALTER TABLE span ADD COLUMN verdict TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE span ADD COLUMN seen INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE span ADD COLUMN held INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE run ADD COLUMN known INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE run ADD COLUMN flapping INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE run ADD COLUMN unchecked INTEGER NOT NULL DEFAULT 0",
    ),
)


class Answered(msgspec.Struct, frozen=True):
    """The last answer of a target. Each field is the column of `target` that has its name."""

    series: int
    key: int  # of the URL, with a sign
    url: str
    run: int
    asked: int  # seconds since 1970
    verdict: str
    rule: str
    message: str
    status: int | None
    hops: str | None  # JSON
    suggestion: str | None
    latency: float | None  # seconds
    media: str | None
    read: int | None  # the run that last had the body; the next three are from it
    ids: bytes | None
    etag: str | None
    modified: str | None
    looked: int | None  # the run that last examined it as an asset; the next three are from it
    role: str | None
    looks: int | None  # the hash of a picture, with a sign
    flaw: str | None  # JSON


class Stored(Answered, frozen=True):
    """The last answer of a target, and how it answered in earlier runs."""

    id: int
    until: int | None
    failures: int
    first_broken: int | None
    last_good: int | None


_IDENTITY = ("series", "key", "url")
_BELONGING = {"read": ("ids", "etag", "modified"), "looked": ("role", "looks", "flaw")}
_OWNERS = {column: owner for owner, columns in _BELONGING.items() for column in columns}


_VALUE = {column: f"?{number}" for number, column in enumerate(Answered.__struct_fields__, 1)}  # :names bind slower


def _replacing(column: str) -> str:
    """The new value of a column. Values from a body stay if the body was not read this time."""
    new = _VALUE[column]
    if column in _BELONGING:
        return f"{column} = coalesce({new}, target.{column})"
    if column in _OWNERS:
        return f"{column} = CASE WHEN {_VALUE[_OWNERS[column]]} IS NULL THEN target.{column} ELSE {new} END"
    return f"{column} = {new}"


def _answer() -> str:
    changes = ", ".join(_replacing(column) for column in _VALUE if column not in _IDENTITY)
    return f"""INSERT INTO target ({", ".join(_VALUE)}, named) VALUES ({", ".join(_VALUE.values())}, {_VALUE["run"]})
        ON CONFLICT (series, key) DO UPDATE SET {changes}, named = {_VALUE["run"]}"""  # noqa: S608 - names of ours


# The columns of `run` that are also fields of RunFigures.
FIGURES = ("new", "fixed", "requests", "latency", "known", "flapping", "unchecked")
ANSWER = _answer()  # to be run with the values of an `Answered`
STORED = ", ".join(Stored.__struct_fields__)
_SAME = "was = verdict AND coalesce(was_status, 0) = coalesce(status, 0)"  # no status is 0
# All rows are read in their order (NOT INDEXED): most are of one series, and an index would only scatter them.
LIFE = (
    # A target that changed its answer gets a new stretch.
    f"""INSERT INTO stretch (target, since, until, times, verdict, status)
        SELECT id, since, until, times, was, was_status FROM target NOT INDEXED
        WHERE series = ?1 AND run = ?2 AND until != ?2 AND NOT ({_SAME})
        ON CONFLICT (target, since) DO UPDATE SET until = excluded.until, times = excluded.times,
            verdict = excluded.verdict, status = excluded.status, latency = NULL""",  # noqa: S608 - names of ours
    f"""UPDATE target NOT INDEXED SET
        since = CASE WHEN {_SAME} THEN since ELSE ?2 END,
        times = CASE WHEN {_SAME} THEN times + 1 ELSE 1 END,
        was = verdict, was_status = status, until = ?2,
        failures = CASE verdict WHEN 'broken' THEN failures + 1 WHEN 'ok' THEN 0 WHEN 'redirected' THEN 0
            ELSE failures END,
        first_broken = CASE verdict WHEN 'broken' THEN coalesce(first_broken, asked) WHEN 'ok' THEN NULL
            WHEN 'redirected' THEN NULL ELSE first_broken END,
        last_good = CASE WHEN verdict IN ('ok', 'redirected') THEN asked ELSE last_good END
        WHERE series = ?1 AND run = ?2 AND (until IS NULL OR until != ?2)""",  # noqa: S608 - names of ours
)

# Deletes rows that are older than the first run that is kept.
OLD = (
    "DELETE FROM span WHERE until <= ? AND finding IN (SELECT id FROM finding WHERE series = ?)",
    "DELETE FROM stretch WHERE until < ? AND target IN (SELECT id FROM target WHERE series = ?)",
    "DELETE FROM target WHERE named < ? AND series = ?",
)
