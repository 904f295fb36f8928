"""References in front matter, and of components that are links."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.extract import Options, components, front
from checker.extract.markdown import extract, places
from checker.model import Role

HOME = """---
layout: home # the first page
hero:
  name: "Lamps: all of them"
  image:
    src: '/lamp.png' # a picture
  actions:
    - theme: brand
      text: Begin
      link: /oil
    - { text: Shop, link: "/shop" }
features:
- title: Wick
  link: /wick#trim
  icon: { src: /wick.svg, alt: "{a}" }
- details: link: /none
  other:
    link: /none
prev:
  link: /before
next: { text: 'After', link: /after }
link: /none
---

[a](/in-text)
"""


def test_links_of_the_theme_are_read_where_they_stand() -> None:
    found = extract(HOME, Options(slugs="vitepress"))

    assert found.references[Role.LINK] == {"/oil", "/shop", "/wick#trim", "/before", "/after", "/in-text"}
    assert found.references[Role.IMAGE] == {"/lamp.png", "/wick.svg"}
    for place in places(HOME, Options(slugs="vitepress")):
        assert HOME[place.start : place.end] == place.raw


def test_only_a_home_page_shows_its_actions() -> None:
    found = extract(HOME.replace("layout: home", "layout: doc"), Options(slugs="vitepress"))

    assert found.references[Role.LINK] == {"/before", "/after", "/in-text"}


@pytest.mark.parametrize("value", ["*other", "&a /x", "|", ">-", "''", "[/x]", "# /x", "!!str /x", "{{ /x }}"])
def test_what_is_no_plain_text_is_no_reference(value: str) -> None:
    assert [*front.references(f"---\nprev:\n  link: {value}\n---\n", {"prev.link": Role.LINK})] == []


def test_a_page_without_front_matter_has_none() -> None:
    for text in ("prev:\n  link: /x\n", "---\n\nprev:\n", "---", "---\nprev:\n  link: /x\n"):
        assert [*front.references(text, {"prev.link": Role.LINK})] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<Link to="/oil">a</Link>', ["/oil"]),
        ("a <Link className='b' on={() => 1} to={'/oil'}>a</Link> b", ["/oil"]),
        ('<Link\n  to="/oil">a</Link>', ["/oil"]),
        ('<Link href="/oil" />', ["/oil"]),
        ('```jsx\n<Link to="/oil">\n```\n', []),
        ('- ~~~\n  <Link to="/oil">\n  ~~~\n', []),
        ('`<Link to="/oil">`', []),
        ('<!-- <Link to="/oil"> -->', []),
        ('{/* <Link to="/oil"> */}', []),
        ("<Link to={oil}>", []),
        ('<Linked to="/oil">', []),
        ('<Link data-to="/oil">', []),
    ],
)
def test_components_that_are_links(text: str, expected: list[str]) -> None:
    assert [raw for _, raw, _, _ in components.links(text, components.pattern("Link"))] == expected


def test_the_generator_leads_them_as_it_does_links(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    files = {
        ".vitepress/config.ts": "export default { base: '/lamps/' }",
        "index.md": HOME + "\n<VPLink href='/oil'>a</VPLink>\n<VPLink href='/gas'>b</VPLink>\n",
        **{f"{name}.md": "# Trim\n" for name in ("oil", "shop", "wick", "in-text", "before")},
        "public/lamp.png": "",
    }
    report = run("check", write(files), "--offline", "--no-history", "--select", "local", "--format", "json").report

    broken = [(each["line"], each["reference"]) for each in report["findings"] if each["level"] == "error"]
    assert broken == [(15, "/wick.svg"), (21, "/after"), (28, "/gas")]


def test_links_of_docusaurus(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    files = {
        "docusaurus.config.js": "export default { url: 'https://lamps.example.org', baseUrl: '/lamps/', presets: [['classic', {}]] }",
        "docs/oil.md": "# Oil\n",
        "docs/a.mdx": '# A\n\n<Link to="/docs/oil">a</Link> <Link to="/docs/gas">b</Link>\n',
    }
    report = run("check", write(files), "--offline", "--no-history", "--select", "local", "--format", "json").report

    assert [each["reference"] for each in report["findings"] if each["level"] == "error"] == ["/docs/gas"]
