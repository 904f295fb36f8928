"""The pictures of the README, from real runs: the example mirror, a page of the fault lab, a month of nights.

With the path of a clone of free-programming-books, those of the first ten minutes too.
"""

from __future__ import annotations

import asyncio
import io
import sys
from contextlib import chdir, closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]

from draw import Shot, photograph, terminal  # noqa: E402
from first import first  # noqa: E402
from lab.behaviours import HTML, PAGE, says, to  # noqa: E402
from lab.server import Lab  # noqa: E402
from month import history  # noqa: E402

import reports  # noqa: E402
from checker.config import file, schema  # noqa: E402
from checker.config.schema import RemoteTable, SiteTable  # noqa: E402
from checker.history.store import open_for_reading  # noqa: E402
from checker.model import Report  # noqa: E402
from checker.run import check, walk  # noqa: E402
from checker.run.frontier import Frontier  # noqa: E402
from checker.run.job import Job  # noqa: E402

LINKS = ("/guide", "/guide#here", "/guide#install", "/old-guide", "/lost", "/club", "/archive/2019", "/broken", "/")


def picture(name: str, command: str, report: Report, view: reports.View, *, blocks: int) -> None:
    """Write the terminal's report as a picture: so many findings of it, and the summary."""
    stream = io.StringIO()
    reports.write("terminal", report, stream, view)
    parts = stream.getvalue().rstrip("\n").split("\n\n")
    left = len(parts) - 1 - blocks
    terminal(name, f"$ {command}\n" + "\n\n".join([*parts[:blocks], *(["…"] if left > 0 else []), parts[-1]]))


def example() -> None:
    settings = file.read(ROOT / "config.toml")
    job = Job(config=settings, source="examples/mirror")
    report = asyncio.run(check.check(job, ROOT / "examples/mirror"))
    with chdir(ROOT):
        picture("terminal", "mirrorcheck check --offline", report, reports.View(color=True), blocks=5)


async def page() -> None:
    body = PAGE + "".join(f'\n<a href="{link}">{link}</a>' for link in LINKS).encode()
    behaviours = {
        "/": says(200, body, *HTML),
        "/guide": says(200),
        "/old-guide": to("/guide"),
        "/club": to("/login?next=club", 302),
        "/login?next=club": says(200),
        "/archive/2019": to("/"),
        "/broken": says(503),
    }
    async with Lab(behaviours) as lab:
        start = lab.url("/")
        job = Job(
            config=schema.Config(site=SiteTable(depth=0)),
            source=start,
            network=partial(Frontier, RemoteTable(allow_private=("127.0.0.1",), interval=0.0, proxy="")),
        )
        report = await walk.check(job, start)
    picture("page", f"mirrorcheck page {start}", report, reports.View(by="page", color=True), blocks=1)


def health() -> None:
    """The health page of a month, as Chromium shows it."""
    with TemporaryDirectory() as work:
        with closing(open_for_reading(asyncio.run(history(Path(work))))) as kept:
            report = kept.report(kept.last()[1])
        shown = Path(work, "health.html")
        with shown.open("w", encoding="utf-8") as stream, chdir(report.root):  # where a person would type commands
            reports.write("html", report, stream)
        photograph(
            shown,
            Shot("health-light", "light", 1200, 1290),
            Shot("health-dark", "dark", 1200, 1290),
            Shot("health-phone", "light", 390, 844, 2),
        )


example()
asyncio.run(page())
health()
for clone in sys.argv[1:]:
    first(Path(clone))
