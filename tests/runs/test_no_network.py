"""Runs without a network: a proxy that is not there or refuses, a resolver that cannot tell, and one that can."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab.behaviours import says
from lab.dns import Answers, Names
from lab.process import nobody, running, started, through
from lab.server import Behaviour

from checker.config.schema import Config, RemoteTable
from checker.extract import Options
from checker.model import Report, Unchecked, Verdict
from checker.run import check
from checker.run.frontier import Frontier
from checker.run.job import Job

PAGES = {
    "a.md": "[x](https://host.example.org/x#part) [y](http://site.example.net/y) ![z](https://cdn.example.com/z.png)\n",
    "b.md": "[a](a.md) [gone](gone.md)\n",
}


def said(root: Path, *arguments: str) -> tuple[str, str, int]:
    process = started(*arguments, cwd=root)
    out, err = process.communicate(timeout=60)
    return out, err, process.returncode


def checked(root: Path, *options: str) -> tuple[dict[str, Any], str, int]:
    out, err, code = said(root, "check", "--all", "--format", "json", *options)
    return json.loads(out), err, code


def test_a_proxy_that_is_not_there_leaves_remote_targets_unchecked_and_reports_the_rest(
    write: Callable[..., Path],
) -> None:
    with nobody() as proxy:
        report, err, code = checked(write({**PAGES, "config.toml": through(proxy)}))

    assert code == 2
    assert f"mirrorcheck: {Unchecked.NO_NETWORK}: the proxy does not connect" in err
    assert "so 3 remote targets are unchecked" in err
    assert report["totals"]["unchecked"] == {Unchecked.NO_NETWORK: 3}
    assert report["totals"]["verdicts"]["ok"] == 1
    assert {row["verdict"] for row in report["references"] if row["target"].startswith("http")} == {"unchecked"}
    rules = {finding["rule"] for finding in report["findings"]}
    assert "local/missing-file" in rules
    assert not any(rule.startswith("remote/") for rule in rules)


@pytest.mark.parametrize("status", [403, 407, 502, 503])
def test_a_proxy_that_refuses_everything_is_no_network(status: int, write: Callable[..., Path]) -> None:
    with running({"*": says(status)}) as lab:
        root = write({"a.md": "[x](http://host.example.org/x)", "config.toml": through(lab.url(""))})

        report, err, code = checked(root)

    assert (code, report["totals"]["unchecked"]) == (2, {Unchecked.NO_NETWORK: 1})
    assert "the proxy does not connect" in err


def test_a_proxy_that_reaches_one_host_is_a_network(write: Callable[..., Path]) -> None:
    with running({"*": says(502), "http://host.example.org/there": says(200)}) as lab:
        pages = {"a.md": "[x](http://host.example.org/there) [y](http://site.example.net/y)"}
        report, _, code = checked(write({**pages, "config.toml": through(lab.url(""))}))

    assert code == 1
    assert report["totals"]["unchecked"] == {}
    assert report["totals"]["verdicts"]["broken"] == 1


def test_a_night_without_a_network_is_no_night(write: Callable[..., Path]) -> None:
    behaviours: dict[str, Behaviour] = {"*": says(410), "http://site.example.net/fine": says(200)}
    with running(behaviours) as lab, nobody() as proxy:
        pages = {"a.md": "[x](http://host.example.org/x) [y](http://site.example.net/fine) [z](z.md)"}
        root = write({**pages, "config.toml": through(lab.url(""))})
        first, _, _ = checked(root)
        before = [said(root, "history", "list"), said(root, "history", "show", "http://host.example.org/x")]

        (root / "config.toml").write_text(through(proxy))
        dark, err, code = checked(root)

        assert [said(root, "history", "list"), said(root, "history", "show", "http://host.example.org/x")] == before
        (root / "config.toml").write_text(through(lab.url("")))
        third, _, _ = checked(root)
        listed, _, _ = said(root, "history", "list")

    assert code == 2, err
    assert {f["rule"]: f["state"] for f in dark["findings"]} == {
        "local/missing-file": "known",
        "mirror/orphan": "known",
    }
    assert "fixed" not in dark
    assert {finding["state"] for finding in third["findings"]} == {"known"}
    assert third["fixed"] == []
    assert len(third["findings"]) == len(first["findings"])
    assert [line.split()[0] for line in listed.splitlines()] == ["1", "2"]


def test_a_first_night_without_a_network_leaves_nothing_to_take_up(write: Callable[..., Path]) -> None:
    with nobody() as proxy:
        root = write({**PAGES, "config.toml": through(proxy)})
        checked(root)
        _, err, _ = checked(root)

        assert "takes up" not in err
        assert said(root, "history", "list")[0] == ""


@pytest.mark.parametrize("command", ["check", "page"])
def test_a_live_start_that_cannot_be_reached_for_want_of_a_network_says_so(
    command: str, write: Callable[..., Path]
) -> None:
    with nobody() as proxy:
        root = write({"config.toml": through(proxy)})
        out, err, code = said(root, command, "http://mirror.example.org/", "--config", "config.toml")
        listed, _, _ = said(root, "history", "list")

    assert (out, code, listed) == ("", 2, "")
    assert f"http://mirror.example.org/: {Unchecked.NO_NETWORK}: the proxy does not connect" in err


def test_a_baseline_is_not_written_without_a_network(write: Callable[..., Path]) -> None:
    with nobody() as proxy:
        root = write({**PAGES, "config.toml": through(proxy)})
        _, err, code = said(root, "baseline", "write")

    assert code == 2
    assert f"{Unchecked.NO_NETWORK}: " in err
    assert not (root / "baseline.toml").exists()


async def resolved(root: Path, table: dict[str, Answers]) -> Report:
    """A check with these names, of a mirror that refers to them."""
    remote = RemoteTable(allow_private=("127.0.0.0/8",), interval=0.0, proxy="", retries=0, second_pass=False)
    names = Names(table)

    def network(options: Options) -> Frontier:
        return Frontier(remote, options, resolver=lambda: names)

    return await check.check(Job(config=Config(remote=remote), source="mirror", network=network), root)


NAMES = ("one.example.org", "two.example.net")


@pytest.mark.asyncio
async def test_names_that_no_resolver_can_tell_are_unchecked(write: Callable[..., Path]) -> None:
    root = write({"a.md": " ".join(f"<http://{name}/>" for name in NAMES)})

    report = await resolved(root, {name: [socket.EAI_AGAIN] for name in NAMES})

    assert report.totals.unchecked == {Unchecked.NO_NETWORK: 2}
    assert "could not be looked up" in report.cut_off
    assert [finding.rule for finding in report.findings] == ["mirror/orphan"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("other", "rules"),
    [
        pytest.param([["127.0.0.1"]], ["remote/resolver"], id="beside-one-that-answers"),
        pytest.param([socket.EAI_NONAME], ["remote/resolver", "remote/dns"], id="beside-one-that-is-not"),
    ],
)
async def test_a_name_that_could_not_be_looked_up_is_suspect_where_others_are_told(
    other: Answers, rules: list[str], write: Callable[..., Path]
) -> None:
    with running({"/": says(200)}) as lab:
        root = write({"a.md": " ".join(f"<{lab.url('/', name)}>" for name in NAMES)})

        report = await resolved(root, {NAMES[0]: [socket.EAI_AGAIN], NAMES[1]: other})

    remote = [finding for finding in report.findings if finding.rule.startswith("remote/")]
    assert [finding.rule for finding in remote] == rules
    assert [finding.verdict for finding in remote] == ["suspect", *["broken"] * (len(rules) - 1)]
    assert report.cut_off == ""


@pytest.mark.asyncio
async def test_one_name_that_does_not_exist_is_broken(write: Callable[..., Path]) -> None:
    root = write({"a.md": "<http://one.example.org/>"})

    report = await resolved(root, {})

    assert [finding.rule for finding in report.findings] == ["mirror/orphan", "remote/dns"]
    assert report.cut_off == ""


@pytest.mark.asyncio
async def test_a_network_that_ends_in_the_middle_breaks_nothing(write: Callable[..., Path]) -> None:
    with running({"/": says(200)}) as lab:
        root = write({"a.md": " ".join(f"<{lab.url('/', name)}>" for name in NAMES)})

        report = await resolved(root, {NAMES[0]: [["127.0.0.1"], socket.EAI_AGAIN], NAMES[1]: [socket.EAI_AGAIN]})

    assert (report.totals.verdicts[Verdict.BROKEN], report.totals.verdicts[Verdict.SUSPECT]) == (0, 1)
