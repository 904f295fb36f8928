"""`explain`: each step from what stands on a page to the verdict, in words a person can check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

INDEX = """<!doctype html><p id="here">
<a href="sub/page.html">there</a>
<a href="sub/page.html#part">the part</a> <a href="#here">here</a> <a href="#top">top</a>
<a href="Sub/page.html">case</a> and <a href="Sub/page.html">again</a>
<a href="bare/">no index</a> <a href="gone.html">gone</a>
<a href="sub/page.html#prat">misspelt</a>
<a href="https://mirror.example/docs/sub/page.html?x=1">by its address</a>
<a href="https://user:secret@elsewhere.example/x">remote</a>
<a href="https://origin.example/sub/page.html">copied</a>
<a href="mailto:someone@example.org">mail</a> <a href="htpp://example.org/">typo</a>
<a href="http://[">invalid</a> <a href="C:\\x.html">mine</a> <a href="../../up.html">up</a>
<img src="sub/page.html"><img src="">
<!-- mirrorcheck: ignore local/missing-file -- known -->
<a href="silenced.html">silenced</a>
"""
PAGE = '<!doctype html><base href="../"><p id=part><a href="index.html">back</a> <a href="gone.html">gone</a>'
CONFIG = '[mirror]\npublished = ["https://mirror.example/docs/"]\norigin = ["https://origin.example/"]\n'

Explain = Callable[..., Any]


@pytest.fixture
def explain(write: Callable[..., Path], run: Callable[..., Any]) -> Explain:
    """`explain PAGE [REFERENCE]` on a mirror that is published, or that has no address."""
    root = write({"index.html": INDEX, "sub/page.html": PAGE, "bare/x.log": "", "config.toml": CONFIG})

    def explained(page: str, *reference: str, published: bool = True) -> Any:
        config = root / "config.toml"
        if not published:
            config.write_text("")
        return run("explain", root / page, *reference, "--config", config)

    return explained


def test_the_page_and_its_base_come_first(explain: Explain) -> None:
    assert explain("index.html").out.splitlines()[:2] == [
        "page       index.html (html, utf-8)",
        "base       https://mirror.example/docs/index.html",
    ]
    assert explain("sub/page.html").out.splitlines()[:2] == [
        "page       sub/page.html (html, utf-8)",
        "base       https://mirror.example/docs/  from <base href='../'>",
    ]


@pytest.mark.parametrize(
    ("reference", "steps"),
    [
        (
            "sub/page.html#part",
            [
                "  found    at 3:10",
                "  joined   https://mirror.example/docs/sub/page.html#part",
                "  mapped   file sub/page.html",
                "  fragment part",
                "  verdict  ok",
            ],
        ),
        ("#here", ["  found    at 3:52", "  mapped   the page itself", "  fragment here", "  verdict  ok"]),
        ("#top", ["  fragment the top of the page, or text: needs no id", "  verdict  ok"]),
        (
            "Sub/page.html",
            [
                "  found    at 4:10, 4:47",
                "  mapped   an address of the mirror: Sub/page.html, which no rule of the layout finds",
                "  error    local/wrong-case at 4:10: exists only as sub/page.html",
                "  instead  sub/page.html",
                "  error    local/wrong-case at 4:47: exists only as sub/page.html",
                "  instead  sub/page.html",
            ],
        ),
        ("bare/", ["  error    local/missing-index at 5:10: the folder bare/ has no index"]),
        ("gone.html", ["  error    local/missing-file at 5:39: no such file"]),
        (
            "sub/page.html#prat",
            [
                "  mapped   file sub/page.html",
                "  fragment prat",
                "  error    local/missing-fragment at 6:10: no element has this id",
                "  instead  sub/page.html#part",
            ],
        ),
        ("https://mirror.example/docs/sub/page.html?x=1", ["  mapped   file sub/page.html", "  verdict  ok"]),
        (
            "https://user:secret@elsewhere.example/x",
            [
                "reference  'https://***@elsewhere.example/x' (link)",
                "  joined   https://***@elsewhere.example/x",
                "  mapped   no address of the mirror: remote",
                "  verdict  unchecked: offline",
            ],
        ),
        (
            "https://origin.example/sub/page.html",
            [
                "  mapped   no address of the mirror: remote; the mirror has a copy: sub/page.html",
                "  warning  mirror/leak at 9:10: the mirror has a copy: sub/page.html",
                "  instead  sub/page.html",
            ],
        ),
        ("mailto:someone@example.org", ["  mapped   mailto: a scheme that is not fetched", "  verdict  unchecked"]),
        (
            "htpp://example.org/",
            [
                "  mapped   htpp: a scheme that is not fetched",
                "  note     url/unknown-scheme at 10:56: 'htpp' is not a scheme of the web",
            ],
        ),
        (
            "http://[",
            ["  joined   no browser can parse it", "  error    url/invalid at 11:10: cannot be parsed as a URL"],
        ),
        (
            "C:\\x.html",
            [
                "  mapped   nowhere: local-path",
                "  error    url/local-path at 11:41: names a file on one person's computer",
            ],
        ),
        ("", ["reference  '' (image)", "  found    at 12:36", "  warning  url/empty at 12:36: the attribute is empty"]),
        ("silenced.html", ["  found    at 14:10", "  verdict  silenced"]),
    ],
)
def test_a_reference_is_followed_step_by_step(reference: str, steps: list[str], explain: Explain) -> None:
    result = explain("index.html", reference)

    printed = [line for line in result.out.splitlines()[2:] if line in steps]
    assert printed == steps
    assert result.code == 0


def test_a_reference_that_stands_in_two_roles_is_explained_in_both(explain: Explain) -> None:
    blocks = explain("index.html", "sub/page.html").out.split("\n\n")[1:]

    assert [block.splitlines()[:2] for block in blocks] == [
        ["reference  'sub/page.html' (image)", "  found    at 12:11"],
        ["reference  'sub/page.html' (link)", "  found    at 2:10"],
    ]


def test_all_references_are_explained_where_none_is_named(explain: Explain) -> None:
    out = explain("index.html").out

    assert out.count("\nreference  ") == out.count("\n  found    at ") == 19
    assert "secret" not in out


def test_without_an_address_what_climbs_above_the_root_leads_nowhere(explain: Explain) -> None:
    out = explain("index.html", "../../up.html", published=False).out

    assert "base       http://mirror.invalid/index.html" in out
    assert "  mapped   nowhere: outside\n" in out
    assert "local/outside-mirror at 11:70: climbs above the root of the mirror" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("index.html", "no-such.html"), "no reference 'no-such.html'; without one, all 19 are explained"),
        (("sub/page.html", "GONE.html"), "no reference 'GONE.html'; without one, all 2 are explained"),
        (("bare/x.log",), "not a page"),
        (("sub",), "not a page"),
        (("never-there.html",), "never-there.html"),
    ],
)
def test_what_cannot_be_explained_is_an_error_that_says_why(
    arguments: tuple[str, ...], message: str, explain: Explain
) -> None:
    result = explain(*arguments)

    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_silenced_fragment_is_not_called_ok(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"index.html": '<!doctype html><!-- mirrorcheck: ignore-file local -->\n<a href="#gone">g</a>'})

    assert "verdict  silenced" in run("explain", root / "index.html", "#gone").out


def test_a_name_of_two_lines_is_shown_in_one(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"a\nverdict  ok.html": '<!doctype html><a href="gone%0Averdict%20ok">x</a>'})

    lines = run("explain", root / "a\nverdict  ok.html").out.splitlines()

    assert lines[0] == "page       a\\nverdict  ok.html (html, utf-8)"
    assert not [line for line in lines if line.startswith("verdict")]


def test_a_hostile_name_is_shown_without_its_control_characters(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"index.html": '<!doctype html><a href="\x1b[2Jx.html">x</a>'})

    result = run("explain", root / "index.html")

    assert "\x1b" not in result.out
    assert "x1b[2Jx.html" in result.out


def test_the_reference_that_is_asked_for_is_shown_within_its_elements(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write(
        {"a.html": "<!doctype html>\n<ul id=lamps>\n<li><a href='gone.html'>x</a></ul>", "b.md": "[x](gone.md)\n"}
    )

    assert "  within   ul#lamps > li > a\n" in run("explain", root / "a.html", "gone.html").out
    assert "within" not in run("explain", root / "b.md", "gone.md").out
