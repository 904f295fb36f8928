"""A page on standard input is checked as if it stood at --base, and nothing is written there."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab.behaviours import HTML, PAGE, says
from lab.process import html, running

OFFLINE = "--offline", "--format", "json"
Piped = Callable[..., Any]


class _Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


@pytest.fixture
def piped(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Piped:
    """`page -` with so many bytes on standard input."""

    def check(data: str | bytes, *options: str | Path) -> Any:
        monkeypatch.setattr(sys, "stdin", _Stdin(data.encode() if isinstance(data, str) else data))
        return run("page", "-", *OFFLINE, *options)

    return check


def wrong(result: Any) -> list[tuple[str, str, str]]:
    return [(each["page"], each["rule"], each["reference"]) for each in result.report["findings"]]


@pytest.fixture
def site(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    root = write(
        {"README.md": "# Here\n[x](docs/a.md)\n", "docs/a.md": "# There\n[gone](gone.md)\n", "index.html": "x"}
    )
    monkeypatch.chdir(root)
    return root


def test_without_a_base_it_stands_in_the_working_folder(site: Path, piped: Piped) -> None:
    result = piped("[a](docs/a.md#there) [b](docs/b.md)\n\n[c](README.md#nowhere) [d](#own)\n\n# Own\n")

    assert wrong(result) == [
        ("<stdin>.md", "local/missing-file", "docs/b.md"),
        ("<stdin>.md", "local/missing-fragment", "README.md#nowhere"),
    ]
    assert result.report["findings"][0]["line"] == 1
    assert {path.name for path in site.iterdir()} == {"README.md", "docs", "index.html"}


@pytest.mark.parametrize(
    ("base", "name"),
    [
        ("docs", "docs/<stdin>.md"),
        ("docs/", "docs/<stdin>.md"),
        ("docs/new.md", "docs/new.md"),
        ("docs/a.md", "docs/a.md"),  # instead of the file
        ("none/new.md", None),
    ],
)
def test_references_resolve_from_where_it_is_to_stand(base: str, name: str | None, site: Path, piped: Piped) -> None:
    (site / "c.toml").write_text("[mirror]\nroot = '.'\n")
    result = piped("[a](a.md) [b](../README.md) [lost](lost.md)\n", "--base", base, "--config", "c.toml")

    lost = [("none/new.md", "local/missing-file", each) for each in ("a.md", "lost.md")]
    assert wrong(result) == ([(name, "local/missing-file", "lost.md")] if name else lost)


def test_it_may_name_itself_and_its_ids_by_its_name(site: Path, piped: Piped) -> None:
    (site / "c.toml").write_text("[mirror]\nroot = '.'\n")
    text = "# Here\n[x](new.md#here) [y](new.md#there) [z](../docs/new.md)"
    result = piped(text, "--base", "docs/new.md", "--config", "c.toml")

    assert wrong(result) == [("docs/new.md", "local/missing-fragment", "new.md#there")]


@pytest.mark.parametrize(
    ("data", "options", "found"),
    [
        ("<!doctype html><a href=lost>x</a> [y](gone)", [], ["lost"]),
        ("<a href=lost>x</a> [y](gone)", ["--kind", "html"], ["lost"]),
        ("<p><a href=lost>x</a>\n\n[y](gone)", ["--kind", "markdown"], ["gone", "lost"]),
        ("<p><a href=lost>x</a>\n\n[y](gone)", ["--kind", "md"], ["gone", "lost"]),
        ("<!doctype html>\n[y](gone)", ["--base", "x.md"], ["gone"]),
        ("a{b:url(lost.png)}", ["--kind", "CSS"], ["lost.png"]),
        ("<a href=lost>x</a> [y](gone)", ["--base", "x.md", "--kind", "htm"], ["lost"]),
        ("`x <lost>`_", ["--kind", "rst"], ["lost"]),
        ('<svg xmlns="http://www.w3.org/2000/svg"><image href="lost.png"/></svg>', [], ["lost.png"]),
        ("\ufeff<html><a href=lost>x</a>".encode("utf-16"), ["--kind", "html"], ["lost"]),
    ],
)
def test_its_kind_is_named_or_told_by_the_base_or_by_its_bytes(
    data: str | bytes, options: list[str], found: list[str], site: Path, piped: Piped
) -> None:
    assert sorted(reference for _, _, reference in wrong(piped(data, *options))) == found, site


def test_nothing_at_all_is_an_empty_page(site: Path, piped: Piped) -> None:
    result = piped("", "--base", "new.html")

    assert (result.code, result.report["totals"]["pages"]) == (0, 1), site


def test_it_stands_in_the_clone_and_the_archive_that_the_base_lies_in(
    site: Path, piped: Piped, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "-q", site], check=True)
    with zipfile.ZipFile(site.parent / "site.zip", "w") as file:
        file.writestr("docs/a.md", "x")
        file.writestr("README.md", "x")
    monkeypatch.chdir(site / "docs")
    text = "[x](../README.md) [y](/index.html) [z](lost.md)"

    assert wrong(piped(text)) == [("docs/<stdin>.md", "local/missing-file", "lost.md")]
    held = piped(text, "--base", site.parent / "site.zip" / "docs" / "n.md")
    assert wrong(held) == [
        ("docs/n.md", "local/missing-file", "/index.html"),
        ("docs/n.md", "local/missing-file", "lost.md"),
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--kind", "pdf"], "write one of html, markdown"),
        (["--base", "a.png"], "no page has such a name"),
        (["--base", "https://www.example.org/a/"], "cannot be checked with --offline"),
        (["--base", "nowhere/at/all.md"], "no such folder"),
    ],
)
def test_what_cannot_be_is_said(options: list[str], said: str, site: Path, piped: Piped) -> None:
    result = piped("x", *options)

    assert (result.code, said in result.err) == (2, True), (result.err, site)


def test_a_base_is_for_standard_input_alone(run: Callable[..., Any], site: Path) -> None:
    result = run("page", "README.md", "--base", "docs/")

    assert (result.code, "name `-` as SOURCE" in result.err) == (2, True), site


def test_a_page_larger_than_pages_may_be_is_refused(site: Path, piped: Piped) -> None:
    (site / "c.toml").write_text("[pages]\nmax_bytes = 10\n")

    assert "standard input: larger than 10 bytes" in piped("x" * 11, "--config", "c.toml").err


def test_at_an_address_its_references_are_those_of_a_page_there(write: Callable[..., Path]) -> None:
    own = {"/a/there": says(200, PAGE, *HTML), "/a/page": html(), "/top": says(404), "/a/robots.txt": says(404)}
    text = b"# Own\n[x](there#here) [y](there#nowhere) [z](/top) [self](page#own) [lost](#none)\n"
    with running(own) as lab:
        root = write({"c.toml": '[remote]\nallow_private = true\ninterval = 0.0\nproxy = ""\nsoft_404 = false\n'})
        command = [sys.executable, "-m", "checker", "page", "-", "--base", lab.url("/a/page"), "--config", "c.toml"]
        path = ":".join(filter(None, sys.path))
        result = subprocess.run(
            [*command, "--kind", "md", "--format", "json"],
            cwd=root,
            input=text,
            capture_output=True,
            check=False,
            env={"PYTHONPATH": path},
        )
        asked = {each.path for each in lab.log}

    report = json.loads(result.stdout)
    assert [(each["rule"], each["reference"]) for each in report["findings"]] == [
        ("remote/missing-fragment", "there#nowhere"),
        ("remote/not-found", "/top"),
        ("remote/missing-fragment", "#none"),
    ], result.stderr
    assert asked == {"/a/there", "/top"}  # neither the page itself, nor what a walk asks for
