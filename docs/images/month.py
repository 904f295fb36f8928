"""Thirty real runs on a mirror that changes, and on hosts that die, move, block and flap: what the pictures of the
health page are made from. The lab plays all hosts, as the proxy that is asked for them; the clock is our own.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from lab.behaviours import HTML, PAGE, Do, says, to
from lab.server import Exchange, Lab
from PIL import Image

from checker.config.schema import Config, EngineTable, MirrorTable, RemoteTable
from checker.history.run import RunHistory
from checker.history.store import open_for_writing
from checker.run import check
from checker.run.frontier import Frontier
from checker.run.job import Job

NIGHTS = 30
FIRST = datetime(2026, 10, 29, 3, 17, tzinfo=UTC)
PUBLISHED = "https://mirror.example.org/handbook/"
SECTIONS = {"guides/guide": 24, "reference/topic": 60, "blog/post": 38, "downloads/release": 6}
HOSTS = {  # host -> its targets, and seconds that it takes to answer
    "docs.example.org": (64, 0.012),
    "archive.example.org": (40, 0.06),
    "code.example.com": (31, 0.02),
    "journal.example.net": (25, 0.03),
    "forum.example.com": (18, 0.025),
    "old.example.org": (14, 0.015),
    "status.example.com": (6, 0.02),
}


class World:
    """The hosts on a night."""

    def __init__(self) -> None:
        self.night = 0
        self._draw = random.Random(3)  # noqa: S311 - a seed, no secret

    async def __call__(self, exchange: Exchange) -> None:
        host, _, path = exchange.asked.path.removeprefix("http://").partition("/")
        number = int(path.rpartition("-")[2] or 0)
        await asyncio.sleep(HOSTS[host][1] * self._draw.uniform(0.6, 1.5))
        await self._answer(host, number)(exchange)

    def _answer(self, host: str, number: int) -> Do:
        night = self.night
        if host == "docs.example.org" and number in {7, 31, 52} and night >= 17 + number % 5:
            return says(404)
        if host == "code.example.com" and number == 12 and night >= NIGHTS - 1:
            return says(410)
        if host == "journal.example.net" and night >= 21:
            return says(503)
        if host == "forum.example.com" and night >= 12:
            return says(403)
        if host == "old.example.org" and night >= 6:
            return to(f"http://docs.example.org/page-{number}")
        if host == "status.example.com" and number < 2 and night % 4 in {1, 2}:
            return says(500)
        if host == "archive.example.org" and number in {3, 19} and 8 <= night < 15:
            return says(404)
        return says(200, PAGE, *HTML)


def mirror(folder: Path) -> None:
    """The mirror on its first night."""
    draw = random.Random(5)  # noqa: S311 - a seed, no secret
    names = [f"{page}-{number:02}.md" for page, many in SECTIONS.items() for number in range(many)]
    urls = [f"http://{host}/page-{number}" for host, (many, _) in HOSTS.items() for number in range(many)]
    named = [*urls, *draw.choices(urls, k=len(urls) // 2)]
    draw.shuffle(named)
    (folder / "images").mkdir(parents=True)
    for number in range(40):
        Image.new("RGB", (16, 16), (number * 6, 90, 140)).save(folder / "images" / f"figure-{number:02}.png")
    for place, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        lines = [f"# {path.stem}"]
        lines += [f"See [{other}](../{other})." for other in draw.sample(names, 6)]
        lines += [f"![figure](../images/figure-{figure:02}.png)" for figure in draw.sample(range(40), 2)]
        lines += [f"More at <{url}>." for url in named[place :: len(names)]]
        path.write_text("\n\n".join(lines) + "\n", "utf-8")
    index = "\n".join(f"- [{name}]({name})" for name in names)
    (folder / "README.md").write_text(f"# Handbook\n\n[Start](guides/guide-00.md)\n\n{index}\n", "utf-8")


def change(folder: Path, night: int) -> None:
    """What the keepers do by day."""
    if night == 0:
        (folder / "images/figure-33.png").unlink()
    if night == 4:
        image = folder / "images/figure-08.png"
        image.write_bytes(image.read_bytes()[:60])
    if night == 9:
        (folder / "reference/topic-17.md").rename(folder / "reference/sockets.md")
    if night == 15:
        (folder / "reference/sockets.md").rename(folder / "reference/topic-17.md")
    if night == NIGHTS - 1:
        (folder / "guides/guide-04.md").rename(folder / "guides/Guide-4.md")
        Image.new("RGB", (16, 16), (9, 9, 9)).save(folder / "images/figure-33.png")


async def history(folder: Path) -> Path:
    """Make the mirror and its history in a folder; the history's file."""
    mirror(folder / "handbook")
    file = folder / ".mirrorcheck" / "history.sqlite"
    world = World()
    async with Lab({"http://*": world}) as lab:
        remote = RemoteTable(
            interval=0.0,
            proxy=lab.url(""),
            soft_404=False,
            second_pass=False,
            retries=0,
            allow_private=True,
        )
        config = Config(mirror=MirrorTable(published=(PUBLISHED,)), remote=remote, engine=EngineTable(jobs=1))
        for night in range(NIGHTS):
            world.night = night
            change(folder / "handbook", night)
            began = FIRST + timedelta(days=night)
            with closing(open_for_writing(file)) as kept:
                run = RunHistory(kept, PUBLISHED, config.history, remote, now=lambda began=began: began)  # type: ignore[misc]
                job = Job(
                    config=config,
                    source="handbook",
                    network=partial(Frontier, remote, history=run),
                    history=run,
                    now=lambda began=began: began,  # type: ignore[misc]
                )
                report = await check.check(job, folder / "handbook")
                run.conclude(report)
                if run.failed:
                    raise run.failed
    return file
