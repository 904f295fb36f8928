"""Whole runs of several mirrors that keep their history in one database of PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab import PATIENCE
from lab import postgresql as lab
from lab.behaviours import Do, hangs, says, to
from lab.process import ALLOWED, html, nobody, running, started, until
from lab.server import Behaviour, Exchange, Lab

pytestmark = [pytest.mark.needs("initdb"), pytest.mark.slow]
CONFIG = ALLOWED + "soft_404 = false\nsecond_pass = false\n"


def soon(do: Do) -> Do:
    async def later(exchange: Exchange) -> None:
        await asyncio.sleep(0.02)
        await do(exchange)

    return later


SITE: dict[str, Behaviour] = {"/ok/*": soon(html()), "/gone/*": soon(says(410)), "/moved/*": soon(to("/ok/there"))}
Server = lab.Server
SECRETS = ("p@ss", "p%40ss", "word%3A1", "word:1")


@pytest.fixture
def url(postgresql: Server) -> str:
    """The URL of a database without a history."""
    return postgresql.afresh()


def checked(root: Path, url: str, *options: str) -> tuple[dict[str, Any], str, int]:
    """(report, standard error, exit code) of a check of the mirror that the configuration names."""
    process = started("check", "--format", "json", "--ignore", "mirror/orphan", "--history", url, *options, cwd=root)
    out, err = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in err
    return (json.loads(out) if out else {}), err, process.returncode


def said(root: Path, *arguments: str) -> str:
    process = started(*arguments, cwd=root)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    return out


def states(report: dict[str, Any]) -> dict[str, str | None]:
    return {finding["reference"].rpartition("/")[2]: finding["state"] for finding in report["findings"]}


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in {"started", "finished"}}


def mirror(lab: Lab, write: Callable[..., Path], targets: int = 60) -> Path:
    """A mirror whose pages refer to targets of all kinds, with fragments and without, several pages to each."""
    draw = random.Random(5)  # noqa: S311 - a seed, no secret
    urls = [lab.url(f"/{kind}/{number}") for number in range(targets // 4) for kind in ("ok", "ok", "moved", "gone")]
    files = {}
    for number in range(10):
        links = (f"[x]({url}{draw.choice(['', '', '#here', '#nowhere'])})" for url in draw.sample(urls, targets // 3))
        files[f"{number}.md"] = "\n\n".join(links)
    return write({**files, "config.toml": CONFIG})


def test_a_database_tells_what_a_file_tells(write: Callable[..., Path], url: str, tmp_path: Path) -> None:
    with running(SITE) as lab:
        root = mirror(lab, write)
        told = []
        for history in (os.fspath(tmp_path / "h.sqlite"), url):
            nights = []
            for options in ((), (), ("--confirm", "9"), ("--budget", "20"), ("--time-limit", "60s")):
                report, err, code = checked(root, history, *options)
                nights.append((timeless(report), err, code))
            (root / "0.md").unlink()
            nights.append((timeless(checked(root, history)[0]), "", 1))
            write({"0.md": f"<{lab.url('/gone/new')}>"})
            kept = "--format", "json", "--history", history
            nights.append((json.loads(said(root, "report", *kept)), "", 0))
            for name in ("started", "finished"):
                del nights[-1][0][name]
            told.append(nights)
            mirror(lab, write)

    assert told[0] == told[1]
    assert {finding["state"] for finding in told[0][1][0]["findings"]} == {"known"}
    assert told[0][5][0]["fixed"] or told[0][5][0]["unchecked"]


def test_two_mirrors_keep_one_memory_at_once(write: Callable[..., Path], url: str) -> None:
    with running({"/slow": hangs, "/gone": says(410)}) as lab:
        one = write({"a.md": f"<{lab.url('/slow')}>", "config.toml": CONFIG}, "one")
        two = write({"a.md": f"<{lab.url('/gone')}>", "config.toml": CONFIG}, "two")
        first = started("check", "--history", url, cwd=one)
        until(lambda: bool(lab.log))
        report, err, code = checked(two, url)
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=PATIENCE)
        again, _, _ = checked(two, url)

    assert (states(report), code, first.returncode) == ({"gone": None}, 1, 130), err
    assert states(again) == {"gone": "known"}
    listed = said(two, "history", "list", "--history", url).splitlines()
    assert [(line.split()[0], f"{two.name} " in line) for line in listed] == [("1", False), ("2", True), ("3", True)]
    shown = said(one, "history", "show", lab.url("/gone"), "--history", url)
    assert "410" in shown
    assert "2 runs in a row" in shown


def test_a_report_is_of_the_mirror_that_is_here(write: Callable[..., Path], url: str) -> None:
    roots = [write({"a.md": f"[x](missing-{name})", "config.toml": ""}, name) for name in ("one", "two", "three")]
    for root in roots[:2]:
        checked(root, url, "--offline")
    reports = [json.loads(said(root, "report", "--format", "json", "--history", url)) for root in roots[:2]]
    none = started("report", "--history", url, cwd=roots[2])
    _, err = none.communicate(timeout=PATIENCE)
    other = json.loads(said(roots[2], "report", "--run", "1", "--format", "json", "--history", url))
    said(roots[0], "report", "--history", url)

    assert [states(report) for report in reports] == [{"missing-one": None}, {"missing-two": None}]
    assert "three yet; `mirrorcheck history list` shows those of others" in err
    assert states(other) == {"missing-one": None}
    assert "missing-one" in (roots[0] / ".mirrorcheck" / "health.html").read_text("utf-8")


def test_a_mirror_with_an_address_is_the_same_on_all_machines(write: Callable[..., Path], url: str) -> None:
    config = '[mirror]\npublished = ["https://mirror.example/"]\n'
    roots = [write({"a.md": "[x](missing.md)", "config.toml": config}, name) for name in ("here", "there")]
    nights = [states(checked(root, url, "--offline")[0]) for root in roots]

    assert nights == [{"missing.md": None}, {"missing.md": "known"}]


def test_two_runs_of_a_mirror_do_not_write_at_once(write: Callable[..., Path], url: str) -> None:
    with running({"/hangs": hangs}) as lab:
        root = write({"a.md": f"<{lab.url('/hangs')}>", "config.toml": CONFIG})
        first = started("check", "--quiet", "--history", url, cwd=root)
        until(lambda: bool(lab.log))
        _, told, code = checked(root, url)
        waiting = started("check", "--wait", "--offline", "--format", "json", "--history", url, cwd=root)
        time.sleep(0.5)
        waits = waiting.poll() is None
        first.terminate()
        first.communicate(timeout=PATIENCE)
        out, _ = waiting.communicate(timeout=PATIENCE)

    assert (code, len(told.splitlines())) == (2, 1)
    assert f"another run writes to it (process {first.pid} on " in told
    assert waits
    assert json.loads(out)["complete"] is True


def test_a_killed_run_is_taken_up_by_the_next(write: Callable[..., Path], url: str, tmp_path: Path) -> None:
    with running(SITE) as lab:
        root = mirror(lab, write)
        whole, err, _ = checked(root, os.fspath(tmp_path / "whole.sqlite"))
        requests = len(lab.log)
        process = started("check", "--ignore", "mirror/orphan", "--history", url, cwd=root)
        while len(lab.log) < requests + requests // 2 and process.poll() is None:
            time.sleep(0.002)
        process.kill()
        process.communicate()
        base = len(lab.log)
        again, err, code = checked(root, url, "--wait")  # until the server has seen that it is dead

    assert timeless(again) == timeless(whole), err
    assert code == 1
    assert "continues run 1" in err
    assert len(lab.log) - base < requests
    assert max(Counter(each.path for each in lab.log[base:] if each.path.startswith("/moved")).values()) <= 2


def test_a_server_that_goes_away_costs_the_history_and_not_the_report(
    write: Callable[..., Path], url: str, postgresql: Server
) -> None:
    with running({"/slow": hangs, "/gone": says(410)}) as lab:
        root = write({"a.md": f"<{lab.url('/gone')}>\n\n<{lab.url('/slow')}>", "config.toml": CONFIG})
        process = started(
            "check", "--ignore", "mirror/orphan", "--time-limit", "3s", "--format", "json", "--history", url, cwd=root
        )
        until(lambda: len(lab.log) > 1)
        time.sleep(0.5)
        postgresql.run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE 'mirrorcheck:%'"
        )
        out, err = process.communicate(timeout=PATIENCE)
        again, told, _ = checked(root, url, "--time-limit", "1s")

    assert process.returncode == 2
    assert states(json.loads(out)) == {"gone": None}
    assert len(err.splitlines()) == 1
    assert "what was written until then is kept, and the next run goes on from there" in err
    assert "continues run 1" in told
    assert states(again) == {"gone": None}


def commands(url: str) -> list[list[str]]:
    return [
        ["check", "--offline", "--history", url],
        ["report", "--history", url],
        ["history", "list", "--history", url],
        ["history", "show", "https://example.org/", "--history", url],
        ["history", "prune", "--history", url],
    ]


def test_mistakes_are_said_in_a_line_without_the_password(
    write: Callable[..., Path], run: Callable[..., Any], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write({"a.md": "[x](missing.md)", "config.toml": ""}))
    with nobody() as there:
        unreachable = there.replace("http://", "postgresql://keeper:p%40ss@")
        wrong = {
            url.replace("keeper:p%40ss", "keeper:p%40ssing"): "password authentication failed",
            url.replace("/mirrors", "/elsewhere"): 'database "elsewhere" does not exist',
            url.replace("p%40ss%2F", "p@ss/"): "cannot be read; write it like",
            unreachable: "the history cannot be opened",
        }
        for named, message in wrong.items():
            for command in commands(named):
                result = run(*command)
                assert (result.code, result.out) == (2, ""), command
                assert message in result.err
                assert len(result.err.splitlines()) == 1
                assert not any(secret in result.err for secret in SECRETS)


def test_a_database_that_the_configuration_names_is_used_by_all_commands(
    write: Callable[..., Path], run: Callable[..., Any], url: str, monkeypatch: pytest.MonkeyPatch, postgresql: Server
) -> None:
    root = write({"a.md": "[x](missing.md)", "config.toml": f'[history]\nfile = "{url}"\n'})
    monkeypatch.chdir(root)
    monkeypatch.setenv("MIRRORCHECK_TRUST_CONFIG", "1")

    nights = [
        states(run("check", "--offline", "--ignore", "mirror/orphan", "--format", "json").report) for _ in range(3)
    ]
    listed = run("history", "list").out
    told = run("report", "--format", "json").report
    page = run("report")
    pruned = run("history", "prune", "--keep", "0s")
    mended = run("fix", "--offline")

    assert nights == [{"missing.md": None}, {"missing.md": "known"}, {"missing.md": "known"}]
    assert (len(listed.splitlines()), states(told)) == (3, {"missing.md": "known"})
    assert (root / ".mirrorcheck" / "health.html").exists(), page.err
    assert (root / ".mirrorcheck" / "history.pages").exists()
    assert not (root / ".mirrorcheck" / "history.sqlite").exists()
    assert pruned.out.startswith("2 runs forgotten; ")
    assert mended.err == "nothing to mend\n"
    kept = postgresql.run("SELECT string_agg(t::text, ' ') FROM (SELECT * FROM mirrorcheck.run, mirrorcheck.series) t")
    texts = (
        str(kept) + listed + page.out + page.err + json.dumps(told) + (root / ".mirrorcheck/health.html").read_text()
    )
    assert not any(secret in texts for secret in SECRETS)


def test_without_a_folder_of_ours_nothing_is_littered(
    write: Callable[..., Path], run: Callable[..., Any], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.md": "[x](missing.md)"})
    monkeypatch.chdir(root)

    first, second = (
        states(run("check", "--offline", "--ignore", "mirror/orphan", "--format", "json", "--history", url).report)
        for _ in "12"
    )
    page = run("report", "--history", url)

    assert (first, second) == ({"missing.md": None}, {"missing.md": "known"})
    assert [each.name for each in root.iterdir()] == ["a.md"]
    assert "no folder .mirrorcheck for the health page here; --format html=FILE writes it" in page.err


def test_a_found_configuration_may_not_send_findings_to_a_database(
    write: Callable[..., Path], run: Callable[..., Any], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = f'[history]\nfile = "{url}?password=p%40ss"\n'
    monkeypatch.chdir(write({"a.md": "[x](missing.md)", "config.toml": config}))

    refused = run("check", "--offline")
    granted = [run("check", "--offline", *grant).code for grant in (("--no-history",), ("--history", url))]

    assert refused.code == 2
    assert "send what is found to a database by [history] file (--history postgresql://***@127" in refused.err
    assert not any(secret in refused.err for secret in SECRETS)
    assert granted == [1, 1]


PROGRAM = """
import sys
if sys.argv[1] == "without":
    sys.modules["psycopg"] = None
from checker import cli
code = cli.run(sys.argv[2:], stdout=sys.stdout, stderr=sys.stderr)
print(code, sorted({"psycopg", "checker.history.server"} & {name for name, module in sys.modules.items() if module}))
"""


@pytest.mark.parametrize("how", ["with", "without"])
def test_only_who_names_a_database_needs_its_driver(how: str, write: Callable[..., Path], url: str) -> None:
    root = write({"a.md": "[x](a.md)", "config.toml": ""})
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    def ran(*arguments: str) -> str:
        command = [sys.executable, "-c", PROGRAM, how, *arguments]
        result = subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=root, timeout=PATIENCE, check=True
        )
        return result.stdout + result.stderr

    for arguments in (("check", "--offline"), ("history", "list"), ("check", "--offline", "--no-history")):
        assert "[]\n" in ran(*arguments)
    told = ran("check", "--offline", "--history", url)
    assert ("pip install 'mirrorcheck[postgresql]'" in told) == (how == "without")
    assert told.startswith("2 []") if how == "without" else "'psycopg'" in told
