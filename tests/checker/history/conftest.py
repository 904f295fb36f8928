"""What the tests of the history share: they run on a file, and on a server of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from lab.postgresql import Server
from lab.remembered import Opened, opened_file

from checker.history.store import History, open_for_writing


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("initdb"))])
def opened(request: pytest.FixtureRequest) -> Opened:
    """What opens an empty history. A test that asks for it runs with each database."""
    if request.param == "sqlite":
        return opened_file
    server: Server = request.getfixturevalue("postgresql")

    @contextmanager
    def opened_database() -> Iterator[History]:
        with closing(open_for_writing(server.afresh())) as history:
            yield history

    return opened_database
