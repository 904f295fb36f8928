"""Where what pages embed comes from is said once for each host, not on each of a hundred thousand pages."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

SAIL = '<!doctype html>\n<p><img src="https://boats.example/{}" alt="a sail">\n<p><a href="{}">on</a>\n'


def found(run: Callable[..., Any], root: Path, *arguments: str) -> list[tuple[str, int, str, str]]:
    result = run("check", root, "--offline", "--format", "json", "--fail-on", "never", *arguments)
    rules = {"asset/hot-link", "asset/tracker", "asset/mixed-content", "mirror/unmirrored"}
    return [
        (f["page"], f["line"], f["message"], f["fingerprint"])
        for f in result.report["findings"]
        if f["rule"] in rules or f["rule"].startswith("suppression/")
    ]


@pytest.fixture
def fleet(write: Callable[..., Path]) -> Path:
    """Three pages that embed from one host."""
    return write(
        {
            "b.html": SAIL.format("one.jpg", "c.html") + SAIL.format("four.jpg", "d.html"),
            "c.html": SAIL.format("two.jpg", "d.html"),
            "d.html": SAIL.format("one.jpg", "b.html"),
        }
    )


def test_a_host_is_named_once_on_its_first_page_with_how_many_there_are(fleet: Path, run: Callable[..., Any]) -> None:
    [(page, line, message, _)] = found(run, fleet)

    assert (page, line, message) == ("b.html", 2, "embedded from boats.example; on 3 pages")


def test_it_is_the_same_finding_when_another_page_is_the_first(fleet: Path, run: Callable[..., Any]) -> None:
    before = found(run, fleet)
    (fleet / "a.html").write_text(SAIL.format("five.jpg", "b.html"))
    after = found(run, fleet)

    assert [row[0] for row in before + after] == ["b.html", "a.html"]
    assert before[0][3] == after[0][3]


def test_a_second_run_from_memory_says_the_same(fleet: Path, run: Callable[..., Any]) -> None:
    first = found(run, fleet)
    (fleet / "c.html").write_text(SAIL.format("six.jpg", "d.html"))
    (fleet / "b.html").unlink()
    (fleet / "d.html").write_text(SAIL.format("one.jpg", "c.html"))

    assert [row[:3] for row in first] == [("b.html", 2, "embedded from boats.example; on 3 pages")]
    assert [row[:3] for row in found(run, fleet)] == [("c.html", 2, "embedded from boats.example; on 2 pages")]
    assert found(run, fleet) == found(run, fleet, "--no-history")


def test_a_page_that_silences_something_speaks_for_itself(fleet: Path, run: Callable[..., Any]) -> None:
    silent = "<!-- mirrorcheck: ignore asset/hot-link -- our own boats -->\n"
    (fleet / "b.html").write_text(silent + '<img src="https://boats.example/one.jpg" alt="a sail">\n' * 2)

    assert [row[:3] for row in found(run, fleet)] == [
        ("b.html", 3, "embedded from boats.example"),
        ("c.html", 2, "embedded from boats.example; on 2 pages"),
    ]


def test_a_path_that_ignores_the_rule_is_not_counted(fleet: Path, run: Callable[..., Any]) -> None:
    (fleet / "config.toml").write_text('[[rules.path]]\npath = "b.html"\nignore = ["asset/hot-link"]\n')

    result = run("check", "--config", fleet / "config.toml", "--offline", "--format", "json", "--fail-on", "never")

    [finding] = [f for f in result.report["findings"] if f["rule"] == "asset/hot-link"]
    assert (finding["page"], finding["message"]) == ("c.html", "embedded from boats.example; on 2 pages")


def test_what_the_origin_has_and_the_mirror_lacks_is_named_thing_by_thing(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write(
        {
            "config.toml": '[mirror]\norigin = ["https://boats.example/"]\n',
            "a.html": SAIL.format("one.jpg", "b.html"),
            "b.html": SAIL.format("one.jpg", "a.html") + SAIL.format("two.jpg", "a.html"),
        }
    )
    result = run("check", "--config", root / "config.toml", "--offline", "--format", "json", "--fail-on", "never")

    lacking = [(f["page"], f["reference"]) for f in result.report["findings"] if f["rule"] == "mirror/unmirrored"]
    assert lacking == [("a.html", "https://boats.example/one.jpg"), ("b.html", "https://boats.example/two.jpg")]
    assert result.report["sections"] == [{"name": "", "pages": 2, "references": 6, "wanted": 2, "present": 0}]


INSECURE = {
    "upgraded": '<img src="http://boats.example/sail.png">',
    "blocked": '<script src="http://boats.example/sail.js"></script>',
    "frame": '<iframe src="http://boats.example/sail.html"></iframe>',
}
MIXED = "over http: on a page over https:, where browsers {} it"


def mixed(run: Callable[..., Any], root: Path) -> list[tuple[str, int, str, str]]:
    rows = found(run, root, "--published", "https://harbour.example/")
    return [row for row in rows if row[2].startswith("over http:")]


@pytest.mark.parametrize("order", [*permutations(INSECURE)], ids="-".join)
def test_what_browsers_block_is_told_beside_what_they_upgrade(
    order: tuple[str, ...], write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"a.html": "\n".join(INSECURE[name] for name in order)})
    first_blocked = min(order.index("blocked"), order.index("frame")) + 1

    assert sorted(row[1:3] for row in mixed(run, root)) == sorted(
        [(order.index("upgraded") + 1, MIXED.format("upgrade")), (first_blocked, MIXED.format("block"))]
    )


@pytest.mark.parametrize(
    ("element", "fate"),
    [
        ('<img srcset="http://boats.example/s.png 1x">', "block"),
        ('<img src="http://boats.example/s.png" srcset="sail.png 2x">', "block"),  # browsers choose one of both
        ('<picture><img src="HTTP://boats.example/s.png"></picture>', "block"),
        ('<picture><source srcset="sail.png, http://boats.example/s.png 2x"></picture>', "block"),
        ('<picture><p><img src="http://boats.example/s.png"></p></picture>', "upgrade"),  # not its child
        ('<img src="http://boats.example/s.png"><img src="sail.png" srcset="sail.png 2x">', "upgrade"),
        ('<object data="http://boats.example/s.pdf"></object>', "block"),
        ('<embed src="http://boats.example/s.swf">', "block"),
        ('<video src="http://boats.example/s.mp4" poster="http://boats.example/s.png"></video>', "upgrade"),
        ('<audio><source src="http://boats.example/s.mp3"></audio>', "upgrade"),
        ('<input type=image src="http://boats.example/s.png">', "upgrade"),
        ('<svg><image href="http://boats.example/s.png"/></svg>', "upgrade"),
        ('<p style="background: url(http://boats.example/s.png)">', "upgrade"),
        ('<object data="https://boats.example/s.pdf"></object>', ""),
        ('<boat src="http://boats.example/s.png"></boat>', ""),  # of which browsers know nothing
        ('<a href="http://boats.example/s.pdf">x</a><object data="//boats.example/s.pdf"></object>', ""),
    ],
)
def test_the_element_tells_what_browsers_do(
    element: str, fate: str, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"a.html": element, "sail.png": b""})

    assert [row[2] for row in mixed(run, root)] == ([MIXED.format(fate)] if fate else [])


def test_an_element_of_markdown_may_stand_in_no_other(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    page = '<img src="http://boats.example/s.png">\n<picture><img src="http://cranes.example/s.png"></picture>\n'
    root = write({"a.md": page})

    assert [row[1:3] for row in mixed(run, root)] == [(1, MIXED.format("upgrade")), (2, MIXED.format("block"))]


def test_a_link_to_what_an_object_embeds_is_no_mixed_content(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    url = "http://boats.example/s.pdf"
    root = write(
        {"a.html": f'<a href="{url}">x</a>\n<object data="{url}"></object>', "b.html": f'<a href="{url}">x</a>'}
    )

    assert [row[:3] for row in mixed(run, root)] == [("a.html", 2, MIXED.format("block"))]


def test_a_frame_over_http_is_blocked_and_is_no_hot_link(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    pages = dict.fromkeys(("a.html", "b.html"), INSECURE["frame"])
    root = write(pages)

    assert [row[:3] for row in mixed(run, root)] == [("a.html", 1, MIXED.format("block") + "; on 2 pages")]
    assert [row for row in found(run, root) if "embedded" in row[2]] == []
    assert run("check", root, "--offline", "--format", "json").report["sections"][0]["wanted"] == 0


def test_a_second_run_from_memory_tells_of_both(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({name: "\n".join(INSECURE.values()) for name in ("a.html", "b.html")})
    first = mixed(run, root)
    (root / "a.html").unlink()

    assert len(first) == 2
    assert [row[3] for row in mixed(run, root)] == [row[3] for row in first]
    assert {row[0] for row in mixed(run, root)} == {"b.html"}


def test_what_browsers_upgrade_keeps_the_fingerprint_that_baselines_know(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"a.html": INSECURE["upgraded"]})

    assert [row[3] for row in mixed(run, root)] == ["d08624ec421314fae463"]
