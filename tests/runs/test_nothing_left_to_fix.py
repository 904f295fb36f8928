"""Whatever the network answers: after `fix`, nothing is left that `fix` could mend, and only URLs have changed."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from lab.behaviours import HTML, Do, says, to
from lab.certificates import contexts
from lab.process import ALLOWED, both, running
from lab.server import Exchange

PATHS = [f"/p{number}" for number in range(40)]
OPTIONS = ("--archive", "--likely", "--select", "remote", "--select", "asset/mixed-content", "--fail-on", "never")


async def available(exchange: Exchange) -> None:
    """An archive that has something of two URLs in three."""
    url = parse_qs(urlsplit(exchange.asked.path).query)["url"][0]
    copy = f"http://{exchange.asked.headers['host']}/web/20200102030405/{url}"
    closest = {"available": True, "url": copy, "timestamp": "20200102030405", "status": "200"}
    found = {"closest": closest} if sum(urlsplit(url).path.encode()) % 3 else {}
    body = json.dumps({"url": url, "archived_snapshots": found}).encode()
    await exchange.answer(200, body, ("Content-Type: application/json",))


def behaviour(chance: random.Random) -> Do:
    """A page, an error, or a redirect to anywhere on the host."""
    there = chance.choice([*PATHS, "/", "/login?next=x"]) + chance.choice(["", "", "#here", "#", "?q"])
    return chance.choice(
        [
            *(to(there, status) for status in (301, 301, 301, 308, 302, 307)),
            *(says(status) for status in (200, 200, 404, 410, 403)),
            says(200, b"<title>Page not found</title><h1>Page not found</h1>", *HTML),
            says(200, b"<title>Sign in</title><input type=password>", *HTML),
            says(200, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Content-Type: image/svg+xml"),
        ]
    )


def pages(chance: random.Random, host: str) -> dict[str, str]:
    def url() -> str:
        return f"http://{host}{chance.choice(PATHS)}{chance.choice(['', '', '#here', '?q', '#é'])}"

    return {
        "index.html": "".join(f"<a href='{url()}'>a</a> <img src={url()}>\r\n" for _ in range(20)),
        "a.md": "".join(f"[x]({url()} 't') ![y][r{n}] {url()}.\n\n[r{n}]: <{url()}>\n\n" for n in range(10)),
        "b.css": "".join(f"a {{ background: url( '{url()}' ) }}\n" for _ in range(10)),
    }


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_left(run: Callable[..., Any], write: Callable[..., Path], tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - whatever comes can be had again
    made, authority = contexts(tmp_path)
    site = {path: behaviour(chance) for path in PATHS} | {f"{path}?q": behaviour(chance) for path in PATHS}
    site |= {"/": says(200), "/login?next=x": says(200), "/available*": available, "/web/*": says(200)}
    with (
        running(site, contexts={"valid": made["valid"]}) as lab,
        both(lab, "valid") as host,
        both(lab, "valid", "127.0.0.2") as archive,
    ):
        config = f'second_pass = false\narchive = "http://{archive}/available"\nca_file = "{authority}"\n'
        spared = '[[remote.host]]\nhost = "127.0.0.*"\ninterval = 0.001\n'
        before = pages(chance, host)
        published = '[mirror]\npublished = ["https://mirror.example/"]\n'
        root = write({**before, "config.toml": published + ALLOWED + config + spared})
        named = ("--config", root / "config.toml", root)
        first = run("fix", *named, *OPTIONS, "--write")
        run(
            "fix", *named, *OPTIONS, "--write"
        )  # what has two suggestions, of one URL over https: and of where it moved
        last = run("fix", *named, *OPTIONS, "--write")
        after = {name: (root / name).read_bytes().decode() for name in before}

    assert "mended" in first.err
    assert "cannot be written" not in first.err
    assert "nothing to mend" in last.err
    assert after != before
    for name, text in after.items():
        assert without_urls(text) == without_urls(before[name])


def without_urls(text: str) -> str:
    return re.sub(r"https?:[^\s'>)]*(?<!\.)", "URL", text)
