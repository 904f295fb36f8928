"""Every behaviour of the lab gets its verdict."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from lab.behaviours import TABLE, Row
from lab.certificates import contexts
from lab.outposts import Here
from lab.server import Lab

from checker.config.schema import RemoteTable
from checker.extract import Options
from checker.rules import RULES
from checker.run.frontier import Frontier
from checker.run.spread import Spread
from checker.sweep.keys import remote_key
from checker.verify.known import Answer

CONFIG = RemoteTable(allow_private=("127.0.0.0/8",), interval=0.0, proxy="", soft_404=False, second_pass=False)


# What follows a head at once and is at fault costs aiohttp's public session the answer.
OF_THE_PUBLIC_SESSION = dict.fromkeys(
    (
        "/body/too-long",
        "/body/too-long-with-a-page",
        "/body/too-long-without-it",
        "/body/broken-chunks",
        "/body/broken-chunks-for-ids",
        "/body/of-204",
        "/body/of-204-with-its-length",
        "/body/of-304",
        "/body/of-404-too-long",
        "/body/of-301-too-long",
        # What browsers forgive in a head, its parser does not.
        "/body/length-negative",
        "/body/length-garbage",
        "/body/length-beyond-64-bits",
        "/garbage/no-colon",
        "/garbage/no-version",
        "/garbage/status-in-words",
        "/headers/bare-cr",
        "/to/a-long-place",
        "/headers/of-100-kb",
        "/headers/a-thousand",
        "/100-that-closes",
        "/headers/no-name",
        "/headers/blank-in-name",
    ),
    "remote/protocol",
)
ENDLESS = {"/100-for-ever": "remote/timeout", "/body/broken-chunks-later": ""}  # only the time limit ends them


def rule_of(answer: Answer, fragment: str) -> str:
    return "remote/missing-fragment" if fragment in answer.missing else answer.rule


async def answers(rows: tuple[Row, ...], config: RemoteTable, folder: Path) -> dict[str, Answer]:
    made, authority = contexts(folder)
    config = msgspec.structs.replace(config, ca_file=str(authority))
    found = {}
    async with Lab({row.path: row.do for row in TABLE} | {"/chain/*": TABLE_OF["/chain/5"].do}, made) as lab:
        few = asyncio.Semaphore(8)

        async def ask(row: Row) -> None:
            # With a client of its own: a host's manners must not tell on the next behaviour.
            async with few, Frontier(config, Options()) as frontier:
                url = lab.url(row.path, tls=row.tls)
                frontier.add(url, row.fragment)
                await frontier.finish()
                found[row.path] = frontier.verdicts.answers.get(remote_key(url, row.fragment), Answer())
                assert frontier.done == frontier.queued == 1

        await asyncio.gather(*map(ask, rows))
    leftover = asyncio.all_tasks() - {asyncio.current_task()}
    assert leftover == set()
    return found


TABLE_OF = {row.path: row for row in TABLE}


def test_the_table_is_of_real_rules_and_large_enough() -> None:
    assert len(TABLE) >= 100
    assert len(TABLE_OF) == len(TABLE)
    assert {row.rule for row in TABLE} - {""} <= RULES.keys()


@pytest.mark.asyncio
async def test_every_behaviour_gets_its_verdict(tmp_path: Path, either_session: str) -> None:
    public = either_session == "public"
    rows = tuple(row for row in TABLE if not row.fast and not (public and row.path in ENDLESS))
    wanted = {row.path: row.rule for row in rows} | (OF_THE_PUBLIC_SESSION if public else {})

    found = await answers(rows, CONFIG, tmp_path)

    wrong = {row.path: found[row.path] for row in rows if rule_of(found[row.path], row.fragment) != wanted[row.path]}
    assert wrong == {}


@pytest.mark.asyncio
async def test_outposts_come_to_the_same_verdicts(tmp_path: Path) -> None:
    made, authority = contexts(tmp_path)
    config = msgspec.structs.replace(CONFIG, ca_file=str(authority))
    rows = [row for row in TABLE if not (row.fast or row.tls)]
    hosts = {
        row.path: f"127.0.{1 + number // 200}.{1 + number % 200}" for number, row in enumerate(rows)
    }  # each has manners of its own
    async with Lab({row.path: row.do for row in TABLE} | {"/chain/*": TABLE_OF["/chain/5"].do}, made) as lab:
        await lab.listen([*hosts.values()])
        share = Spread(Here(), config, Options())
        async with Frontier(config, Options(), share=share) as frontier:
            for row in rows:
                frontier.add(lab.url(row.path, hosts[row.path]), row.fragment)
            await frontier.finish()

        found = {}
        for row in rows:
            key = remote_key(lab.url(row.path, hosts[row.path]), row.fragment)
            found[row.path] = rule_of(frontier.verdicts.answers.get(key, Answer()), row.fragment)
    assert found == {row.path: row.rule for row in rows}


@pytest.mark.asyncio
async def test_what_takes_too_long_gets_its_verdict(tmp_path: Path, either_session: str) -> None:
    public = either_session == "public"
    rows = tuple(row for row in TABLE if row.fast or (public and row.path in ENDLESS))
    wanted = {row.path: row.rule for row in rows} | (ENDLESS if public else {})

    found = await answers(rows, msgspec.structs.replace(CONFIG, timeout=0.5), tmp_path)

    assert {row.path: found[row.path].rule for row in rows} == wanted
