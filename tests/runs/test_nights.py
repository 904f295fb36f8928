"""Night after night against the lab: killed and taken up again, asked less, and what is new told from what is known."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from lab import PATIENCE
from lab.behaviours import HTML, PAGE, Do, after, hangs, says, to
from lab.process import ALLOWED, running, started
from lab.server import Behaviour, Exchange, Lab

CONFIG = ALLOWED + "soft_404 = false\nsecond_pass = false\n"


def checked(root: Path, *options: str) -> tuple[dict[str, Any], str, int]:
    """(report, standard error, exit code) of a check of the mirror that the configuration names."""
    process = started("check", "--format", "json", "--ignore", "mirror/orphan", *options, cwd=root)
    out, err = process.communicate(timeout=PATIENCE)
    return (json.loads(out) if out else {}), err, process.returncode


def states(report: dict[str, Any]) -> dict[str, str | None]:
    return {finding["reference"].rpartition("/")[2]: finding["state"] for finding in report["findings"]}


def asked(lab: Lab, since: int = 0) -> Counter[str]:
    return Counter(each.path for each in lab.log[since:])


def page(lab: Lab, *paths: str) -> str:
    return "".join(f"<{lab.url(path)}>\n\n" for path in paths)


def turns(*dos: Do) -> Do:
    """One behaviour after the other, a request each; the last stays."""

    async def do(exchange: Exchange) -> None:
        await dos[min(exchange.count, len(dos)) - 1](exchange)

    return do


def soon(do: Do) -> Do:
    async def later(exchange: Exchange) -> None:
        await asyncio.sleep(0.02)
        await do(exchange)

    return later


SITE: dict[str, Behaviour] = {
    "/ok/*": soon(says(200)),
    "/gone/*": soon(says(410)),
    "/moved/*": soon(to("/ok/there")),
    "/fails/*": soon(says(503)),
}


def mirror(lab: Lab, write: Callable[..., Path], pages: int = 40, targets: int = 200) -> Path:
    """A mirror whose pages refer to targets of all kinds, with fragments and without, several pages to each."""
    draw = random.Random(5)  # noqa: S311 - a seed, no secret
    kinds = ["ok"] * 6 + ["moved", "gone", "fails"]
    urls = [lab.url(f"/{kinds[number % len(kinds)]}/{number}") for number in range(targets)]
    files: dict[str, str] = {}
    for number in range(pages):
        lines = []
        for url in draw.sample(urls, 3 * targets // pages):
            lines.append(f"[x]({url}{draw.choice(['', '', '#here', '#nowhere'])})")
        files[f"{number}.md"] = "\n\n".join(lines)
    return write({**files, "config.toml": CONFIG})


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in {"started", "finished"}}


def good(file: Path, lab: Lab) -> dict[str, bool]:
    """The paths with a good answer on disk of the last run, and whether their page was read."""
    if not file.exists():
        return {}
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        query = """SELECT url, read IS run FROM target
            WHERE verdict IN ('ok', 'redirected') AND run = (SELECT max(id) FROM run)"""
        try:
            return {url.removeprefix(lab.url("")): bool(read) for url, read in db.execute(query)}
        except sqlite3.OperationalError:  # killed before there was a table
            return {}


def test_a_killed_run_is_taken_up_where_it_was(write: Callable[..., Path], tmp_path: Path) -> None:
    draw = random.Random(11)  # noqa: S311 - a seed, no secret
    with running(SITE) as lab:
        root = mirror(lab, write)
        whole, err, _ = checked(root, "--history", os.fspath(tmp_path / "whole.sqlite"))
        assert whole["findings"], err
        requests = len(lab.log)
        kept = 0
        for moment in sorted(draw.sample(range(1, requests), 5)):
            file = tmp_path / f"{moment}.sqlite"
            base = len(lab.log)
            process = started("check", "--ignore", "mirror/orphan", "--history", file, cwd=root)
            while len(lab.log) - base < moment and process.poll() is None:
                time.sleep(0.002)
            process.kill()
            process.communicate()
            known = good(file, lab)
            base = len(lab.log)

            again, err, code = checked(root, "--history", os.fspath(file))

            assert timeless(again) == timeless(whole), err
            assert code == 1
            # Where a page was not read yet, the fragments of it may still want it. All redirects lead to one page.
            repeated = [each for each in lab.log[base:] if each.path in known and each.path != "/ok/there"]
            assert {each.path for each in repeated if known[each.path] or each.method == "HEAD"} == set()
            assert max(Counter(each.path for each in repeated).values(), default=0) <= 1
            kept += len(known)
        assert kept > requests / 2  # on the whole, much was on disk


def test_the_moments_of_a_kill_do_not_matter_to_the_next_night(write: Callable[..., Path]) -> None:
    with running(SITE) as lab:
        root = mirror(lab, write, 10, 40)
        first, _, _ = checked(root)
        base = len(lab.log)
        process = started("check", "--format", "json", "--ignore", "mirror/orphan", cwd=root)
        while len(lab.log) < base + 10:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)
        resumed, err, _ = checked(root)

    partial = json.loads(out)
    assert partial["complete"] is False
    assert "continues run 2" in err
    assert resumed["totals"] == first["totals"]
    assert {finding["state"] for finding in resumed["findings"]} == {"known"}
    assert {finding["state"] for finding in partial["findings"]} <= {"known"}


def test_what_is_new_known_fixed_and_flapping(write: Callable[..., Path]) -> None:
    up, down = says(200), says(410)
    flap = turns(up, down, down, up, down, down)  # asked twice where it is down
    site = {
        "/gone": down,
        "/dies": turns(up, up, down),
        "/mended": turns(down, down, down, down, up),
        "/flaps": flap,
    }
    with running(site) as lab:
        root = write({"a.md": page(lab, *site), "config.toml": CONFIG})
        nights = [checked(root) for _ in range(4)]
        compared = started("report", "--compare", "1", "4", "--format", "json", cwd=root)
        told, _ = compared.communicate(timeout=PATIENCE)
        again = started("report", "--format", "json", cwd=root)
        last, _ = again.communicate(timeout=PATIENCE)

    assert [states(report) for report, _, _ in nights] == [
        {"gone": None, "mended": None},
        {"gone": "known", "mended": "known", "flaps": "new"},
        {"gone": "known", "dies": "new"},
        {"gone": "known", "dies": "known", "flaps": "flapping"},
    ]
    assert states(json.loads(told)) == {"gone": "known", "dies": "new", "flaps": "new"}
    assert json.loads(last) == nights[-1][0]


def test_only_what_is_new_counts_for_the_exit_code(write: Callable[..., Path]) -> None:
    with running({"/gone": says(410), "/dies": turns(says(200), says(200), says(410))}) as lab:
        root = write({"a.md": page(lab, "/gone", "/dies"), "config.toml": CONFIG})

        assert [checked(root, "--fail-on-new")[2] for _ in range(4)] == [1, 0, 1, 0]


def test_a_target_is_suspect_until_it_failed_often_enough(write: Callable[..., Path]) -> None:
    with running({"/gone": says(410)}) as lab:
        root = write({"a.md": page(lab, "/gone"), "config.toml": CONFIG})
        nights = [checked(root, "--confirm", "3") for _ in range(3)]

    assert [code for _, _, code in nights] == [0, 0, 1]
    assert [report["findings"][0]["level"] for report, _, _ in nights] == ["warning", "warning", "error"]
    assert [report["totals"]["verdicts"]["broken"] for report, _, _ in nights] == [0, 0, 1]


async def tagged(exchange: Exchange) -> None:
    """A page with an entity tag, which is not sent again to those who have it."""
    if exchange.asked.headers.get("if-none-match") == '"v1"':
        await exchange.answer(304, b"", ('ETag: "v1"',))
    else:
        await exchange.answer(200, PAGE, (*HTML, 'ETag: "v1"'))


async def dated(exchange: Exchange) -> None:
    date = "Thu, 01 Jan 2026 00:00:00 GMT"
    if exchange.asked.headers.get("if-modified-since") == date:
        await exchange.answer(304)
    else:
        await exchange.answer(200, PAGE, (*HTML, f"Last-Modified: {date}"))


async def lies(exchange: Exchange) -> None:
    """First a redirect, then a 304 for what was never fetched from here."""
    if exchange.asked.headers.get("if-none-match"):
        await exchange.answer(304)
    elif exchange.count == 1:
        await exchange.answer(301, b"", ("Location: /tag",))
    else:
        await exchange.answer(200, b"<p id=other>", HTML)


def test_a_page_that_was_not_modified_keeps_its_ids_and_its_redirects(write: Callable[..., Path]) -> None:
    site: dict[str, Behaviour] = {"/tag": tagged, "/date": dated, "/moved": to("/tag")}
    with running(site) as lab:
        text = "".join(f"[x]({lab.url(path)}#here) [y]({lab.url(path)}#nowhere)\n\n" for path in site)
        root = write({"a.md": text, "config.toml": CONFIG})
        first, _, _ = checked(root)
        base = len(lab.log)
        (root / "a.md").write_text(text + f"[z]({lab.url('/tag')}#there) [z]({lab.url('/tag')}#new)\n")
        second, _, _ = checked(root)
        conditional = [each for each in lab.log[base:] if "if-none-match" in each.headers]

    found = {(f["reference"], f["rule"], f["line"], len(f["hops"])) for f in first["findings"]}
    later = {(f["reference"], f["rule"], f["line"], len(f["hops"])) for f in second["findings"]}
    assert later == found | {(f"{lab.url('/tag')}#new", "remote/missing-fragment", 7, 0)}
    assert len(found) == 5
    assert asked(lab, base) == {"/tag": 2, "/date": 1, "/moved": 1}
    assert [each.path for each in conditional] == ["/tag", "/moved", "/tag"] or len(conditional) == 3
    assert [each.method for each in lab.log[base:]] == ["GET"] * 4


def test_a_304_of_another_page_than_the_one_that_is_known_is_not_believed(write: Callable[..., Path]) -> None:
    with running({"/lies": lies, "/tag": tagged}) as lab:
        root = write({"a.md": f"[x]({lab.url('/lies')}#here)", "config.toml": CONFIG})
        rules = [[finding["rule"] for finding in checked(root)[0]["findings"]] for _ in range(2)]

    assert rules == [["remote/moved"], ["remote/missing-fragment"]]


def test_fresh_answers_are_not_asked_for_and_keep_every_fact(write: Callable[..., Path]) -> None:
    with running({"/ok": says(200), "/moved": to("/ok"), "/gone": says(410)}) as lab:
        text = page(lab, "/moved", "/gone") + f"[x]({lab.url('/ok')}#here) [y]({lab.url('/ok')}#nowhere)"
        fresh = '[history.fresh]\nok = "10d"\nredirected = "10d"\n'
        root = write({"a.md": text, "config.toml": CONFIG + fresh})
        first, _, _ = checked(root)
        base = len(lab.log)
        second, _, _ = checked(root)

    assert asked(lab, base).keys() == {"/gone"}
    assert states(second).keys() == {"moved", "gone", "ok#nowhere"}
    for report in (first, second):
        for finding in report["findings"]:
            del finding["state"]
    assert timeless(second) == timeless(first)


def test_the_budget_is_kept_to_and_the_rest_keeps_its_last_answer(write: Callable[..., Path]) -> None:
    paths = [f"/ok/{number}" for number in range(8)]
    with running({"/ok/*": says(200), "/gone/*": says(410)}) as lab:
        root = write({"a.md": page(lab, *paths, "/gone/1"), "config.toml": CONFIG})
        nights = []
        for _ in range(4):
            base = len(lab.log)
            report, _, _ = checked(root, "--budget", "4")
            nights.append((len(asked(lab, base)), report["totals"]["unchecked"], len(report["findings"])))

    assert [night[0] for night in nights] == [4] * 4
    assert [sum(unchecked.values()) for _, unchecked, _ in nights] == [5, 1, 0, 0]
    assert all(reason == "not this run's turn (--budget)" for _, unchecked, _ in nights for reason in unchecked)
    assert [found for _, _, found in nights[2:]] == [1, 1]


def test_what_the_time_limit_cuts_off_keeps_its_last_answer(write: Callable[..., Path]) -> None:
    with running({"/slow": after(2, says(410), hangs), "/gone": says(410)}) as lab:
        root = write({"a.md": page(lab, "/slow", "/gone"), "config.toml": CONFIG})
        checked(root)
        report, _, _ = checked(root, "--time-limit", "2s")
        fresh, _, _ = checked(root, "--time-limit", "2s", "--no-history")

    assert states(report) == {"slow": "known", "gone": "known"}
    assert report["totals"]["unchecked"] == {}
    assert states(fresh) == {"gone": None}
    assert fresh["totals"]["unchecked"] == {"time limit": 1}


def test_two_runs_do_not_write_to_one_history(write: Callable[..., Path]) -> None:
    with running({"/hangs": turns(hangs, says(200))}) as lab:
        root = write({"a.md": page(lab, "/hangs"), "config.toml": CONFIG})
        first = started("check", "--quiet", cwd=root)
        while not lab.log:
            time.sleep(0.01)
        base = len(lab.log)
        _, said, code = checked(root)
        waiting = started("check", "--wait", "--format", "json", cwd=root)
        time.sleep(0.3)
        first.terminate()
        first.communicate(timeout=PATIENCE)
        assert (first.returncode, code, len(said.splitlines())) == (130, 2, 1)
        out, err = waiting.communicate(timeout=PATIENCE)

    assert "another run writes to it" in said
    assert asked(lab, base)["/hangs"] >= 1
    assert json.loads(out)["complete"] is True, err


def test_a_history_that_cannot_be_written_is_no_reason_not_to_check(write: Callable[..., Path]) -> None:
    root = write({"a.md": "[x](missing.md)", "config.toml": "", ".mirrorcheck": "in the way"})

    report, err, code = checked(root, "--offline")
    _, said, failed = checked(root, "--offline", "--history", os.fspath(root / ".mirrorcheck" / "h.sqlite"))

    assert (len(report["findings"]), code, failed) == (1, 1, 2)
    assert "this run is not remembered" in err
    assert "the history cannot be written" in said


def test_a_damaged_history_is_moved_aside_and_said(write: Callable[..., Path]) -> None:
    root = write({"a.md": "[x](missing.md)", "config.toml": ""})
    checked(root, "--offline")
    file = root / ".mirrorcheck" / "history.sqlite"
    data = file.read_bytes()
    file.write_bytes(data[:4_096] + b"\xff" * (len(data) - 4_096))

    report, err, code = checked(root, "--offline")

    assert (states(report), code) == ({"missing.md": None}, 1)
    assert "moved" in err
    assert len(list(file.parent.glob("*.corrupt-*"))) == 1


@pytest.mark.parametrize("fail_on_new", [[], ["--fail-on-new"]])
def test_damage_that_shows_when_a_run_ends_is_set_aside_and_the_run_goes_on(
    fail_on_new: list[str], write: Callable[..., Path]
) -> None:
    root = write({"a.md": "".join(f"[x](missing-{number}.md)\n" for number in range(900)), "config.toml": ""})
    checked(root, "--offline")
    file = root / ".mirrorcheck" / "history.sqlite"
    data = file.read_bytes()
    half = len(data) // 2
    file.write_bytes(data[:half] + b"\xff" * (len(data) - half))

    report, err, code = checked(root, "--offline", *fail_on_new)
    again, told, _ = checked(root, "--offline")

    assert (len(report["findings"]), code, told) == (900, 1, "")
    assert len(err.splitlines()) == 1
    assert "damaged" in err
    (aside,) = file.parent.glob("*.corrupt-*")
    assert f"it was moved to {aside.name}; this run is not remembered, and the next begins a new history" in err
    assert aside.read_bytes()[half:] == b"\xff" * (len(data) - half)
    assert set(states(again).values()) == {None}


def test_damaged_pages_are_read_again(write: Callable[..., Path]) -> None:
    root = write({"a.md": "[x](missing.md)", "config.toml": ""})
    checked(root, "--offline")
    file = root / ".mirrorcheck" / "history.pages"
    data = file.read_bytes()

    for damaged in (b"", data[: len(data) // 2], data[:-1] + b"?", b"\0" * 999):
        file.write_bytes(damaged)
        report, err, code = checked(root, "--offline")
        assert (states(report), err, code) == ({"missing.md": "known"}, "", 1)


@pytest.mark.parametrize("command", [["check", "--offline"], ["report"], ["history", "list"], ["history", "prune"]])
def test_a_damaged_history_is_an_error_of_no_command_that_python_tells(
    command: list[str], write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.md": "[x](missing.md)", "config.toml": ""})
    monkeypatch.chdir(root)
    run("check", "--offline")
    file = root / ".mirrorcheck" / "history.sqlite"
    whole = file.read_bytes()

    for damaged in (b"", b"text " * 999, whole[:3_000], whole[:4_096] + b"\xff" * (len(whole) - 4_096)):
        file.write_bytes(damaged)
        result = run(*command)
        assert "Traceback" not in result.err
        assert result.code in ({1} if "check" in command else {0, 2})
        assert damaged == b"" or "damaged" in result.err


def test_a_live_site_has_a_history_too(write: Callable[..., Path]) -> None:
    site = {
        "/": says(200, b"<a href=gone>1</a><a href=flaps>2</a>", *HTML),
        "/robots.txt": says(404),
        "/sitemap.xml": says(404),
        "/gone": says(410),
        "/flaps": turns(says(200, b"<p>here", *HTML), says(410)),
    }
    with running(site) as lab:
        root = write({"config.toml": CONFIG})
        nights = []
        for _ in range(2):
            process = started("check", lab.url("/"), "--format", "json", cwd=root)
            nights.append(json.loads(process.communicate(timeout=PATIENCE)[0]))

    assert [states(night) for night in nights] == [{"gone": None}, {"gone": "known", "flaps": "new"}]


# --- who has a history


def test_only_who_has_a_configuration_or_asks_for_it_has_a_history(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = write({"a.md": "[x](missing.md)"})
    monkeypatch.chdir(tmp_path)

    run("check", root, "--offline")
    run("page", root / "a.md", "--offline")
    assert [name.name for name in root.iterdir()] == ["a.md"]

    run("check", root, "--offline", "--history", tmp_path / "h.sqlite")
    assert (tmp_path / "h.sqlite").exists()

    (root / ".mirrorcheck").mkdir()
    run("page", root / "a.md", "--offline")
    run("check", root / "a.md", "--offline")
    assert list((root / ".mirrorcheck").iterdir()) == []
    run("check", root, "--offline", "--no-history")
    assert list((root / ".mirrorcheck").iterdir()) == []
    run("check", root, "--offline")
    assert (root / ".mirrorcheck" / "history.sqlite").exists()
    report = run("check", root, "--offline", "--format", "json").report
    assert (report["totals"]["pages"], states(report)["missing.md"]) == (1, "known")


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("initdb"))])
def test_a_mirror_whose_name_is_no_text_has_a_history_too(
    database: str, write: Callable[..., Path], run: Callable[..., Any], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    root = write({"a.md": "[x](missing.md)"}, os.fsdecode(b"m\xff \xe4"))
    history = tmp_path / "h.sqlite" if database == "sqlite" else request.getfixturevalue("postgresql").afresh()
    command = "check", root, "--offline", "--history", history, "--exclude", os.fsdecode(b"\xff"), "--format", "json"

    nights = [states(run(*command).report)["missing.md"] for _ in range(2)]

    assert nights == [None, "known"]


def test_checks_that_look_at_other_things_are_not_compared(write: Callable[..., Path]) -> None:
    root = write({"a.md": "[x](missing.md)\n\n<a href='b c'>", "config.toml": ""})
    checked(root, "--offline")

    other, _, _ = checked(root, "--offline", "--select", "local")
    same, _, _ = checked(root, "--offline")

    assert set(states(other).values()) == {None}
    assert set(states(same).values()) == {"known"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["check", "--fail-on-new", "--no-history"], "needs a history", id="new-beside-what"),
        pytest.param(["check", "a.md", "--history", "h.sqlite"], "needs a whole mirror", id="a-page"),
        pytest.param(["check", "--history", ""], "not the name of a file; --no-history", id="no-name"),
        pytest.param(["check", "--history", "postgresql:/x"], "cannot be read; write it like", id="no-url"),
        pytest.param(["check", "--confirm", "often"], "is not a duration", id="confirm"),
        pytest.param(["report", "--history", "none.sqlite"], "no such history", id="no-file"),
        pytest.param(["report", "--compare", "1", "7"], "no complete run 7", id="no-run"),
        pytest.param(["report", "--compare", "1", "1", "--run", "1"], "--compare names the runs", id="two-ways"),
        pytest.param(["report", "--since", "ever"], "is not a duration", id="since"),
        pytest.param(["history", "show", "https://example.org/"], "knows no such target", id="no-target"),
    ],
)
def test_mistakes_are_said_in_a_line(
    arguments: list[str],
    message: str,
    write: Callable[..., Path],
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(write({"a.md": "[x](a.md)", "config.toml": ""}))
    run("check", "--offline")

    result = run(*arguments, *(["--offline"] if arguments[0] == "check" else []))

    assert result.code == 2
    assert message in result.err


def test_the_commands_of_the_history(write: Callable[..., Path]) -> None:
    with running({"/gone": says(410), "/moved": to("/gone")}) as lab:
        root = write({"a.md": page(lab, "/gone", "/moved"), "config.toml": CONFIG})
        for _ in range(2):
            checked(root)

        def said(*arguments: str) -> str:
            return started(*arguments, cwd=root).communicate(timeout=PATIENCE)[0]

        listed = said("history", "list")
        shown = said("history", "show", lab.url("/moved") + "#part")
        pruned = said("history", "prune", "--keep", "0s")
        left = said("history", "list")

    assert [line.split()[0] for line in listed.splitlines()] == ["1", "2"]
    assert "2 errors" in listed
    assert "410" in shown
    assert f"  301 to {lab.url('/gone')}" in shown
    assert "2 runs in a row" in shown
    assert pruned.startswith("1 run forgotten")
    assert [line.split()[0] for line in left.splitlines()] == ["2"]


def test_a_check_without_a_history_does_not_load_sqlite(write: Callable[..., Path]) -> None:
    root = write({"a.md": "[x](a.md)"})
    program = "import sys; from checker import cli; cli.run(sys.argv[1:], stdout=sys.stdout, stderr=sys.stderr); "
    program += "print(sorted({'sqlite3', 'checker.history.store', 'checker.history.run'} & sys.modules.keys()))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command: list[str | Path] = [sys.executable, "-c", program, "check", root, "--offline"]
    result = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=root, timeout=PATIENCE, check=True
    )

    assert result.stdout.endswith("[]\n")


def past(report: dict[str, Any], name: str) -> list[tuple[str, str]]:
    return [(finding["rule"], finding["reference"].rpartition("/")[2]) for finding in report[name]]


def test_a_target_that_is_not_asked_for_any_more_is_not_fixed(write: Callable[..., Path]) -> None:
    with running({"/gone": says(410), "/lost": says(404)}) as lab:
        root = write({"a.md": page(lab, "/gone", "/lost"), "config.toml": CONFIG})
        checked(root)
        (root / "config.toml").write_text(CONFIG + 'exclude = ["/gone"]\n')
        second, _, _ = checked(root)
        write({"a.md": page(lab, "/gone")})
        third, _, _ = checked(root)
        (root / "config.toml").write_text(CONFIG)
        fourth, _, _ = checked(root)

    assert past(second, "unchecked") == [("remote/gone", "gone")]
    assert second["fixed"] == []
    assert (past(third, "unchecked"), past(third, "fixed")) == (
        [("remote/gone", "gone")],
        [("remote/not-found", "lost")],
    )
    assert states(fourth) == {"gone": "known"}


def test_a_night_that_cannot_tell_fixes_nothing(write: Callable[..., Path]) -> None:
    site = {
        "/lost": turns(*[says(404)] * 2, says(403), says(403), says(404)),
        "/page": turns(says(200), says(503), says(503), says(200)),  # a 503 is asked again as browsers ask
    }
    with running(site) as lab:
        root = write({"a.md": page(lab, "/lost", "/page#nowhere"), "config.toml": CONFIG})
        first, second, third = (checked(root)[0] for _ in range(3))

    assert sorted(f["rule"] for f in first["findings"]) == ["remote/missing-fragment", "remote/not-found"]
    assert sorted(past(second, "unchecked")) == [
        ("remote/missing-fragment", "page#nowhere"),
        ("remote/not-found", "lost"),
    ]
    assert second["fixed"] == []
    assert {f["rule"]: f["state"] for f in third["findings"]} == {
        "remote/missing-fragment": "known",
        "remote/not-found": "known",
    }
    assert sorted(rule for rule, _ in past(third, "fixed")) == ["remote/blocked", "remote/server-error"]
