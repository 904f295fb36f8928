"""What hosts are called: names that flap, are gone, have dead addresses or lead from one to another."""

from __future__ import annotations

import socket

import pytest
from lab.behaviours import says
from lab.dns import Answers, Names
from lab.server import Exchange, Lab

from checker.config.schema import RemoteTable
from checker.extract import Options
from checker.run.frontier import Frontier
from checker.sweep.keys import remote_key
from checker.verify.known import Answer

pytestmark = pytest.mark.usefixtures("either_session")

HERE, NOBODY = "127.0.0.1", "127.0.0.99"


async def ask(url: str, names: Names, *, retries: int = 0, second_pass: bool = True) -> Answer:
    config = RemoteTable(
        allow_private=("127.0.0.0/8",),
        interval=0.0,
        proxy="",
        soft_404=False,
        retries=retries,
        second_pass=second_pass,
    )
    async with Frontier(config, Options(), resolver=lambda: names) as frontier:
        frontier.add(url, "")
        await frontier.finish()
    return frontier.verdicts.answers.get(remote_key(url, ""), Answer())


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answers", "rule", "asked"),
    [
        pytest.param([[HERE]], "", 1, id="there"),
        pytest.param([socket.EAI_NONAME], "remote/dns", 1, id="no-such-name-is-final"),
        pytest.param([socket.EAI_AGAIN, [HERE]], "", 2, id="flapping-heals"),
        pytest.param([socket.EAI_AGAIN] * 3 + [[HERE]], "", 4, id="flapping-heals-at-the-end"),
        pytest.param([socket.EAI_AGAIN], "remote/resolver", 4, id="no-resolver-is-tried-again-at-the-end"),
        pytest.param([[NOBODY, HERE]], "", 1, id="the-first-address-refuses"),
        pytest.param([["::1", HERE]], "", 1, id="the-first-address-is-not-allowed"),
        pytest.param([[NOBODY]], "remote/connection", 1, id="nobody-there"),
    ],
)
async def test_a_name_gets_its_verdict(answers: Answers, rule: str, asked: int) -> None:
    names = Names({"host.test": answers})
    async with Lab({"/": says(200)}) as lab:
        answer = await ask(lab.url("/", "host.test"), names)

    assert (answer.rule, names.asked) == (rule, {"host.test": asked})


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answers", "rule", "asked"),
    [
        pytest.param([socket.EAI_AGAIN] * 2 + [[HERE]], "", 3, id="heals"),
        pytest.param([socket.EAI_AGAIN], "remote/resolver", 3, id="stays"),  # a HEAD, a GET, and its retry
        pytest.param([socket.EAI_AGAIN, socket.EAI_NONAME, [HERE]], "remote/dns", 2, id="turns-out-not-to-be"),
        pytest.param([socket.EAI_NONAME, [HERE]], "remote/dns", 1, id="no-such-name"),
        pytest.param([socket.EAI_NODATA, [HERE]], "remote/dns", 1, id="no-address-of-that-name"),
    ],
)
async def test_what_a_resolver_could_not_tell_is_asked_again_and_what_it_told_is_not(
    answers: Answers, rule: str, asked: int
) -> None:
    names = Names({"host.test": answers})
    async with Lab({"/": says(200)}) as lab:
        answer = await ask(lab.url("/", "host.test"), names, retries=1, second_pass=False)

    assert (answer.rule, names.asked) == (rule, {"host.test": asked})


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("before", "after", "rule", "message"),
    [
        ("site.test", "www.site.test", "remote/moved", "301: only the www of the host changes"),
        ("www.site.test", "site.test", "remote/moved", "301: only the www of the host changes"),
        ("site.test", "elsewhere.test", "remote/moved", "301: moved to the host elsewhere.test"),
        ("site.test", "gone.test", "remote/dns", "the host's name does not resolve: no addresses"),
    ],
)
async def test_a_page_moves_from_name_to_name(before: str, after: str, rule: str, message: str) -> None:
    async def move(exchange: Exchange) -> None:
        if exchange.asked.headers["host"].startswith(before):
            await exchange.answer(301, b"", (f"Location: {exchange.lab.url('/page', after)}",))
        else:
            await exchange.answer(200)

    names = Names({name: [[HERE]] for name in ("site.test", "www.site.test", "elsewhere.test")})
    async with Lab({"/page": move}) as lab:
        answer = await ask(lab.url("/page", before), names)

    port = lab.ports[""]
    assert (answer.rule, answer.message.replace(f":{port}", "")) == (rule, message)
    assert [hop.url for hop in answer.hops] == [f"http://{after}:{port}/page"]
