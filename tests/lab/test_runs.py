"""Whole runs against the lab: a folder, a live site, one page; cut short by signals and by time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.behaviours import HTML, PAGE, hangs, says, to
from lab.server import Behaviour, Exchange, Lab

ALLOWED = '[remote]\nallow_private = ["127.0.0.0/8"]\ninterval = 0.0\nproxy = ""\nretries = 0\n'


@contextmanager
def running(behaviours: dict[str, Behaviour]) -> Iterator[Lab]:
    """The lab in a thread of its own, for programs that run beside it."""
    import asyncio

    lab = Lab(behaviours)
    ready, end = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with lab:
            ready.set()
            await end.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait()
    try:
        yield lab
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()


def started(*arguments: str | os.PathLike[str], cwd: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [sys.executable, "-m", "checker", *map(os.fspath, arguments)],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def found(report: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((finding["rule"], finding["reference"]) for finding in report["findings"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_ends_the_run_with_what_was_learnt(number: signal.Signals, write: Callable[..., Path]) -> None:
    with running({"/gone": says(410), "/hangs/*": hangs}) as lab:
        links = [lab.url("/gone"), *(lab.url(f"/hangs/{n}") for n in range(3))]
        root = write({"README.md": "".join(f"<{url}>\n\n" for url in links), "config.toml": ALLOWED})
        process = started("check", "--format", "json", cwd=root)
        while len(lab.log) < 5:
            time.sleep(0.02)
        time.sleep(0.2)
        process.send_signal(number)
        out, err = process.communicate(timeout=2)

    report = json.loads(out)
    assert process.returncode == 130, err
    assert report["complete"] is False
    assert found(report) == [("remote/gone", links[0])]
    assert report["totals"]["unchecked"] == {"interrupted": 3}


def test_the_time_limit_ends_the_run_and_reports_the_rest(write: Callable[..., Path]) -> None:
    with running({"/gone": says(410), "/hangs/*": hangs}) as lab:
        links = [lab.url("/gone"), *(lab.url(f"/hangs/{n}") for n in range(3))]
        root = write({"README.md": "".join(f"<{url}>\n\n" for url in links), "config.toml": ALLOWED})
        process = started("check", "--format", "json", "--time-limit", "2s", cwd=root)
        out, err = process.communicate(timeout=8)

    report = json.loads(out)
    assert process.returncode == 1, err
    assert found(report) == [("remote/gone", links[0])]
    assert report["totals"]["unchecked"] == {"time limit": 3}


def html(*links: str) -> Behaviour:
    body = "<!doctype html><title>A page</title><p id=here>" + "".join(f'<a href="{link}">x</a>\n' for link in links)
    return says(200, body.encode(), *HTML)


SITE = {
    "/": html("a.html", "b/", "a.html#here", "a.html#gone", "missing.html", "#nowhere", "/moved", "/p?x=1", "/trap/"),
    "/a.html": html("/", "b/c.html", "/private/x.html"),
    "/b/": html("c.html", "../a.html"),
    "/b/c.html": html("/", "d.html"),
    "/moved": to("/a.html"),
    "/p?x=1": html("?x=2"),
    "/p?x=2": says(500),
    "/robots.txt": says(200, b"User-agent: *\nDisallow: /private/\n", "Content-Type: text/plain"),
    "/listed.html": html("unlisted.html"),
}


async def sitemap(exchange: Exchange) -> None:
    host = exchange.asked.headers["host"]
    body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>http://{host}/listed.html</loc></url></urlset>'
    await exchange.answer(200, body.encode(), ("Content-Type: application/xml",))


async def trap(exchange: Exchange) -> None:
    """A relative reference that leads ever deeper."""
    await exchange.answer(200, f"<title>{exchange.asked.path}</title><a href='trap/'>on</a>".encode(), HTML)


def test_a_live_site_is_walked_whole_and_once(write: Callable[..., Path]) -> None:
    with running({**SITE, "/sitemap.xml": sitemap, "/trap/*": trap, "/favicon.ico": says(200)}) as lab:
        root = write({"config.toml": ALLOWED})
        process = started("check", lab.url("/"), "--format", "json", cwd=root)
        out, err = process.communicate(timeout=30)

    report = json.loads(out)
    start = lab.url("/")
    expected = [
        ("remote/missing-fragment", "#nowhere"),
        ("remote/missing-fragment", "a.html#gone"),
        ("remote/moved", "/moved"),
        ("remote/not-found", "d.html"),
        ("remote/not-found", "missing.html"),
        ("remote/not-found", "unlisted.html"),
        ("remote/server-error", "?x=2"),
    ]
    assert found(report) == expected, err
    assert {finding["page"] for finding in report["findings"]} <= {
        start + name for name in ("", "a.html", "b/", "b/c.html", "p?x=1", "listed.html")
    }
    assert report["totals"]["unchecked"] == {"not allowed by robots.txt": 1, "not read: an endless path": 1}
    assert not any(asked.path.startswith("/private/") for asked in lab.log)
    gets = [asked.path for asked in lab.log if asked.method == "GET" and asked.path in SITE]
    assert {path: gets.count(path) for path in SITE if path not in {"/p?x=2", "/a.html"}} == dict.fromkeys(
        SITE.keys() - {"/p?x=2", "/a.html"}, 1
    )


def test_one_live_page_and_everything_on_it(write: Callable[..., Path]) -> None:
    with running(SITE) as lab:
        root = write({"config.toml": ALLOWED})
        process = started("page", lab.url("/"), "--format", "json", cwd=root)
        out, err = process.communicate(timeout=20)

    report = json.loads(out)
    assert report["totals"]["pages"] == 1, err
    assert found(report) == [
        ("remote/missing-fragment", "#nowhere"),
        ("remote/missing-fragment", "a.html#gone"),
        ("remote/moved", "/moved"),
        ("remote/not-found", "/trap/"),
        ("remote/not-found", "missing.html"),
    ]


@pytest.mark.parametrize(
    ("site", "pages"),
    [
        pytest.param("depth = 1", 4, id="depth"),
        pytest.param("max_pages = 2", 2, id="pages"),
        pytest.param('exclude = ["/b/"]', 3, id="exclude"),
        pytest.param('include = ["/$", "/b/$"]', 2, id="include"),
    ],
)
def test_a_walk_has_limits(site: str, pages: int, write: Callable[..., Path]) -> None:
    with running(SITE) as lab:
        root = write({"config.toml": f"{ALLOWED}[site]\nsitemaps = false\n{site}\n"})
        process = started("check", lab.url("/"), "--format", "json", cwd=root)
        out, err = process.communicate(timeout=20)

    assert json.loads(out)["totals"]["pages"] == pages, err


@pytest.mark.parametrize("path", ["/private/x.html", "/nothing", "/image"])
def test_a_first_page_that_cannot_be_read_is_an_error(path: str, write: Callable[..., Path]) -> None:
    with running({**SITE, "/image": says(200, b"\x89PNG", "Content-Type: image/png")}) as lab:
        root = write({"config.toml": ALLOWED})
        process = started("check", lab.url(path), cwd=root)
        out, err = process.communicate(timeout=20)

    assert (process.returncode, out, len(err.splitlines())) == (2, "", 1)


def test_remote_references_of_a_folder_are_verified_where_they_stand(write: Callable[..., Path]) -> None:
    with running({"/ok": says(200, PAGE, *HTML), "/old": to("/ok"), "/gone": says(410)}) as lab:
        ok, old, gone = lab.url("/ok"), lab.url("/old"), lab.url("/gone")
        root = write(
            {
                "a.md": f"[x]({ok}) [y]({ok}#here) [z]({ok}#nowhere)\n\n[old]({old}#here)\n\n{gone} in running text\n",
                "b.html": f"<!doctype html>\n<p>\n<a href='{gone}'>x</a>",
                "config.toml": ALLOWED,
            }
        )
        process = started("check", "--format", "json", "--ignore", "mirror/orphan", cwd=root)
        out, err = process.communicate(timeout=20)

    report = json.loads(out)
    places = [(f["rule"], f["page"], f["line"], f["column"], f["status"], f["suggestion"]) for f in report["findings"]]
    assert places == [
        ("remote/missing-fragment", "a.md", 1, 22 + 2 * len(ok), 200, None),
        ("remote/moved", "a.md", 3, 7, 200, f"{ok}#here"),
        ("remote/gone", "a.md", 5, 1, 410, None),
        ("remote/gone", "b.html", 3, 10, 410, None),
    ], err
    assert report["findings"][1]["hops"] == [{"status": 301, "url": ok}]
    assert report["totals"]["verdicts"]["redirected"] == 1
