"""Runs whose remote URLs a cluster asks for: what servers see and what is reported is as by one machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil  # of dask
import pytest
from corpus import SAMPLES
from lab import PATIENCE
from lab.assets import serves
from lab.behaviours import HTML, PAGE, says
from lab.cluster import Cluster, cluster
from lab.process import ALLOWED, html, running, started, until
from lab.server import Behaviour, Exchange, Lab

pytestmark = pytest.mark.slow

HOSTS = [f"127.0.0.{number}" for number in range(2, 14)]
POLITE = ALLOWED.replace("interval = 0.0", "interval = 0.02\nper_host = 2")
Seen = Counter[tuple[str, str, str]]


async def elsewhere(exchange: Exchange) -> None:
    """A redirect to another host."""
    at = HOSTS.index(exchange.asked.host) + 5
    there = exchange.lab.url("/ok" + exchange.asked.path, HOSTS[at % len(HOSTS)])
    await exchange.answer(301, b"", (f"Location: {there}",))


KINDS: dict[str, Behaviour] = {
    "/ok/*": says(200, PAGE, *HTML),
    "/gone/*": says(410),
    "/fails/*": says(503),
    "/moved/*": elsewhere,
}


def linked(write: Callable[..., Path], lab: Lab, each: int = 4, config: str = POLITE) -> Path:
    """Pages with links of all kinds to all hosts, with fragments, and with pictures."""
    pages = {}
    for host in HOSTS:
        links = [lab.url(f"/{kind}/{number}", host) for kind in ("ok", "gone", "moved") for number in range(each)]
        links += [lab.url("/ok/page#here", host), lab.url("/ok/page#nowhere", host), lab.url("/fails/1", host)]
        pages[f"{host}.md"] = "".join(f"<{link}>\n" for link in links) + f"![x]({lab.url('/gone/picture', host)})"
    return write({**pages, "config.toml": config})


def check(root: Path, *options: str | Path, source: str = ".") -> subprocess.Popen[str]:
    return started("check", source, "--format", "json", "-q", *options, cwd=root)


def ended(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    out, err = process.communicate(timeout=PATIENCE)
    report: dict[str, Any] = json.loads(out) if out else {}
    return process.returncode, {name: report[name] for name in report if name not in {"started", "finished"}}, err


def seen(lab: Lab) -> Seen:
    """What the lab was asked, how often; its log begins anew."""
    asked, lab.log = Counter((each.host, each.method, each.path) for each in lab.log), []
    return asked


def outposts(*processes: subprocess.Popen[Any]) -> list[int]:
    """The processes that ask for a worker, or for a run that has its workers in itself."""
    found = []
    for process in processes:
        for each in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else ():
            try:
                found += [each.pid] if any("checker.run.posted" in word for word in each.cmdline()) else []
            except psutil.Error:
                continue
    return found


@pytest.mark.parametrize("local", [False, True], ids=["two workers", "local:2"])
def test_servers_see_and_reports_say_the_same_as_by_one_machine(
    two: Cluster, write: Callable[..., Path], *, local: bool
) -> None:
    with running(KINDS, HOSTS) as lab:
        root = linked(write, lab)
        alone = ended(check(root, "--no-history"))
        asked = seen(lab)
        lab.peak.clear()
        by_cluster = ended(check(root, "--no-history", "--cluster", "local:2" if local else two.file))

        assert alone[0] == 1
        assert {finding["rule"] for finding in alone[1]["findings"]} >= {"remote/gone", "remote/moved"}
        assert by_cluster == alone
        assert seen(lab) == asked
        assert max(lab.peak.values()) <= 2


def test_pictures_are_decoded_beside_those_who_ask(two: Cluster, write: Callable[..., Path]) -> None:
    picture = SAMPLES["still.gif"]()
    at = len(picture) // 2
    damaged = picture[:at] + bytes(len(picture) // 20) + picture[at + len(picture) // 20 :]
    kind = "Content-Type: image/gif"
    pictures = {"/whole.gif": serves(picture, kind), "/damaged.gif": serves(damaged, kind)}
    with running(pictures, HOSTS) as lab:
        links = [lab.url(path, host) for path in pictures for host in HOSTS[:4]]
        root = write({"a.md": "".join(f"![x]({link})\n" for link in links), "config.toml": ALLOWED})
        alone = ended(check(root, "--no-history", "--deep"))
        by_cluster = ended(check(root, "--no-history", "--deep", "--cluster", two.file))

    assert [finding["rule"] for finding in alone[1]["findings"]].count("asset/undecodable") == 4
    assert by_cluster == alone


def test_each_worker_asks_for_its_hosts_and_nobody_else_does(two: Cluster, write: Callable[..., Path]) -> None:
    inside: list[set[int]] = []

    async def watched(exchange: Exchange) -> None:
        inside.append(set(outposts(*two.workers)))
        await exchange.answer(200, PAGE, HTML)

    with running({"/ok/*": watched}, HOSTS) as lab:
        root = write({"a.md": "".join(f"<{lab.url('/ok/1', host)}>\n" for host in HOSTS), "config.toml": ALLOWED})
        assert ended(check(root, "--no-history", "--cluster", two.file))[0] == 0

    assert {len(each) for each in inside} == {2}
    until(lambda: not outposts(*two.workers))


def test_the_history_stays_here_with_what_is_fresh_and_the_budget(two: Cluster, write: Callable[..., Path]) -> None:
    def nights(root: Path, lab: Lab, *options: str | Path) -> list[tuple[Any, Seen]]:
        kept = ("--history", root.parent / f"history{len(options)}", *options)
        return [(ended(check(root, *kept, *more)), seen(lab)) for more in ((), (), ("--budget", "9"))]

    with running(KINDS, HOSTS) as lab:
        root = linked(write, lab, config=POLITE + "[history.fresh]\nok = '1d'\n")
        alone = nights(root, lab)
        by_cluster = nights(root, lab, "--cluster", two.file)

    assert [night[0][0] for night in alone] == [1, 1, 1]
    assert alone[1][1].total() < alone[0][1].total()
    assert [night[0] for night in by_cluster] == [night[0] for night in alone]
    assert [night[1] for night in by_cluster[:2]] == [night[1] for night in alone[:2]]
    assert {len({(host, path) for host, _, path in night[2][1]}) for night in (alone, by_cluster)} == {9}


def test_a_worker_that_is_killed_loses_no_target(tmp_path: Path, write: Callable[..., Path]) -> None:
    with running(KINDS, HOSTS) as lab, cluster(tmp_path / "dask") as made:
        root = linked(write, lab, each=8)
        alone = ended(check(root, "--no-history"))
        asked = seen(lab)
        until(lambda: made.seen()["workers"] == 2)
        lab.peak.clear()
        process = check(root, "--no-history", "--cluster", made.file)
        until(lambda: len(lab.log) > asked.total() // 3)
        made.workers[-1].kill()

        assert ended(process) == alone
        again = seen(lab)
        assert asked.keys() <= again.keys()
        assert max(again[key] - asked[key] for key in again) == 1
        assert max(lab.peak.values()) <= 2


def test_a_process_that_asks_and_crashes_costs_its_worker_nothing(two: Cluster, write: Callable[..., Path]) -> None:
    with running(KINDS, HOSTS) as lab:
        root = linked(write, lab, each=8)
        alone = ended(check(root, "--no-history"))
        asked = seen(lab)
        process = check(root, "--no-history", "--cluster", two.file)
        until(lambda: len(lab.log) > asked.total() // 3)
        os.kill(outposts(*two.workers)[0], signal.SIGKILL)
        by_cluster = ended(process)

    assert by_cluster == alone
    assert all(worker.poll() is None for worker in two.workers)


def test_a_walk_keeps_its_site_and_has_others_ask_elsewhere(two: Cluster, write: Callable[..., Path]) -> None:
    root = write({"config.toml": ALLOWED})
    with running({}, HOSTS) as lab:
        site, there = lab.url("/site/"), [lab.url(f"/gone/{number}", HOSTS[number % 5]) for number in range(20)]
        behaviours = {
            **KINDS,
            "/site/": html("a", "b", *there[:10]),
            "/site/a": html(*there[5:]),
            "/site/b": html("nowhere"),
        }
        lab._behaviours.update(behaviours)
        alone = ended(check(root, "--no-history", source=site))
        asked = seen(lab)
        by_cluster = ended(check(root, "--no-history", "--cluster", two.file, source=site))

        assert alone[0] == 1
        assert by_cluster == alone
        assert seen(lab) == asked


@pytest.mark.parametrize("how", ["interrupted", "killed", "time limit"])
def test_a_run_that_ends_early_leaves_nobody_asking(two: Cluster, write: Callable[..., Path], how: str) -> None:
    with running(KINDS, HOSTS) as lab:
        root = linked(write, lab, each=80)
        limit = ("--time-limit", "4") if how == "time limit" else ()
        process = check(root, "--no-history", "--cluster", two.file, *limit)
        until(lambda: len(lab.log) > 100)
        if how != "time limit":
            process.send_signal(signal.SIGINT if how == "interrupted" else signal.SIGKILL)
        code, report, err = ended(process)

        assert code == {"interrupted": 130, "killed": -signal.SIGKILL, "time limit": 0}[how] or report, err
        if how != "killed":
            assert report["totals"]["unchecked"][how] > 0
        until(lambda: two.seen() == {"workers": 2, "clients": 0, "tasks": 0})
        until(lambda: not outposts(*two.workers))


def test_a_machine_without_a_network_says_so(two: Cluster, write: Callable[..., Path]) -> None:
    proxied = ALLOWED.replace('proxy = ""', 'proxy = "http://127.0.0.1:1"')
    root = write({"a.md": "<http://example.org/1> <http://example.net/2>", "config.toml": proxied})

    alone = ended(check(root, "--no-history"))
    by_cluster = ended(check(root, "--no-history", "--cluster", two.file))

    assert (alone[0], "no network here" in alone[2]) == (2, True)
    assert by_cluster == alone


def test_when_the_last_worker_dies_the_run_waits_for_another(tmp_path: Path, write: Callable[..., Path]) -> None:
    with running(KINDS, HOSTS) as lab, cluster(tmp_path / "dask", 1) as made:
        root = linked(write, lab, each=8)
        alone = ended(check(root, "--no-history"))
        asked = seen(lab)
        until(lambda: made.seen()["workers"] == 1)
        process = check(root, "--no-history", "--cluster", made.file)
        until(lambda: len(lab.log) > asked.total() // 3)
        made.workers[-1].kill()
        made.add()

        assert ended(process) == alone


def test_a_scheduler_that_dies_is_an_error(tmp_path: Path, write: Callable[..., Path]) -> None:
    with running(KINDS, HOSTS) as lab, cluster(tmp_path / "dask") as made:
        root = linked(write, lab, each=200)
        until(lambda: made.seen()["workers"] == 2)
        process = check(root, "--no-history", "--cluster", made.file)
        until(lambda: len(lab.log) > 100)
        address = made.address
        made.scheduler.kill()
        code, report, err = ended(process)
        for worker in made.workers:
            worker.kill()  # they would look for the scheduler for a minute

        assert (code, report) == (2, {})
        assert err.startswith(f"mirrorcheck: --cluster {address}: the scheduler does not answer")
        assert err.count("\n") == 1
