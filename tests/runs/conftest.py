"""What the tests of runs share: a cluster, and the moments at which the throttle lets requests through."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from lab.cluster import Cluster, cluster
from lab.process import until

from checker.fetch import Request, Response
from checker.fetch.http import Client
from checker.web import urls


class Turn(NamedTuple):
    """A request on its way to the client, before any of it is sent."""

    at: float  # seconds on the loop's clock, which the throttle reckons with
    host: str
    method: str


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[Turn]:
    """All requests that the throttle lets through, in order."""
    seen: list[Turn] = []
    fetch = Client.fetch

    async def noted(client: Client, request: Request) -> Response:
        host = urls.hostname(urls.authority(request.url))
        seen.append(Turn(asyncio.get_running_loop().time(), host, request.method))
        return await fetch(client, request)

    monkeypatch.setattr(Client, "fetch", noted)
    return seen


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of two workers, of which no test may kill any."""
    with cluster(tmp_path_factory.mktemp("cluster") / "dask") as made:
        until(lambda: made.seen()["workers"] == 2)
        yield made
