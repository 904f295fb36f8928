"""The example mirror: each fault is marked on its line, and the checker must find those and no others."""

import io
import json
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checker.rules import RULES

MIRROR = Path(__file__).parents[1] / "examples" / "mirror"
MARK = re.compile(rb"(?:<!--|/\*)\s*expect:\s*([a-z/ -]+?)\s*(?:-->|\*/)")

Expectation = tuple[str, int, str]  # page, line, rule

UNMARKED: set[Expectation] = {
    ("site.webmanifest", 6, "local/missing-file"),  # JSON has no comments
}

ELSEWHERE = {  # rules that the example cannot break, and why; tests/sites has a mirror for each
    "local/outside-mirror": "above the root of a mirror on GitHub lie its siblings",
    "local/other-reader": "it is no site's source; tests/sites has one",
    "local/unreadable": "git keeps no permissions",
    "local/too-large": "the file would have to be large",
    "local/bad-symlink": "git on Windows writes symbolic links as text",
    "local/empty": "no comment can stand in it; tests/sites has one",
    "local/wrong-type": "the example has no downloads",
    "local/truncated": "no page of it was cut; tests/sites has some",
    "mirror/not-live": "there is no live site; tests/runs has one",
    "mirror/not-here": "there is no live site; tests/runs has one",
    "asset/placeholder": "it takes a server; tests/runs has one",
    "asset/bomb": "it takes Pillow, which the demo does without",
    "mirror/duplicate": "nobody looks for copies unasked",
    "local/untracked": "a fresh clone is what was committed",
    "asset/rotten": "a fresh clone is what was committed",
    "asset/changed": "a fresh clone is what was committed",
    "local/name-collision": "macOS and Windows cannot hold both names",
}
EMBEDDED = {"asset/hot-link"}  # reported also where it works
OFFLINE = {"url", "local", "asset", "mirror", "suppression"}

# What one page of a typical mirror holds: as n1001.md writes it, as n1002.md does, and the rule that breaks
ROWS = {
    "own file with a query": ("../../README.md?n1001", "../../READMEE.md?n1002", "local/missing-file"),
    "raw name": ("../../indexes/E美国.md?n1001", "../../indexes/E英国.md?n1002", "local/missing-file"),
    "encoded name": ("/E%E7%BE%8E%E5%9B%BD.md", "/E%E8%8B%B1%E5%9B%BD.md", "local/missing-file"),
    "sibling repository": (
        "../../../../../basic/blob/master/README.md",
        "../../../../../basic/blob/master/MISSING.md",
        "local/missing-file",
    ),
    "own address": (
        "https://github.com/example-owner/example-mirror/blob/master/pages/abc/n1001.md",
        "https://github.com/example-owner/example-mirror/blob/master/pages/abc/n1O02.md",
        "local/missing-file",
    ),
    "asset through the CDN": (
        "https://cdn.jsdelivr.net/gh/example-owner/example-mirror/pages/abc/n1001.md.png",
        "https://cdn.jsdelivr.net/gh/example-owner/example-mirror/pages/abc/n1002.md.png",
        "local/missing-file",
    ),
    "bare IP": (
        "http://192.0.2.1:10000/videos/res1/news/../../res/x/index.html",
        "http://192.0.2.1:100000/videos/res1/news/../../res/x/index.html",
        "url/invalid",
    ),
    "hot link": (
        '<img src="https://origin.example/pictures/first-lamp.jpg" class="photo">',
        '<img src="https://origin.example/gb/assets/lamp.png" class="photo">',
        "mirror/leak",
    ),
    "unknown element": (
        '<ok href="https://origin.example/gb/tag/library.html">',
        '<ok href="https://origin.example/gb/html/about.html">',
        "mirror/leak",
    ),
    "bare URL": (
        "原文地址：https://origin.example/gb/23/3/2/n1001.htm\n",
        "原文地址：https://origin.example/gb/23/3/2/n1002.htm。",
        "url/swallowed-punctuation",
    ),
    "tracking pixel": (
        '<img src="http://192.0.2.1/n1001.md" width="0px">',
        '<img src="http://192.0.2.1:lamp/n1002.md" width="0px">',
        "url/invalid",
    ),
    "link in a heading": (
        "### [ 💌 写信给图书馆 ](https://origin.example/letters.html) &nbsp; [",
        "### [ 💌 写信给图书馆 ](../../LETTERS.md?n1002) &nbsp; [",
        "local/missing-file",
    ),
}

SUGGESTIONS = {  # reference -> the name that was meant
    "../../READMEE.md?n1002": "README.md",
    "green-tee.md": "green-tea.md",
    "oolongg.md": "oolong.md",
    "Green-Tea.md": "green-tea.md",
    "../../html/aboot.html": "about.html",
    "../../assets/river.jpeg": "river.jpg",
    "menue.html": "menu.html",
}


def lines() -> Iterator[tuple[str, int, bytes]]:
    """(page, line number, line) of every text of the mirror. Bytes, since some pages are not UTF-8."""
    for path in sorted(MIRROR.rglob("*")):
        if path.is_file() and b"\0" not in (body := path.read_bytes()):
            for number, line in enumerate(body.split(b"\n"), 1):
                yield path.relative_to(MIRROR).as_posix(), number, line


def expectations() -> set[Expectation]:
    marked = {
        (page, number, rule)
        for page, number, line in lines()
        for mark in MARK.findall(line)
        for rule in mark.decode().split()
    }
    return marked | UNMARKED


@pytest.fixture(scope="module")
def findings() -> list[dict[str, Any]]:
    """What the command line reports on the example."""
    from checker import cli

    stdout, stderr = io.StringIO(), io.StringIO()
    config = MIRROR / "config.toml"
    argv = ["check", "--offline", "--no-history", "--format", "json", "--config", str(config)]

    code = cli.run(argv, stdout=stdout, stderr=stderr)

    assert code == 1, stderr.getvalue()
    found: list[dict[str, Any]] = json.loads(stdout.getvalue())["findings"]
    return found


def test_no_fault_is_missed(findings: list[dict[str, Any]]) -> None:
    found = {(finding["page"], finding["line"], finding["rule"]) for finding in findings}

    assert sorted(expectations() - found) == []


def test_no_alarm_is_false(findings: list[dict[str, Any]]) -> None:
    expected = expectations()
    alarms = [
        (finding["page"], finding["line"], finding["rule"], finding["reference"])
        for finding in findings
        if (finding["page"], finding["line"], finding["rule"]) not in expected
    ]

    assert alarms == []


@pytest.mark.parametrize(("reference", "meant"), SUGGESTIONS.items(), ids=SUGGESTIONS)
def test_a_near_miss_is_suggested(findings: list[dict[str, Any]], reference: str, meant: str) -> None:
    suggestions = {finding["suggestion"] for finding in findings if finding["reference"] == reference}

    assert suggestions
    assert all(suggestion and meant in suggestion for suggestion in suggestions), suggestions


def test_every_rule_that_needs_no_network_is_broken_somewhere() -> None:
    broken = {rule for _, _, rule in expectations()}
    rules = {rule.name for rule in RULES.values() if rule.family in OFFLINE}

    assert broken | set(ELSEWHERE) == rules
    assert not broken & set(ELSEWHERE)


@pytest.mark.parametrize(("right", "wrong", "rule"), ROWS.values(), ids=ROWS)
def test_every_kind_of_reference_stands_once_right_and_once_wrong(right: str, wrong: str, rule: str) -> None:
    text = {name: (MIRROR / "pages/abc" / name).read_text("utf-8") for name in ("n1001.md", "n1002.md")}
    faulty = text["n1002.md"][: text["n1002.md"].find(wrong)].count("\n") + 1

    assert right in text["n1001.md"]
    assert wrong in text["n1002.md"]
    assert ("pages/abc/n1002.md", faulty, rule) in expectations()
    assert {rule for page, _, rule in expectations() if page == "pages/abc/n1001.md"} == EMBEDDED


@pytest.mark.parametrize(("name", "encoding"), [("gbk.html", "gbk"), ("big5.html", "big5")])
def test_a_page_in_a_legacy_charset_is_not_utf8(name: str, encoding: str) -> None:
    body = (MIRROR / "html" / name).read_bytes()

    assert f"charset={encoding}" in body.decode(encoding).replace('"', "")
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_one_name_is_decomposed_and_all_others_are_composed() -> None:
    names = [name for _, folders, files in os.walk(MIRROR) for name in (*folders, *files)]

    decomposed = [name for name in names if not unicodedata.is_normalized("NFC", name)]

    assert decomposed == [unicodedata.normalize("NFD", "ほうじ茶.md")]


def test_the_example_stays_small() -> None:
    assert sum(path.stat().st_size for path in MIRROR.rglob("*") if path.is_file()) < 300_000
