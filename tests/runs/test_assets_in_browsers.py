"""Chromium shows, applies and runs what we find no fault with, and refuses what we say that browsers refuse."""

from __future__ import annotations

import asyncio
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE

import pytest
from lab import PATIENCE
from lab.assets import TABLE, Row
from lab.behaviours import HTML, says
from lab.server import Lab

SEEN = "id='{number}' onload='this.className=\"shown\"' onerror='this.className=\"refused\"'"
RED = 'getComputedStyle(this.contentDocument.querySelector("a")).color == "rgb(255, 0, 0)"'
TAGS = {
    "image": f"<img src='{{url}}' {SEEN}>",
    "icon": f"<img src='{{url}}' {SEEN}>",
    "script": f"<script src='{{url}}' {SEEN}></script>",
    # A style sheet that is refused is loaded all the same: only what it does not do tells.
    "stylesheet": "<iframe srcdoc='<!doctype html><link rel=stylesheet href={url}><a>x</a>' id='{number}' "
    f'onload=\'this.className = {RED} ? "shown" : "refused"\'></iframe>',
}
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--no-first-run",
)
ROWS = [
    row
    for row in TABLE
    if row.role in TAGS
    and (
        row.path.startswith(("/called/", "/refused/", "/packed/drawing"))
        or (row.role == "image" and "/w" in row.path[:2])
    )
]


async def shown(rows: list[Row]) -> dict[str, str]:
    """What becomes of each on a page of another host."""
    async with Lab({row.path: row.do() for row in rows}) as lab:
        await lab.listen(["127.0.0.2"])
        tags = [TAGS[row.role].format(url=lab.url(row.path), number=number) for number, row in enumerate(rows)]
        page = "<!doctype html><title>x</title>" + "".join(tags)
        async with Lab({"/": says(200, page.encode(), *HTML)}) as host:
            await host.listen(["127.0.0.2"])
            program = shutil.which("chromium") or "chromium"
            process = await asyncio.create_subprocess_exec(
                program, *FLAGS, "--dump-dom", host.url("/", "127.0.0.2"), stdout=PIPE, stderr=DEVNULL
            )
            out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    found = {}
    for tag in re.findall(r"<(?:img|iframe|script)\b[^>]*>", out.decode()):
        number, state = re.search(r'id="(\d+)"', tag), re.search(r'class="(\w+)"', tag)
        if number:
            found[rows[int(number[1])].path] = state[1] if state else ""
    return found


@pytest.mark.asyncio
@pytest.mark.needs("chromium")
async def test_a_browser_refuses_what_is_found_and_shows_the_rest() -> None:
    found = await shown(ROWS)

    assert found == {row.path: "refused" if row.rules else "shown" for row in ROWS}
