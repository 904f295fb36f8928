"""Articles under names that are others': `Node.js` in a wiki is read if pages lead to it and none embeds it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ARTICLE = "<!DOCTYPE html><title>t</title><h2 id=use>x</h2><a href='gone.html'>1</a><a href='#none'>2</a>"


def faults(result: Any) -> set[tuple[str, str]]:
    rules = ("local/missing-file", "local/missing-fragment")
    return {(each["page"], each["reference"]) for each in result.report["findings"] if each["rule"] in rules}


@pytest.fixture
def check(write: Callable[..., Path], run: Callable[..., Any]) -> Callable[..., set[tuple[str, str]]]:
    def checked(files: dict[str, str], *more: str | Path) -> set[tuple[str, str]]:
        return faults(run("check", write(files), "--offline", "--format", "json", *(more or ("--no-history",))))

    return checked


@pytest.mark.parametrize("name", ["Node.js", "Node.JS", "package.json", "Lamp.mjs", "File:Map.png", "v1.2", "Dr._Who"])
def test_an_article_is_read_and_has_ids_whatever_its_name(
    name: str, check: Callable[..., set[tuple[str, str]]]
) -> None:
    links = f"<a href='wiki/{name}'>1</a><a href='./wiki/{name}#use'>2</a><a href='wiki/{name}#gone'>3</a>"

    assert check({"index.html": links, f"wiki/{name}": ARTICLE}) == {
        ("index.html", f"wiki/{name}#gone"),
        (f"wiki/{name}", "gone.html"),
        (f"wiki/{name}", "#none"),
    }


@pytest.mark.parametrize(
    ("links", "content"),
    [
        ("<a href=a.js>1</a><script src=a.js></script>", ARTICLE),
        ("<script src=a.js></script>", ARTICLE),
        ("nothing", ARTICLE),
        ("<a href=a.js#L3>1</a>", "<!-- a comment, as scripts may begin with\nlink = \"<a href='gone.html'>\""),
        ("<a href=a.js#x>1</a>", "var page = \"<!DOCTYPE html><a href='gone.html'>\""),
        ("<a href=a.js#x>1</a>", ""),
    ],
    ids=["embedded-too", "embedded", "unreferred", "comment", "script", "empty"],
)
def test_what_is_embedded_or_nobody_is_led_to_or_is_no_html_is_no_article(
    links: str, content: str, check: Callable[..., set[tuple[str, str]]]
) -> None:
    assert check({"index.html": links, "a.js": content}) == set()


def test_articles_lead_to_articles_and_are_told_with_the_page_cache_too(
    write: Callable[..., Path], run: Callable[..., Any], tmp_path: Path
) -> None:
    chain = {f"wiki/{n}.js": f"<html><a href={n + 1}.js>n</a><a href=gone{n}>g</a>" for n in range(30)}
    root = write({"index.html": "<a href=wiki/0.js>1</a>", **chain})

    def found() -> set[tuple[str, str]]:
        arguments = ("--offline", "--format", "json", "--history", tmp_path / "h.sqlite")
        return faults(run("check", root, *arguments))

    expected = {("wiki/29.js", "30.js")} | {(f"wiki/{n}.js", f"gone{n}") for n in range(30)}
    assert found() == expected
    assert found() == expected
    (root / "wiki" / "3.js").write_text("<html>")
    assert found() == {(f"wiki/{n}.js", f"gone{n}") for n in range(3)}


def test_articles_that_the_configuration_leaves_out_are_not_read(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    files = {"index.html": "<a href=wiki/Node.js#no>1</a>", "wiki/Node.js": ARTICLE}
    root = write({**files, "c.toml": "[pages]\nexclude = ['*.js']\n"})

    result = run("check", root, "--config", root / "c.toml", "--offline", "--no-history", "--format", "json")

    assert faults(result) == {("index.html", "wiki/Node.js#no")}
