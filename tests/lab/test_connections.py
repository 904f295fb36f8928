"""Connections that are used again: what a server leaves on them is never taken for the next answer."""

from __future__ import annotations

import asyncio

import pytest

from checker.config import HostTable, RemoteTable
from checker.extract import Options
from checker.frontier import Frontier
from checker.sweep import remote_key
from lab.behaviours import HTML, NOTHING, OK, PAGE, by_method, login, says, sends
from lab.server import Behaviour, Exchange, Lab

STRAY = b"HTTP/1.1 404 Not Found\r\n" + NOTHING
LATER = 0.02  # seconds after an answer at which an idle connection changes


def then(*, sends: bytes = b"", closes: bool = False) -> Behaviour:
    """Answer, and do something else when the client believes the connection to be idle."""

    async def do(exchange: Exchange) -> None:
        await exchange.answer(200, PAGE, HTML)
        await asyncio.sleep(LATER)
        if sends:
            await exchange.send(sends)
        if closes:
            exchange.close()

    return do


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(says(200), id="kept-alive"),
        pytest.param(sends(OK + b"Connection: close\r\n" + NOTHING), id="closed-after-each-answer"),
        pytest.param(sends(OK + NOTHING), id="closed-unannounced"),
        pytest.param(then(closes=True), id="closed-when-idle"),
        pytest.param(then(sends=STRAY), id="a-second-answer-when-idle"),
        pytest.param(
            then(sends=b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n" + NOTHING, closes=True),
            id="a-time-limit-said-when-idle",
        ),
        pytest.param(sends(OK + NOTHING + STRAY, closes=False), id="two-answers-at-once"),
        pytest.param(
            by_method(sends(OK + b"Content-Length: 45\r\n\r\n" + STRAY, closes=False), says(200)),
            id="a-body-after-HEAD",
        ),
        pytest.param(sends(b"HTTP/1.1 204 No Content\r\n\r\n" + STRAY, closes=False), id="a-body-after-204"),
    ],
)
async def test_each_answer_belongs_to_its_own_request(behaviour: Behaviour) -> None:
    config = RemoteTable(
        allow_private=("127.0.0.1",), interval=LATER * 2, per_host=1, proxy="", soft_404=False, second_pass=False
    )
    async with Lab({"/ok/*": behaviour, "/gone/*": says(410)}) as lab, Frontier(config, Options()) as frontier:
        fine, gone = ([lab.url(f"/{name}/{n}") for n in range(6)] for name in ("ok", "gone"))
        for pair in zip(fine, gone, strict=True):
            for url in pair:
                frontier.add(url, "")
        await frontier.finish()

    assert {key: answer.rule for key, answer in frontier.answers.items()} == {
        remote_key(url, ""): "remote/gone" for url in gone
    }


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("secret", "rule"), [("reader:pass", None), ("reader:wrong", "remote/blocked"), ("", "remote/blocked")]
)
async def test_a_login_opens_what_is_closed(secret: str, rule: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SECRET", secret)
    host = (HostTable(host="127.0.0.1:*", auth="${LAB_SECRET}"),) if secret else ()
    config = RemoteTable(allow_private=("127.0.0.1",), interval=0.0, proxy="", soft_404=False, host=host)
    async with Lab({"/auth": login}) as lab, Frontier(config, Options()) as frontier:
        frontier.add(url := lab.url("/auth"), "")
        await frontier.finish()

    answer = frontier.answers.get(remote_key(url, ""))
    assert (answer and answer.rule) == rule
