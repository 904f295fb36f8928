"""A page that takes too long, a signal and the time limit end the reading of it, in this process and in workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab import PATIENCE
from lab.behaviours import HTML, says
from lab.process import running

from checker.sweep import budget
from checker.sweep import page as pages

pytestmark = pytest.mark.slow

SLOW = '<!doctype html><title>slow</title><a href="gone.html">g</a>'
QUICK = '<!doctype html><a href="gone.html">g</a>'


def spin() -> None:
    """Take processor time until something breaks in; a minute at most."""
    until = time.process_time() + 60
    while time.process_time() < until:
        pass
    raise AssertionError("nothing broke in")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that are called slow never end, and the budget of any page is short."""
    found = pages.parsed

    def page(context: Any, decoded: Any, kind: Any) -> Any:
        if "<title>slow" in decoded.text:
            spin()
        return found(context, decoded, kind)

    monkeypatch.setattr(pages, "parsed", page)
    monkeypatch.setattr(budget, "SECONDS", 0.3)


@pytest.mark.usefixtures("slow")
def test_where_a_finding_stands_may_take_too_long_but_not_cost_it(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checker.extract.locate.spots", lambda *_: spin())

    findings = run("check", write({"a.html": f"\n\n{QUICK}"}), "--offline", "--format", "json").report["findings"]

    assert [(row["rule"], row["line"]) for row in findings if row["level"] == "error"] == [("local/missing-file", 1)]


@pytest.mark.usefixtures("slow")
def test_the_time_limit_holds_while_a_page_is_read(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "SECONDS", 50)
    root = write({"a.html": QUICK, "b.html": SLOW})

    result = run("check", root, "--offline", "--format", "json", "--time-limit", "1")

    assert result.code == 130
    assert not result.report["complete"]
    assert result.report["totals"]["unchecked"] == {"not read: time limit": 2}


PROGRAM = """
import sys
from checker import cli
from checker.sweep import budget, page as pages
page = pages.parsed
def never(*arguments):
    if "<title>slow" in arguments[1].text:
        print("reading", file=sys.stderr, flush=True)
        {spin}
    return page(*arguments)
pages.parsed = never
sys.exit(cli.run(sys.argv[1:], stdout=sys.stdout, stderr=sys.stderr))
"""
ENDLESS = "while True: pass"
ENDLESS_AND_SOON_SPENT = "budget.SECONDS = 0.3; budget.begin(0)\n        while True: pass"
DEAF = """
        while True:
            try:
                print("deaf", file=sys.stderr, flush=True)
                while True: pass
            except BaseException: pass
"""


def started(spin: str, *arguments: str) -> subprocess.Popen[str]:
    """The command line, once it reads a page that never ends."""
    path = os.pathsep.join(filter(None, sys.path))
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.replace("{spin}", spin), *arguments],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "reading\n"
    return process


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_page_that_takes_more_than_its_budget_costs_only_itself(jobs: str, write: Callable[..., Path]) -> None:
    root = write({"a.html": SLOW, **{f"p{n}.html": QUICK for n in range(400)}})
    # A process of its own: beside the threads that other tests may have left, workers would not be forked.
    process = started(
        ENDLESS_AND_SOON_SPENT, "check", str(root), "--offline", "--jobs", jobs, "--format", "json", "--select", "local"
    )
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    report = json.loads(out)

    unread = [finding for finding in report["findings"] if finding["rule"] == "local/unreadable"]
    assert [(finding["page"], finding["message"]) for finding in unread] == [
        ("a.html", "reading it takes more than 0 s of processor time")
    ], err
    assert len(report["findings"]) == 401
    assert report["complete"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_signal_ends_what_is_being_read(number: signal.Signals, jobs: str, write: Callable[..., Path]) -> None:
    root = write({"a.html": SLOW, **{f"p{n}.html": QUICK for n in range(400)}})
    process = started(ENDLESS, "check", str(root), "--offline", "--jobs", jobs, "--format", "json")
    try:
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()

    assert process.returncode == 130, err
    assert json.loads(out)["complete"] is False
    assert "Traceback" not in err


def test_the_second_signal_ends_the_process_at_once(write: Callable[..., Path]) -> None:
    process = started(DEAF, "check", str(write({"a.html": SLOW})), "--offline", "--format", "json")
    assert process.stderr is not None
    assert process.stderr.readline() == "deaf\n"
    try:
        process.send_signal(signal.SIGTERM)
        assert process.stderr.readline() == "deaf\n"
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.communicate()

    assert process.returncode == -signal.SIGTERM


def test_in_a_thread_pages_have_no_budget_and_are_read(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"a.html": QUICK})
    codes = []
    thread = threading.Thread(target=lambda: codes.append(run("check", root, "--offline").code))

    thread.start()
    thread.join()

    assert codes == [1]


@pytest.mark.usefixtures("slow")
def test_a_live_page_that_the_time_limit_broke_into_is_counted(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "SECONDS", 50)
    site = {"/": says(200, QUICK.encode(), *HTML), "/gone.html": says(200, SLOW.encode(), *HTML)}

    with running(site) as lab:
        report = run("check", lab.url("/"), "--format", "json", "--time-limit", "6", "--no-history").report

    assert report["totals"]["pages"] == 1
    assert report["totals"]["unchecked"]["time limit"] >= 1
