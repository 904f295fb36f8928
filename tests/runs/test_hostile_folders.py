"""Folders that a repository cannot hold: what cannot be read, vanishes, loops or is not UTF-8 costs nothing else."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from checker.mirror import opening
from checker.model import Unchecked
from checker.run import prepare

PAGE = '<!doctype html><title>t</title><a href="gone.html">g</a>'


def rules(result: Any) -> set[tuple[str, str]]:
    return {(finding["page"], finding["rule"]) for finding in result.report["findings"]}


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root reads everything: become nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_unreadable_page_is_a_finding_and_the_rest_is_checked(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"index.html": PAGE, "secret.html": PAGE})
    run("check", root, "--offline", "--format", "json")  # loads what is only readable with all rights
    (root / "secret.html").chmod(0)
    for parent in (root, *root.parents[:3]):
        if os.geteuid() == 0:
            parent.chmod(0o755)

    with unprivileged():
        result = run("check", root, "--offline", "--format", "json", "--jobs", "1")

    assert ("secret.html", "local/unreadable") in rules(result)
    assert ("index.html", "local/missing-file") in rules(result)


def test_nothing_is_sealed_where_a_file_cannot_be_read(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"index.html": PAGE, "secret.html": PAGE})
    run("seal", root)  # loads what is only readable with all rights
    before = (root / "SHA256SUMS").read_bytes()
    (root / "index.html").write_text("changed")
    (root / "secret.html").chmod(0)
    for parent in (root, *root.parents[:3]):
        if os.geteuid() == 0:
            parent.chmod(0o755)

    with unprivileged():
        result = run("seal", root, "--accept")

    assert result.code == 2
    assert result.err.endswith("secret.html: cannot be read: Permission denied; nothing is sealed\n")
    assert (root / "SHA256SUMS").read_bytes() == before


def test_a_page_that_vanishes_after_the_walk_is_a_finding(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"index.html": PAGE, "short-lived.html": PAGE})
    walk = opening.open_mirror

    def walk_and_lose(*arguments: Any) -> Any:
        opened = walk(*arguments)
        (root / "short-lived.html").unlink()
        return opened

    monkeypatch.setattr(prepare, "open_mirror", walk_and_lose)

    result = run("check", root, "--offline", "--format", "json")

    assert ("short-lived.html", "local/unreadable") in rules(result)
    assert ("index.html", "local/missing-file") in rules(result)


def test_a_large_asset_is_looked_up_and_never_read(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"index.html": '<!doctype html><a href="film.bin">f</a><a href="large.html#x">l</a>'})
    for name in ("film.bin", "large.html"):
        with (root / name).open("wb") as file:
            file.truncate(500_000_000)  # sparse: 500 MB that take no room

    result = run("check", root, "--offline", "--format", "json")

    assert rules(result) == {("large.html", "local/too-large")}


def test_fragments_of_a_page_that_was_not_read_are_unchecked(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    page = (
        '<!doctype html><title>t</title><a href="large.html">1</a><a href="large.html#x">2</a><a href="b.html#x">3</a>'
    )
    config = "[mirror]\nroot = '.'\n[pages]\nmax_bytes = 5000\n"
    pages = {"index.html": page, "b.html": "<p id=y>", "large.html": "<p id=x>" + "word " * 2000, "config.toml": config}
    result = run(
        "check", "--config", write(pages) / "config.toml", "--offline", "--no-history", "--all", "--format", "json"
    )

    verdicts = {row["reference"]: row["verdict"] for row in result.report["references"]}
    assert verdicts == {"large.html": "ok", "large.html#x": "unchecked", "b.html#x": "broken"}
    assert result.report["totals"]["unchecked"] == {Unchecked.UNREAD: 1}


def test_links_that_loop_or_leave_end_the_walk_nowhere(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"index.html": '<!doctype html><a href="sub/page.html">p</a>', "sub/page.html": "<!doctype html>"})
    (root / "sub" / "up").symlink_to("..")
    (root / "sub" / "etc").symlink_to("/etc")
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")

    result = run("check", root, "--offline", "--format", "json")

    assert {page for page, rule in rules(result) if rule == "local/bad-symlink"} == {"sub/etc", "a", "b"}
    assert result.report["totals"]["pages"] == 2


def test_a_farm_of_links_is_not_walked(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    files = {f"d{number}/page.html": "<!doctype html>" for number in range(12)}
    root = write({"index.html": '<!doctype html><a href="d1/to2/to3/to4/page.html">p</a>', **files})
    for one in range(12):
        for other in range(12):
            (root / f"d{one}" / f"to{other}").symlink_to(f"../d{other}")

    result = run("check", root, "--offline", "--format", "json", "--select", "local")

    assert rules(result) == set()
    assert result.report["totals"]["pages"] == 13


def test_links_inside_the_mirror_are_part_of_it(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    linking = (
        '<!doctype html><a href="latest/page.html#x">p</a><a href="latest/page.html#y">p</a><a href="latest/gone.html">'
    )
    root = write({"index.html": linking, "v1/page.html": "<!doctype html><p id=x>"})
    (root / "latest").symlink_to("v1")

    result = run("check", root, "--offline", "--format", "json")

    assert rules(result) == {("index.html", "local/missing-fragment"), ("index.html", "local/missing-file")}
    assert result.report["totals"]["pages"] == 2


def test_a_name_that_is_not_utf8_is_reported_as_valid_json(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"index.html": '<!doctype html><a href="%D6%D0.html">gbk bytes</a><a href="%D6%D1.html">missing</a>'})
    Path(os.fsdecode(os.fsencode(root) + b"/\xd6\xd0.html")).write_text(PAGE)

    result = run("check", root, "--offline", "--format", "json")
    terminal = run("check", root, "--offline")

    assert {(page.encode("utf-8", "surrogateescape"), rule) for page, rule in rules(result)} == {
        (b"index.html", "local/missing-file"),
        (b"\xd6\xd0.html", "local/missing-file"),
    }
    assert "\\xd6\\xd0.html" in terminal.out


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_any_bytes_in_a_page_leave_the_others_checked(
    jobs: str, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    hostile = {
        "nul.html": b"\0" * 4096,
        "deep.html": b"<div>" * 200_000,
        "attributes.html": b"<a " + b"x=y " * 50_000 + b'href="gone.html">',
        "quotes.md": b"> " * 5_000 + b"deep",
        "brackets.md": b"[" * 50_000,
        "emphasis.md": b"*a_ " * 20_000,
        "utf16.html": "﻿<a href='gone.html'>".encode("utf-16"),
        "half.html": b"<a href='gone.html",
        "style.css": b"a{b:url(" * 20_000,
        "feed.rss": b"<rss>" * 20_000,
    }
    root = write({"index.html": PAGE, **hostile, **{f"more/p{number}.html": PAGE for number in range(320)}})

    result = run("check", root, "--offline", "--format", "json", "--jobs", jobs)

    assert ("index.html", "local/missing-file") in rules(result)
    assert ("utf16.html", "local/missing-file") in rules(result)
    assert ("attributes.html", "local/missing-file") in rules(result)
    assert result.report["totals"]["pages"] == 331


@pytest.mark.parametrize("name", ["a.html", "a.md", "a.css", "a.svg", "a.php", "wiki/A", "a.x", "a.php?id=1"])
def test_bytes_under_the_name_of_a_page_that_are_no_text_are_a_finding(
    name: str, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    page = gzip.compress(b"<!doctype html><p id=x>a lamp", mtime=0)
    root = write(
        {
            "index.html": f'<!doctype html><a href="{quote(name)}#x">a</a> <a href="b.html#y">b</a>',
            name: page,
            "b.html": "<p>lamp",
        }
    )

    findings = run("check", root, "--offline", "--format", "json", "--select", "local").report["findings"]

    messages = {(row["page"], row["rule"]): row["message"] for row in findings}
    assert messages.keys() == {(name, "local/unreadable"), ("index.html", "local/missing-fragment")}
    assert "not text" in messages[name, "local/unreadable"]
