"""`--archive`: copies of what is gone, from a stand-in that speaks as the Wayback Machine's availability interface."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from lab.behaviours import HTML, Do, after, hangs, resets, says, sends, to
from lab.process import ALLOWED, running
from lab.server import Exchange, Lab

from checker.history.store import open_for_writing

Write = Callable[..., Path]
RunCommand = Callable[..., Any]

HOST = "127.0.0.2"  # of the archive
JSON = "Content-Type: application/json"
COPIES = ("--archive", "--likely")


def answers(closest: dict[str, object] | None) -> Do:
    """Answer as the interface does; `{host}`, `{url}` and `{at}` in the URL are the lab, and what it was asked for."""

    async def do(exchange: Exchange) -> None:
        query = parse_qs(urlsplit(exchange.asked.path).query)
        url, host = query["url"][0], exchange.asked.headers["host"]
        found: dict[str, object] = {}
        if closest is not None:
            at = query.get("timestamp", ["20200102030405"])[0]
            copy = str(closest.get("url", "http://{host}/web/{at}/{url}")).format(host=host, url=url, at=at)
            found = {"closest": {"available": True, "timestamp": at, "status": "200", **closest, "url": copy}}
        body = json.dumps({"url": url, "archived_snapshots": found}).encode()
        await exchange.answer(200, body, (JSON,))

    return do


def site(available: Do, **more: Do) -> dict[str, Do]:
    return {"/available*": available, "/web/*": says(200), "/gone": says(404), "/left": says(410), **more}


def hosted(behaviours: dict[str, Do]) -> AbstractContextManager[Lab]:
    return running(behaviours, hosts=[HOST])


def mirror(write: Write, lab: Lab, text: str, more: str = "") -> Path:
    host = '[[remote.host]]\nhost = "127.0.0.*"\ninterval = 0.001\n'
    config = (
        f'{ALLOWED}second_pass = false\ntimeout = 2.0\narchive = "{lab.url("/available", host=HOST)}"\n{more}{host}'
    )
    return write({"index.html": text, "config.toml": config})


def fixed(run: RunCommand, root: Path, *options: str) -> Any:
    return run("fix", "--config", root / "config.toml", root, "--fail-on", "never", *options)


def checked(run: RunCommand, root: Path, *options: str) -> Any:
    return run("check", "--config", root / "config.toml", root, "--fail-on", "never", "--format", "json", *options)


def suggested(result: Any) -> list[tuple[str, str | None, str | None]]:
    return [(each["rule"], each["suggestion"], each["grade"]) for each in result.report["findings"]]


def links(*references: str) -> str:
    return "".join(f'<p><a href="{each}">x</a>\n' for each in references)


def hrefs(root: Path) -> list[str]:
    return re.findall('href="([^"]*)"', (root / "index.html").read_text())


def asked(lab: Lab) -> list[str]:
    return [each.path for each in lab.log if each.path.startswith("/available")]


def test_what_is_gone_is_replaced_by_its_copy(run: RunCommand, write: Write) -> None:
    with hosted(site(answers({}), **{"/ok": says(200), "/fails": says(500)})) as lab:
        gone, left, ok, fails = (lab.url(path) for path in ("/gone", "/left", "/ok", "/fails"))
        root = mirror(write, lab, links(f"{gone}#part", gone, left, ok, fails))
        plain = suggested(checked(run, root, "--no-history"))
        report = checked(run, root, "--no-history", "--archive")
        unlikely = fixed(run, root, "--archive", "--write")
        done = fixed(run, root, *COPIES, "--write")
        questions = asked(lab)
        again = fixed(run, root, *COPIES, "--write")

    copy = lab.url("/web/20200102030405", host=HOST)
    assert {each[1:] for each in plain} == {(None, None)}
    assert suggested(report) == [
        ("remote/not-found", f"{copy}/{gone}#part", "likely"),
        ("remote/not-found", f"{copy}/{gone}", "likely"),
        ("remote/gone", f"{copy}/{left}", "likely"),
        ("remote/server-error", None, None),
    ]
    assert "nothing to mend; 3 suggestions are likely (--likely)" in unlikely.err
    assert "mended 3 findings on 1 page" in done.err
    assert hrefs(root) == [f"{copy}/{gone}#part", f"{copy}/{gone}", f"{copy}/{left}", ok, fails]
    assert len(questions) == len(set(questions)) * 3 == 6  # each URL once a run, and not after it was written
    assert "nothing to mend" in again.err
    assert asked(lab) == questions  # what is a copy is not asked for


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("initdb"))])
def test_the_copy_is_the_nearest_to_the_last_good_answer(
    database: str, run: RunCommand, write: Write, request: pytest.FixtureRequest
) -> None:
    behaviours = site(answers({}), **{"/gone": after(1, says(200), says(404)), "/soft": after(1, says(200), SOFT)})
    with hosted(behaviours) as lab:
        url = request.getfixturevalue("postgresql").afresh() if database == "postgresql" else ""
        table = f'[history]\nfile = "{url}"\n' if url else ""
        root = mirror(write, lab, links(lab.url("/gone"), lab.url("/left"), lab.url("/soft#here")), table)
        history = url or root / ".mirrorcheck" / "history.sqlite"
        checked(run, root)
        with closing(open_for_writing(history)) as kept, kept.writing() as db:
            db.execute("UPDATE target SET last_good = 1325471445 WHERE last_good IS NOT NULL")
        said = suggested(checked(run, root, "--archive"))
        fixed(run, root, *COPIES, "--write")

    base = lab.url("/web", host=HOST)
    now = [
        f"{base}/20120102023045/{lab.url('/gone')}",
        f"{base}/20200102030405/{lab.url('/left')}",
        f"{base}/20120102023045/{lab.url('/soft#here')}",
    ]
    assert [suggestion for _, suggestion, _ in said] == now
    assert hrefs(root) == now


SOFT = says(200, b"<title>Page not found</title><h1>Page not found</h1>", *HTML)


def test_of_what_only_seems_gone_the_newest_copy_may_be_the_same_error(run: RunCommand, write: Write) -> None:
    with hosted(site(answers({}), **{"/soft": SOFT})) as lab:
        root = mirror(write, lab, links(f"{lab.url('/soft')}#x"))
        assert suggested(checked(run, root, "--archive", "--no-history")) == [("remote/soft-404", None, None)]
        assert asked(lab) == []


REFUSED: dict[str, dict[str, object] | None] = {
    "no-copy": None,
    "not-available": {"available": False},
    "of-an-error": {"status": "404"},
    "without-a-status": {"status": None},
    "a-script": {"url": "javascript:alert(1)//{host}/web/{at}/{url}"},
    "another-scheme": {"url": "ftp://{host}/web/{at}/{url}"},
    "a-login": {"url": "http://ann:secret@{host}/web/{at}/{url}"},
    "another-host": {"url": "http://evil.example/web/{at}/{url}"},
    "a-host-that-looks-like-it": {"url": "http://x.{host}.evil.example/web/{at}/{url}"},
    "another-page": {"url": "http://{host}/web/{at}/http://evil.example/"},
    "no-snapshot": {"url": "http://{host}/elsewhere"},
    "no-url": {"url": "http://["},
    "empty": {"url": ""},
    "very-long": {"url": "http://{host}/web/{at}/{url}?" + "x" * 3_000},
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_answer_that_names_no_copy_changes_nothing(run: RunCommand, write: Write, case: str) -> None:
    with hosted(site(answers(REFUSED[case]))) as lab:
        text = links(lab.url("/gone"))
        root = mirror(write, lab, text)
        said = checked(run, root, "--archive", "--no-history")
        result = fixed(run, root, *COPIES, "--write")

    assert suggested(said) == [("remote/not-found", None, None)]
    assert "secret" not in said.out + said.err + result.err
    assert (root / "index.html").read_text() == text
    assert "nothing to mend" in result.err
    assert "no help" not in said.err + result.err


def test_quotes_and_brackets_of_an_answer_stay_in_the_url(run: RunCommand, write: Write) -> None:
    with hosted(site(answers({}), **{"/a*": says(404)})) as lab:
        root = mirror(write, lab, "")
        reference = lab.url("/a(b)'c?d=\"e")
        (root / "a.md").write_text(f"[x](<{reference}>)\n\n[y](fine.md)\n")
        (root / "fine.md").write_text("")
        fixed(run, root, *COPIES, "--write")
        again = fixed(run, root, *COPIES, "--write")

    assert (root / "a.md").read_text().endswith(">)\n\n[y](fine.md)\n")
    assert "/web/2020" in (root / "a.md").read_text()
    assert "nothing to mend" in again.err


FAILING: dict[str, tuple[Do, str]] = {
    "down": (resets, "connection"),
    "silent": (hangs, "no answer"),
    "busy": (says(503), "it answers 503"),
    "not-there": (says(404), "it answers 404"),
    "a-page": (says(200), "not that of an availability interface"),
    "another-json": (says(200, b'{"error": []}', JSON), "not that of an availability interface"),
    "a-list": (says(200, b"[]", JSON), "not that of an availability interface"),
    "wrong-types": (says(200, b'{"archived_snapshots": {"closest": {"url": 1}}}', JSON), "availability interface"),
    "not-utf-8": (says(200, b'{"archived_snapshots": {"closest": {"url": "\xff"}}}', JSON), "availability interface"),
    "deep": (says(200, b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}", JSON), "availability interface"),
    "huge": (says(200, b'{"x": "' + b"y" * 3_000_000 + b'"}', JSON), "more than 65,536 bytes"),
    "cut": (sends(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), "breaks off"),
    "astray": (to("javascript:alert(1)"), "javascript: URL"),
    "round-and-round": (to("/available?x"), "circle"),
}


@pytest.mark.parametrize("case", FAILING)
def test_an_archive_that_fails_is_said_once_and_fails_nothing(run: RunCommand, write: Write, case: str) -> None:
    do, words = FAILING[case]
    with hosted(site(do, **{f"/gone/{n}": says(404) for n in range(5)})) as lab:
        text = links(*(lab.url(f"/gone/{n}") for n in range(5)))
        root = mirror(write, lab, text)
        said = checked(run, root, "--archive", "--no-history")
        result = fixed(run, root, *COPIES, "--write")

    assert said.code == result.code == 0
    assert len(said.report["findings"]) == 5
    for err in (said.err, result.err):
        assert err.count("was no help for 5 URLs") == 1
        assert words in err
    assert (root / "index.html").read_text() == text


def test_an_archive_that_keeps_failing_is_left_alone(run: RunCommand, write: Write) -> None:
    with hosted(site(says(500), **{"/gone*": says(404)})) as lab:
        root = mirror(write, lab, links(*(lab.url(f"/gone/{n}") for n in range(40))))
        checked(run, root, "--archive", "--no-history")

    assert len(set(asked(lab))) == 3


def test_one_failure_is_no_reason_to_stop(run: RunCommand, write: Write) -> None:
    async def sometimes(exchange: Exchange) -> None:
        await (says(404) if "gone%2F3" in exchange.asked.path else answers({}))(exchange)

    with hosted(site(sometimes, **{"/gone*": says(404)})) as lab:
        root = mirror(write, lab, links(*(lab.url(f"/gone/{n}") for n in range(6))))
        said = checked(run, root, "--archive", "--no-history")

    assert "was no help for 1 URL: it answers 404" in said.err
    assert [suggestion is None for _, suggestion, _ in suggested(said)].count(True) == 1


def test_a_url_with_a_login_is_shown_to_no_archive(run: RunCommand, write: Write) -> None:
    with hosted(site(answers({}))) as lab:
        root = mirror(write, lab, links(lab.url("/gone").replace("//", "//ann:secret@")))
        said = checked(run, root, "--archive", "--no-history")

    assert suggested(said) == [("remote/not-found", None, None)]
    assert asked(lab) == []


def test_an_archive_is_asked_only_when_it_is_wanted(run: RunCommand, write: Write) -> None:
    with hosted(site(answers({}))) as lab:
        root = mirror(write, lab, links(lab.url("/gone")))
        checked(run, root, "--no-history")
        fixed(run, root, "--likely")
        fixed(run, root, *COPIES, "--select", "local")
        assert asked(lab) == []

    assert run("check", root, "--archive", "--offline").code == 2
    assert run("fix", root, "--archive", "--offline").code == 2
    assert "of a folder" in run("check", "http://127.0.0.1:1/", "--archive").err


def test_a_strangers_configuration_names_no_archive(
    run: RunCommand, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"index.html": "", "mirrorcheck.toml": '[remote]\narchive = "https://evil.example/"\n'})
    monkeypatch.chdir(root)
    refused = run("check", "--archive")

    assert refused.code == 2
    assert "[remote] archive" in refused.err


@pytest.mark.parametrize("value", ["ftp://x.example/", "x", "", "https://ann:secret@x.example/"])
def test_an_interface_has_an_address_on_the_web(run: RunCommand, write: Write, value: str) -> None:
    root = write({"index.html": "", "config.toml": f'[remote]\narchive = "{value}"\n'})
    refused = run("check", "--config", root / "config.toml", root, "--archive")

    assert refused.code == 2
    assert "remote.archive: not the URL" in refused.err
    assert "secret" not in refused.err
