"""The runs of a history: their settings, and the series in which they are compared with each other."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime

from checker.history.database import Database, Row, Statements
from checker.model import ConfigError

WINDOW = 10  # the last runs, in which changes are counted
LATEST = 1 << 62  # a number later than that of any run
_LONGEST = 86_400  # seconds; an older unfinished run is not resumed


class Runs:
    """The tables `series` and `run`. Every method raises CheckerError if the database cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.warning = ""  # for the user, about the database

    def close(self) -> None:
        """Close the database, and let others write."""
        self.database.close()

    def checked(self) -> AbstractContextManager[None]:
        """A block in which errors of the database become CheckerError."""
        return self.database.checked()

    def writing(self) -> AbstractContextManager[Statements]:
        """One transaction."""
        return self.database.writing()

    def rows(self, query: str, *values: object) -> list[Row]:
        """The rows that a query finds."""
        return self.database.rows(query, *values)

    def begin(self, series: str, settings: bytes, now: datetime, *, resume: bool) -> tuple[int, int, bool]:
        """Begin a run, or resume an unfinished one. Returns (series, run, whether it was resumed).

        Raises ConfigError if another run of the mirror writes, unless it may be waited for.
        """
        self.database.claim(series)
        with self.writing() as db:
            db.execute("INSERT INTO series (name) VALUES (?) ON CONFLICT DO NOTHING", (series,))
            (number,) = db.execute("SELECT id FROM series WHERE name = ?", (series,)).fetchone()
            last = db.execute(
                "SELECT id, complete, settings, started FROM run WHERE series = ? ORDER BY id DESC LIMIT 1", (number,)
            ).fetchone()
            age = now.timestamp() - last[3] if last else 0
            if resume and last and not last[1] and last[2] == settings and 0 <= age < _LONGEST:
                return number, last[0], True
            values = (number, settings, int(now.timestamp()))
            db.execute("INSERT INTO run (series, settings, started) VALUES (?, ?, ?)", values)
            (run,) = db.execute("SELECT max(id) FROM run WHERE series = ?", (number,)).fetchone()
            return number, run, False

    def forget(self, series: int, run: int) -> None:
        """Undo `begin` for a run to which nothing was added."""
        with self.writing() as db:
            db.execute("DELETE FROM run WHERE id = ?", (run,))
            db.execute("DELETE FROM series WHERE id = ? AND id NOT IN (SELECT series FROM run)", (series,))
            self.database.unnumber(db, run)

    def settings(self, series: int) -> dict[int, bytes]:
        """The hash of the settings of each run of a series."""
        return dict(self.rows("SELECT id, settings FROM run WHERE series = ?", series))

    def before(self, series: int, run: int) -> int | None:
        """The last complete run before a run, if there is one."""
        query = "SELECT max(id) FROM run WHERE series = ? AND complete = 1 AND id < ?"
        found: int | None = self.rows(query, series, run)[0][0]
        return found

    def complete(self, series: int) -> list[int]:
        """The complete runs of a series."""
        return [row[0] for row in self.rows("SELECT id FROM run WHERE series = ? AND complete = 1 ORDER BY id", series)]

    def window(self, series: int, run: int) -> int:
        """The first run of the window in which changes count. `run` itself may be unfinished."""
        rows = self.rows(
            "SELECT id FROM run WHERE series = ? AND (complete = 1 OR id = ?2) AND id <= ?2 ORDER BY id DESC LIMIT ?3",
            series,
            run,
            WINDOW,
        )
        return int(rows[-1][0]) if rows else run

    def last(self, mirror: str = "") -> tuple[int, int]:
        """(series, run) of the last complete run, of all mirrors or of one. Raises ConfigError if there is none."""
        query = "SELECT max(run.id), series, name FROM run JOIN series ON series.id = series WHERE complete = 1"
        rows = self.rows(f"{query} GROUP BY series, name")
        found = [row for row in rows if not mirror or row[2] == mirror or row[2].startswith(f"{mirror} ")]
        if not found:
            which = f"run of {mirror} yet; `mirrorcheck history list` shows those of others" if mirror else "run yet"
            raise ConfigError(f"{self.database.name}: has no complete {which}")
        run, series, _ = max(found)
        return series, run

    def series_of(self, run: int) -> int:
        """The series of a complete run. Raises ConfigError if there is no such run."""
        rows = self.rows("SELECT series FROM run WHERE id = ? AND complete = 1", run)
        if not rows:
            raise ConfigError(
                f"{self.database.name}: has no complete run {run}; `mirrorcheck history list` shows the runs"
            )
        return int(rows[0][0])
