"""Connections that are used again: what a server leaves on them is never taken for the next answer."""

from __future__ import annotations

import asyncio

import pytest
from lab.behaviours import HTML, NOTHING, OK, PAGE, after, by_method, closes, login, resets, says, sends, to
from lab.server import Behaviour, Exchange, Lab

from checker.config.schema import HostTable, RemoteTable
from checker.extract import Options
from checker.run.frontier import Frontier
from checker.sweep.keys import remote_key
from runs.conftest import Turn

pytestmark = pytest.mark.usefixtures("either_session")

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

    assert {key: answer.rule for key, answer in frontier.verdicts.answers.items()} == {
        remote_key(url, ""): "remote/gone" for url in gone
    }


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("secret", "rule"), [("reader:pass", None), ("reader:wrong", "remote/blocked"), ("", "remote/blocked")]
)
async def test_a_login_opens_what_is_closed(secret: str, rule: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SECRET", secret)
    host = (HostTable(host="127.0.0.1:*", auth="${LAB_SECRET}", allow_http=True),) if secret else ()
    config = RemoteTable(allow_private=("127.0.0.1",), interval=0.0, proxy="", soft_404=False, host=host)
    async with Lab({"/auth": login}) as lab, Frontier(config, Options()) as frontier:
        frontier.add(url := lab.url("/auth"), "")
        await frontier.finish()

    answer = frontier.verdicts.answers.get(remote_key(url, ""))
    assert (answer and answer.rule) == rule


def breaks_when_used_again(seen: set[int]) -> Behaviour:
    """Answer the first request of a connection, and close on the second, as a server whose patience is over."""

    async def do(exchange: Exchange) -> None:
        if exchange.asked.connection in seen:
            exchange.close()
        else:
            seen.add(exchange.asked.connection)
            await exchange.answer(200, PAGE, HTML)

    return do


@pytest.mark.asyncio
@pytest.mark.parametrize(("fragment", "method"), [("", "HEAD"), ("here", "GET")])
async def test_a_connection_that_ends_as_it_is_used_again_is_no_fault_and_costs_one_request(
    fragment: str, method: str
) -> None:
    config = RemoteTable(
        allow_private=("127.0.0.1",),
        interval=0.02,
        per_host=1,
        proxy="",
        soft_404=False,
        retries=0,
        second_pass=False,
    )
    async with Lab({"/ok/*": breaks_when_used_again(set())}) as lab, Frontier(config, Options()) as frontier:
        for n in range(6):
            frontier.add(lab.url(f"/ok/{n}"), fragment)
        await frontier.finish()

    assert frontier.verdicts.answers == {}
    twice = [n for n in range(6) for _ in range(2)][1:]  # the first has a connection of its own
    assert [(asked.method, asked.path) for asked in lab.log] == [(method, f"/ok/{n}") for n in twice]
    assert lab.peak["127.0.0.1"] == 1


@pytest.mark.asyncio
async def test_every_request_that_a_server_sees_is_one_that_the_throttle_let_through(turns: list[Turn]) -> None:
    """As many as have had a turn: none by a client's own decision, whatever becomes of a connection."""
    config = RemoteTable(allow_private=("127.0.0.1",), interval=0.0, proxy="", soft_404=False, retries=1)
    behaviours: dict[str, Behaviour] = {
        "/again/*": breaks_when_used_again(set()),
        "/resets/*": after(1, resets, says(200)),
        "/closes/*": after(2, closes, says(200)),
        "/ends/*": sends(OK + NOTHING),
        "/moved/*": to("/again/1"),
    }
    async with Lab(behaviours) as lab, Frontier(config, Options()) as frontier:
        for n in range(8):
            for name in behaviours:
                frontier.add(lab.url(name.replace("*", str(n))), "")
        await frontier.finish()

    assert {answer.rule for answer in frontier.verdicts.answers.values()} == {"remote/moved"}
    assert [asked.method for asked in lab.log].count("GET") == [turn.method for turn in turns].count("GET") > 0
    assert len(lab.log) == len(turns) > 5 * 8
