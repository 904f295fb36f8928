"""The runs of a history: their settings, and the series in which they are compared with each other."""

from __future__ import annotations

from datetime import datetime

from checker.history.files import File
from checker.model import ConfigError

WINDOW = 10  # the last runs, in which changes are counted
LATEST = 1 << 62  # a number later than that of any run
_LONGEST = 86_400  # seconds; an older unfinished run is not resumed


class Runs(File):
    """The tables `series` and `run`."""

    def begin(self, series: str, settings: bytes, now: datetime, *, resume: bool) -> tuple[int, int, bool]:
        """Begin a run, or resume an unfinished one. Returns (series, run, whether it was resumed)."""
        with self.writing() as db:
            db.execute("INSERT OR IGNORE INTO series (name) VALUES (?)", (series,))
            (number,) = db.execute("SELECT id FROM series WHERE name = ?", (series,)).fetchone()
            last = db.execute(
                "SELECT id, complete, settings, started FROM run WHERE series = ? ORDER BY id DESC LIMIT 1", (number,)
            ).fetchone()
            age = now.timestamp() - last[3] if last else 0
            if resume and last and not last[1] and last[2] == settings and 0 <= age < _LONGEST:
                return number, last[0], True
            values = (number, settings, int(now.timestamp()))
            run = db.execute("INSERT INTO run (series, settings, started) VALUES (?, ?, ?)", values).lastrowid
            assert run is not None  # noqa: S101 - of a table with numbered rows
            return number, run, False

    def forget(self, series: int, run: int) -> None:
        """Undo `begin` for a run to which nothing was added."""
        with self.writing() as db:
            db.execute("DELETE FROM run WHERE id = ?", (run,))
            db.execute("DELETE FROM series WHERE id = ? AND id NOT IN (SELECT series FROM run)", (series,))
            db.execute("UPDATE sqlite_sequence SET seq = ?1 - 1 WHERE name = 'run' AND seq = ?1", (run,))

    def settings(self, series: int) -> dict[int, bytes]:
        """The hash of the settings of each run of a series."""
        return dict(self.rows("SELECT id, settings FROM run WHERE series = ?", series))

    def before(self, series: int, run: int) -> int | None:
        """The last complete run before a run, if there is one."""
        query = "SELECT max(id) FROM run WHERE series = ? AND complete AND id < ?"
        found: int | None = self.rows(query, series, run)[0][0]
        return found

    def complete(self, series: int) -> list[int]:
        """The complete runs of a series."""
        return [row[0] for row in self.rows("SELECT id FROM run WHERE series = ? AND complete ORDER BY id", series)]

    def window(self, series: int, run: int) -> int:
        """The first run of the window in which changes count. `run` itself may be unfinished."""
        rows = self.rows(
            "SELECT id FROM run WHERE series = ? AND (complete OR id = ?2) AND id <= ?2 ORDER BY id DESC LIMIT ?3",
            series,
            run,
            WINDOW,
        )
        return int(rows[-1][0]) if rows else run

    def last(self) -> tuple[int, int]:
        """(series, run) of the last complete run. Raises ConfigError if there is none."""
        rows = self.rows("SELECT series, id FROM run WHERE complete ORDER BY id DESC LIMIT 1")
        if not rows:
            raise ConfigError(f"{self.path}: has no complete run yet")
        return rows[0]

    def series_of(self, run: int) -> int:
        """The series of a complete run. Raises ConfigError if there is no such run."""
        rows = self.rows("SELECT series FROM run WHERE id = ? AND complete", run)
        if not rows:
            raise ConfigError(f"{self.path}: has no complete run {run}; `mirrorcheck history list` shows the runs")
        return int(rows[0][0])
