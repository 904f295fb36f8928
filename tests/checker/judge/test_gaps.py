"""What a run did not look for is skipped in JUnit, and never passes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run
from lab.behaviours import hangs, says
from lab.process import ALLOWED, nobody, running, started, through

from checker.judge.gaps import LACKS, SELECTION
from checker.rules import RULES, Needs

pytestmark = pytest.mark.slow

PAGES = {"a.md": "[b](b.md) [x](http://host.example.org/x)", "b.md": "[a](a.md) ![](p.png)", "p.png": "no picture"}
NETWORK = {rule.name for rule in RULES.values() if Needs.NETWORK in rule.needs}
ASSETS = {rule.name for rule in RULES.values() if Needs.ASSETS in rule.needs}


def cases(junit: str) -> dict[str, str | None]:
    """Each rule that is a case of its own: why it was skipped, or None where it passed."""
    root = ET.fromstring(junit)  # noqa: S314 - our own
    told: dict[str, str | None] = {}
    for suite in root.iter("testsuite"):
        for case in suite.iter("testcase"):
            if case.get("file") is None:
                skipped = case.find("skipped")
                told[str(suite.get("name"))] = None if skipped is None else skipped.get("message")
        assert len(suite.findall("testcase")) == int(suite.get("tests", ""))
        assert len(suite.findall("testcase/skipped")) == int(suite.get("skipped", ""))
    assert len(root.findall(".//testcase")) == int(root.get("tests", ""))
    assert len(root.findall(".//skipped")) == int(root.get("skipped", ""))
    return told


def lacking(told: dict[str, str | None], reason: str) -> set[str]:
    return {rule for rule, why in told.items() if why and reason in why}


def passed(told: dict[str, str | None]) -> set[str]:
    return {rule for rule, why in told.items() if why is None}


def test_every_need_has_rules_and_a_reason() -> None:
    assert {need for rule in RULES.values() for need in rule.needs} == set(Needs)
    assert set(Needs) - LACKS.keys() == {Needs.NETWORK, Needs.ASSETS}


def test_what_needs_the_network_is_skipped_offline(write: Callable[..., Path], run: Callable[..., Run]) -> None:
    told = cases(run("check", write(PAGES), "--offline", "--format", "junit").out)

    assert lacking(told, "1 target: offline") == NETWORK - {"remote/unreachable-here"}
    assert lacking(told, "no vantage point") == {"remote/unreachable-here"}
    assert {"local/missing-file", "asset/truncated", "url/invalid"} <= passed(told)


def test_what_refers_to_nothing_outside_needs_no_network(write: Callable[..., Path], run: Callable[..., Run]) -> None:
    told = cases(run("check", write({"a.md": "[a](a.md)"}), "--offline", "--format", "junit").out)

    assert NETWORK - {"remote/unreachable-here"} <= passed(told)


def test_assets_from_elsewhere_are_skipped_offline(write: Callable[..., Path], run: Callable[..., Run]) -> None:
    told = cases(
        run("check", write({"a.md": "![](http://host.example.org/p.png)"}), "--offline", "--format", "junit").out
    )

    assert lacking(told, "offline") >= ASSETS - {"asset/bomb", "asset/undecodable"}


def test_what_was_not_asked_for_is_skipped(write: Callable[..., Path], run: Callable[..., Run]) -> None:
    root = write(PAGES)

    told = cases(run("check", root, "--offline", "--format", "junit").out)
    deep = cases(run("check", root, "--offline", "--deep", "--format", "junit").out)

    for need in (Needs.DECODING, Needs.GIT, Needs.MANIFEST, Needs.HASHING, Needs.LIVE, Needs.BASELINE):
        rules = {rule.name for rule in RULES.values() if need in rule.needs}
        assert lacking(told, LACKS[need]) == rules & told.keys()
    assert "asset/bomb" in passed(deep)


def test_with_a_manifest_its_rules_pass(write: Callable[..., Path], run: Callable[..., Run]) -> None:
    root = write(PAGES)
    run("seal", root)

    told = cases(run("check", root, "--offline", "--format", "junit").out)

    assert {rule for rule in RULES if rule.startswith("fixity/")} <= passed(told)


def test_a_manifest_that_cannot_be_read_lets_nothing_pass(write: Callable[..., Path], run: Callable[..., Run]) -> None:
    told = cases(run("check", write({**PAGES, "SHA256SUMS": "no hash\n"}), "--offline", "--format", "junit").out)

    assert lacking(told, LACKS[Needs.MANIFEST]) == {rule for rule in RULES if rule.startswith("fixity/")}


def test_rules_that_do_not_count_do_not_pass(write: Callable[..., Path], run: Callable[..., Run]) -> None:
    told = cases(run("check", write(PAGES), "--offline", "--select", "local", "--format", "junit").out)

    assert lacking(told, SELECTION) == {rule for rule in RULES if not rule.startswith("local/")}


def test_some_pages_do_not_tell_what_only_all_of_them_can(write: Callable[..., Path], run: Callable[..., Run]) -> None:
    told = cases(run("check", write(PAGES) / "a.md", "--offline", "--format", "junit").out)

    assert lacking(told, LACKS[Needs.WHOLE]) == {
        "local/name-collision",
        "mirror/orphan",
    }


def test_targets_that_the_clone_cannot_tell_are_skipped_with_their_reason(
    write: Callable[..., Path], run: Callable[..., Run]
) -> None:
    config = '[mirror]\npublished = ["https://github.com/someone/mirror/blob/main/"]\n'
    root = write({"a.md": "[x](https://github.com/someone/mirror/blob/drafts/b.md) [a](a.md)", "config.toml": config})

    told = cases(run("check", "--config", root / "config.toml", "--no-history", "--offline", "--format", "junit").out)

    assert "local/missing-file" in lacking(told, "1 target: ")


def test_what_the_network_was_not_asked_is_skipped_and_what_failed_fails(write: Callable[..., Path]) -> None:
    site = {"/a": says(200), "/gone": says(404), "/hangs": hangs}
    with running(site) as lab, nobody() as proxy:
        page = " ".join(f"<{lab.url(path)}>" for path in site)
        root = write({"a.md": page, "config.toml": ALLOWED})

        def junit(*options: str) -> dict[str, str | None]:
            return cases(started("check", "--format", "junit", *options, cwd=root).communicate(timeout=60)[0])

        limited = junit("--no-history", "--time-limit", "2s")
        (root / "a.md").write_text(" ".join(f"<{lab.url(path)}>" for path in ("/a", "/a?b", "/a?c")))
        saved = junit("--budget", "1")
        (root / "a.md").write_text(page)
        excluded = junit("--no-history", "--exclude", "/hangs")
        whole = junit("--no-history", "--exclude", "/hangs", "--exclude", "gone", "--exclude", "/a")
        (root / "config.toml").write_text(through(proxy))
        (root / "a.md").write_text("<http://host.example.org/>")
        dark = junit()

    for told, reason in (
        (limited, "1 target: time limit"),
        (saved, "2 targets: not this run's turn (--budget)"),
        (excluded, "1 target: excluded by the configuration"),
        (whole, "3 targets: excluded by the configuration"),
        (dark, "1 target: no network here"),
    ):
        assert lacking(told, reason) == NETWORK - {"remote/unreachable-here"}


def test_a_live_site_has_no_folder(write: Callable[..., Path]) -> None:
    with running({"/": says(200, b"<title>x</title>")}) as lab:
        root = write({"config.toml": ALLOWED})
        out, _ = started("check", lab.url("/"), "--format", "junit", cwd=root).communicate(timeout=60)

    told = cases(out)
    assert lacking(told, LACKS[Needs.FOLDER]) >= {"local/missing-file", "local/bad-symlink", "fixity/changed"}
    assert {"remote/not-found", "local/undecodable"} <= passed(told)


def test_with_a_baseline_its_rules_pass(
    write: Callable[..., Path], run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write(PAGES))
    run("baseline", "write", ".", "--offline")

    told = cases(run("check", ".", "--offline", "--baseline", "baseline.toml", "--format", "junit").out)

    assert {"baseline/stale", "baseline/expired"} <= passed(told)
