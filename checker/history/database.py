"""What the history asks of a database, be it a file of SQLite or a server of PostgreSQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from checker.model import CheckerError

Row = tuple[Any, ...]
NONE = "no such history; `mirrorcheck check` with a configuration writes one"


class DamagedError(CheckerError):
    """The history is damaged, and cannot be used."""


class UnreadableError(Exception):
    """A text in the history makes no sense, so it was damaged. A database turns it into a CheckerError of its own."""


class Found(Protocol):
    """The rows that a statement found."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """The rows that are left."""


class Statements(Protocol):
    """Where statements are run. Their SQL is what SQLite and PostgreSQL both read, with SQLite's placeholders `?` and
    `?1`: https://www.sqlite.org/lang_expr.html#varparam
    """

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Found:
        """Run one statement."""

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Run one statement with each of these rows of values."""


class Database(ABC):
    """An open database. Every method raises CheckerError if it cannot be read or written."""

    name: str  # as messages call it, without a login

    @abstractmethod
    def close(self) -> None:
        """Close it, and let others write."""

    @abstractmethod
    def checked(self) -> AbstractContextManager[None]:
        """A block in which errors of the database, and UnreadableError, become CheckerError."""

    @abstractmethod
    def claim(self, series: str = "") -> None:
        """Keep other runs from writing to the mirror of a series, or to all of them, until the database is closed.

        The name of a series begins with its mirror's. Raises ConfigError if another run writes there, unless it may be
        waited for.
        """

    @abstractmethod
    def writing(self) -> AbstractContextManager[Statements]:
        """One transaction, in a `checked` block."""

    @abstractmethod
    def rows(self, query: str, *values: object) -> list[Row]:
        """The rows that a query finds."""

    @abstractmethod
    def each(self, query: str, values: tuple[object, ...], numbers: Sequence[int]) -> list[Row]:
        """The rows that a query finds with each of these numbers as its last value. Its placeholders are numbered."""

    @abstractmethod
    def unnumber(self, statements: Statements, run: int) -> None:
        """Let the next run have the number of this one, which is deleted, where that is possible."""

    @abstractmethod
    def size(self) -> int:
        """The bytes that it takes."""

    @abstractmethod
    def shrink(self) -> None:
        """Give back the room of what was deleted."""
