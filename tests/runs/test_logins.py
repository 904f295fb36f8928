"""A live mirror that is named with a login: its origin is asked with it, nobody else is, and nothing shows it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab import PATIENCE
from lab.behaviours import HTML, PAGE, Do, says, to
from lab.process import ALLOWED, found, html, running, started
from lab.server import Behaviour, Exchange, Lab

import reports


def basic(login: str) -> str:
    return "Basic " + base64.b64encode(login.encode()).decode()


def guarded(do: Do, login: str = "ann:s3cret") -> Do:
    """What those see who know the password."""

    async def answer(exchange: Exchange) -> None:
        if exchange.asked.headers.get("authorization") == basic(login):
            await do(exchange)
        else:
            await exchange.answer(401, b"", ('WWW-Authenticate: Basic realm="lab"',))

    return answer


def absolute(*links: str) -> Do:
    """A page whose links name the host that it was asked at."""

    async def answer(exchange: Exchange) -> None:
        host = exchange.asked.headers["host"]
        await html(*(link.replace("HOST", host) for link in links))(exchange)

    return answer


def site() -> dict[str, Behaviour]:
    other = "127.0.0.1:1/"  # another port of the same host, where nobody is
    pages: dict[str, Do] = {
        "/": absolute(
            "rel", "http://HOST/abs", "http://ann:s3cret@HOST/abs", "http://bob:w0rd@HOST/bobs", "/moved", "/away"
        ),
        "/rel": html("gone-rel"),
        "/abs": absolute("http://HOST/gone-abs", "/nowhere", f"http://{other}", "img.png"),
        "/moved": absolute(),
        "/moved-to": html("gone-moved"),
        "/nowhere": to("http://ann:s3cret@[/"),
        "/robots.txt": says(200, b"User-agent: *\n", "Content-Type: text/plain"),
        "/sitemap.xml": says(404),
    }
    guards: dict[str, Behaviour] = {path: guarded(do) for path, do in pages.items()}
    return {**guards, "/bobs": guarded(says(200, PAGE, *HTML), "bob:w0rd")}


def start(lab: Lab, login: str = "ann:s3cret@") -> str:
    return lab.url("/").replace("//", f"//{login}")


def listening(lab: Lab, site: dict[str, Behaviour]) -> None:
    """What leads with the login to the same origin, and what leads to another: by address only."""
    site["/moved"] = guarded(to(start(lab) + "moved-to"))
    site["/away"] = guarded(to(lab.url("/stranger", "localhost")))
    site["/stranger"] = says(200, PAGE, *HTML)


@pytest.fixture
def walked(write: Callable[..., Path]) -> tuple[dict[str, Any], Lab, Path, str]:
    """(JSON report, the lab with its log, the folder of all reports and the history, what went to standard error)."""
    behaviours = site()
    with running(behaviours) as lab:
        listening(lab, behaviours)
        root = write({"config.toml": f'{ALLOWED}[history]\nfile = ""\n'})
        formats = [option for name in reports.FORMATS for option in ("--format", f"{name}=out.{name}")]
        process = started("check", start(lab), "--all", "--history", "h.sqlite", *formats, cwd=root)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, err
    return json.loads((root / "out.json").read_text("utf-8")), lab, root, out + err


def test_all_of_its_origin_is_asked_with_the_login(walked: tuple[dict[str, Any], Lab, Path, str]) -> None:
    report, lab, _, _ = walked
    refused = {each["reference"] for each in report["findings"] if each["rule"] == "remote/blocked"}

    assert {"gone-rel", "gone-moved"} <= {reference for _, reference in found(report)}
    assert any(reference.endswith("/gone-abs") for _, reference in found(report))
    assert not refused
    assert {each.path: each.headers["authorization"] for each in lab.log if each.path == "/bobs"} == {
        "/bobs": basic("bob:w0rd")
    }
    assert sum(each.path == "/abs" for each in lab.log) == 1  # with the login and without it is one page


def test_no_other_origin_gets_the_login(walked: tuple[dict[str, Any], Lab, Path, str]) -> None:
    _, lab, _, _ = walked
    strangers = [each for each in lab.log if each.headers["host"].startswith("localhost")]

    assert "/stranger" in {each.path for each in strangers}
    assert not any("authorization" in each.headers for each in strangers)


def test_nothing_shows_the_login(walked: tuple[dict[str, Any], Lab, Path, str]) -> None:
    report, lab, root, said = walked
    listed = started("history", "list", "--history", "h.sqlite", cwd=root).communicate(timeout=PATIENCE)
    reported = started("report", "--history", "h.sqlite", "--format", "json", cwd=root).communicate(timeout=PATIENCE)

    for text in (said, *listed, *reported):
        assert "s3cret" not in text
        assert "w0rd" not in text
    for path in root.iterdir():
        assert b"s3cret" not in path.read_bytes(), path
        assert b"w0rd" not in path.read_bytes(), path
    assert report["mirror"] == {"source": start(lab, "***@"), "addresses": [lab.url("/")], "path": ""}
    assert {each["page"] for each in report["findings"]} <= {
        lab.url(path) for path in ("/", "/rel", "/abs", "/moved-to")
    }
    (lost,) = [each for each in report["findings"] if each["rule"] == "remote/bad-redirect"]
    assert "http://***@[/" in lost["message"]


def test_without_the_login_the_mirror_is_not_read(write: Callable[..., Path]) -> None:
    with running(site()) as lab:
        process = started("check", lab.url("/"), cwd=write({"config.toml": ALLOWED}))
        _, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 2
    assert "asks for a login" in err


def test_a_wrong_login_is_not_repeated(write: Callable[..., Path]) -> None:
    with running(site()) as lab:
        process = started("page", start(lab, "ann:wr0ng@"), cwd=write({"config.toml": ALLOWED}))
        out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 2
    assert "wr0ng" not in out + err
    assert "http://***@127.0.0.1" in err


def test_a_link_of_a_folder_is_asked_with_its_login_each_night_and_kept_without(write: Callable[..., Path]) -> None:
    with running({"/in": guarded(says(200, PAGE, *HTML)), "/out": guarded(says(410))}) as lab:
        named = [lab.url(path).replace("//", "//ann:s3cret@") for path in ("/in", "/out", "/in#gone")]
        config = f'{ALLOWED}[history]\nfile = "h.sqlite"\n[history.fresh]\nok = "7d"\n'
        pages = {"a.md": f"<{named[0]}> <{named[1]}>\n", "b.md": f"<{named[0]}> <{named[2]}>\n", "config.toml": config}
        root = write(pages)
        nights = []
        for _ in range(2):
            before = len(lab.log)
            process = started("check", "--format", "json", "--ignore", "mirror/orphan", cwd=root)
            out, err = process.communicate(timeout=PATIENCE)
            assert process.returncode == 1, err
            nights.append((found(json.loads(out)), {each.path for each in lab.log[before:]} & {"/in", "/out"}))

    hidden = lab.url("").replace("//", "//***@")
    expected = [("remote/gone", f"{hidden}/out"), ("remote/missing-fragment", f"{hidden}/in#gone")]
    assert nights == [(expected, {"/in", "/out"})] * 2
    assert (root / "h.pages").is_file()
    for name in ("h.sqlite", "h.pages"):
        assert b"s3cret" not in (root / name).read_bytes()
