"""Whole runs against the lab: a folder, a live site, one page; cut short by signals and by time."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab import PATIENCE
from lab.behaviours import HTML, PAGE, hangs, says, sends, to
from lab.process import ALLOWED, found, html, nginx, running, started, until
from lab.server import Behaviour, Exchange

from checker.web import urls


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_ends_the_run_with_what_was_learnt(number: signal.Signals, write: Callable[..., Path]) -> None:
    learnt: list[str] = []

    async def gone(exchange: Exchange) -> None:
        await exchange.answer(410, b"", ("Connection: close",))
        await exchange.left()
        learnt.append(exchange.asked.method)

    with running({"/gone": gone, "/hangs/*": hangs}) as lab:
        links = [lab.url("/gone"), *(lab.url(f"/hangs/{n}") for n in range(3))]
        root = write({"README.md": "".join(f"<{url}>\n\n" for url in links), "config.toml": ALLOWED})
        process = started("check", "--format", "json", cwd=root)
        until(lambda: learnt == ["HEAD", "GET"] and len(lab.log) == 5)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)

    report = json.loads(out)
    assert process.returncode == 130, err
    assert report["complete"] is False
    assert found(report) == [("remote/gone", links[0])]
    assert report["totals"]["unchecked"] == {"interrupted": 3}


def test_the_time_limit_ends_the_run_and_reports_the_rest(write: Callable[..., Path]) -> None:
    with running({"/gone": says(410), "/hangs/*": hangs}) as lab:
        links = [lab.url("/gone"), *(lab.url(f"/hangs/{n}") for n in range(3))]
        root = write({"README.md": "".join(f"<{url}>\n\n" for url in links), "config.toml": ALLOWED})
        process = started("check", "--format", "json", "--time-limit", "8s", cwd=root)
        out, err = process.communicate(timeout=PATIENCE)

    report = json.loads(out)
    assert process.returncode == 1, err
    assert found(report) == [("remote/gone", links[0])]
    assert report["totals"]["unchecked"] == {"time limit": 3}


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
        out, err = process.communicate(timeout=PATIENCE)

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


def test_a_live_page_that_cannot_be_read_whole_is_told_from_one_that_is_too_large(write: Callable[..., Path]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n"
    site: dict[str, Behaviour] = {
        "/": says(200, b"<a href=cut>1</a><a href=coded>2</a><a href=not-coded>3</a><a href=large>4</a>", *HTML),
        "/cut": sends(head + b"\r\n<p>cut"),
        "/coded": says(200, b"\x0b\x02\x80<p>\x03", "Content-Encoding: br", *HTML),
        "/not-coded": says(200, b"<p>plain", "Content-Encoding: gzip", *HTML),
        "/large": says(200, b"<p>" + b"x" * 2000, *HTML),
        "/robots.txt": says(404),
        "/sitemap.xml": says(404),
    }
    with running(site) as lab:
        root = write({"config.toml": f"{ALLOWED}[pages]\nmax_bytes = 1000\n"})
        out, err = started("check", lab.url("/"), "--format", "json", cwd=root).communicate(timeout=PATIENCE)

    said = {f["page"].rpartition("/")[2]: (f["rule"], f["message"]) for f in json.loads(out)["findings"]}
    assert said.keys() == {"cut", "coded", "not-coded", "large"}, err
    assert {page: said[page] for page in ("cut", "coded", "not-coded")} == {
        "cut": ("local/unreadable", "the body breaks off"),
        "coded": ("local/unreadable", "the body is in a coding that was not asked for: br"),
        "not-coded": ("local/unreadable", "the body is not what its Content-Encoding says"),
    }
    assert said["large"][0] == "local/too-large"


def test_one_live_page_and_everything_on_it(write: Callable[..., Path]) -> None:
    with running(SITE) as lab:
        root = write({"config.toml": ALLOWED})
        process = started("page", lab.url("/"), "--format", "json", cwd=root)
        out, err = process.communicate(timeout=PATIENCE)

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
        out, err = process.communicate(timeout=PATIENCE)

    assert json.loads(out)["totals"]["pages"] == pages, err


def test_the_start_may_be_a_neighbour_and_opens_no_other_door(write: Callable[..., Path]) -> None:
    with running({"/": html("/a", "http://127.0.0.1:1/", "http://127.0.0.2/"), "/a": html("/gone")}) as lab:
        root = write({"config.toml": ALLOWED.replace('["127.0.0.0/8"]', "false")})
        process = started("check", lab.url("/"), "--format", "json", cwd=root)
        out, err = process.communicate(timeout=PATIENCE)

    assert found(json.loads(out)) == [
        ("remote/not-found", "/gone"),
        ("remote/private-address", "http://127.0.0.1:1/"),
        ("remote/private-address", "http://127.0.0.2/"),
    ], err


@pytest.mark.parametrize("path", ["/private/x.html", "/nothing", "/image"])
def test_a_first_page_that_cannot_be_read_is_an_error(path: str, write: Callable[..., Path]) -> None:
    with running({**SITE, "/image": says(200, b"\x89PNG", "Content-Type: image/png")}) as lab:
        root = write({"config.toml": ALLOWED})
        process = started("check", lab.url(path), cwd=root)
        out, err = process.communicate(timeout=PATIENCE)

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
        out, err = process.communicate(timeout=PATIENCE)

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


PAGES = {
    "index.html": '<!doctype html><link rel=stylesheet href=style.css><a href="a/">a</a> <a href="b.html#x">b</a>',
    "a/index.html": '<!doctype html><p id=top2><a href="../b.html#gone">b</a> <a href="c%20d.html">c</a> <img src=no.png>',
    "a/c d.html": '<!doctype html><a href="../B.html">case</a> <a href="./#top2">up</a> <a href="missing/">m</a>',
    "b.html": '<!doctype html><p id=x>é <a href="a/index.html#nothing">a</a> <a href="#y">y</a> <a href="k%C3%A4se.html">k</a>',
    "käse.html": '<!doctype html><a href="index.html">home</a> <a href="/b.html">b</a> <a href="/nope.html">nope</a>',
    "style.css": "body { background: url(dot.svg) } p { background: url(none.png) }",
    "dot.svg": '<svg xmlns="http://www.w3.org/2000/svg"><a href="b.html"/><a href="lost.html"/></svg>',
}


@pytest.mark.needs("nginx")
def test_a_live_walk_finds_what_the_check_of_its_folder_finds(write: Callable[..., Path], tmp_path: Path) -> None:
    site = write(PAGES)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "config.toml").write_text(ALLOWED)

    with nginx(tmp_path / "nginx", site) as start:
        live = started("check", start, "--format", "json", cwd=tmp_path / "own")
        live_out, live_err = live.communicate(timeout=PATIENCE)
        offline = started("check", site, "--offline", "--published", start, "--format", "json", cwd=tmp_path)
        offline_out, _ = offline.communicate(timeout=PATIENCE)
        both = started(
            *("check", site, "--published", start, "--against", "live", "--format", "json"),
            *("--config", tmp_path / "own" / "config.toml"),
            cwd=tmp_path,
        )
        both_out, both_err = both.communicate(timeout=PATIENCE)

    def broken(report: dict[str, Any]) -> set[tuple[str, str, int]]:
        return {
            (urls.decode(f["page"].removeprefix(start)) or "index.html", f["reference"], f["line"])
            for f in report["findings"]
            if f["verdict"] == "broken"
        }

    assert all((live_out, offline_out, both_out)), live_err + both_err
    walked, checked = json.loads(live_out), json.loads(offline_out)
    named = {page.replace("a/index.html", "a/") for page, *_ in broken(checked)}
    assert walked["totals"]["pages"] == checked["totals"]["pages"] == len(PAGES), live_err
    assert {(p.replace("a/index.html", "a/"), r) for p, r, _ in broken(walked)} == {
        (p.replace("a/index.html", "a/"), r) for p, r, _ in broken(checked)
    }
    assert len(named) == 6
    assert [f for f in json.loads(both_out)["findings"] if f["rule"].startswith("mirror/not-")] == [], both_err


@pytest.mark.needs("nginx")
def test_what_folder_and_live_site_lack_of_each_other(write: Callable[..., Path], tmp_path: Path) -> None:
    site = write({**PAGES, "new.html": "<!doctype html><title>New</title>"}, "site")
    here = write({**PAGES, "index.html": PAGES["index.html"] + '<a href="ours.html">', "ours.html": "<!doctype html>"})
    (here / "käse.html").unlink()
    (site / "index.html").write_text(PAGES["index.html"] + '<a href="new.html">new</a>')
    (here / "config.toml").write_text(ALLOWED)

    with nginx(tmp_path / "nginx", site) as start:
        process = started(
            "check", here, "--published", start, "--against", "live", "--select", "mirror", "--format", "json", cwd=here
        )
        out, err = process.communicate(timeout=PATIENCE)

    found = [(f["rule"], f["page"].removeprefix(start)) for f in json.loads(out)["findings"]]
    assert sorted(found) == [
        ("mirror/not-here", "k%C3%A4se.html"),
        ("mirror/not-here", "new.html"),
        ("mirror/not-live", "ours.html"),
    ], err


def test_a_live_site_has_a_baseline_too(write: Callable[..., Path]) -> None:
    site = {
        "/": html("gone.html", "here.html"),
        "/here.html": html("/"),
        "/robots.txt": says(404),
        "/sitemap.xml": says(404),
    }
    with running(site) as lab:
        root = write({"config.toml": ALLOWED + '[rules]\nbaseline = "known.toml"\n'})
        written = started("baseline", "write", lab.url("/"), "--baseline", "known.toml", cwd=root)
        assert written.communicate(timeout=PATIENCE)[0] == ""
        held = started("check", lab.url("/"), "--format", "json", "--baseline", "known.toml", cwd=root)
        known = json.loads(held.communicate(timeout=PATIENCE)[0])
        site["/"] = html("here.html", "lost.html")
        changed = started("check", lab.url("/"), "--format", "json", "--baseline", "known.toml", cwd=root)
        report = json.loads(changed.communicate(timeout=PATIENCE)[0])

    assert (written.returncode, held.returncode, changed.returncode) == (0, 0, 1)
    assert [(f["reference"], f["state"]) for f in known["findings"]] == [("gone.html", "known")]
    assert [(f["rule"], f["state"]) for f in report["findings"]] == [
        ("remote/not-found", "new"),
        ("baseline/stale", "new"),
    ]
