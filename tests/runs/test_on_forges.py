"""What a forge adds to the pages of a repository: folders with their README, folded fragments, proxies, its own ways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GITHUB = "https://github.com/ann/lamps/blob/main/"
GITLAB = "https://gitlab.com/ann/lamps/-/blob/main/"
GITEA = "https://codeberg.org/ann/lamps/src/branch/main/"
Found = Callable[..., list[tuple[str, str, str]]]


@pytest.fixture
def found(write: Callable[..., Path], run: Callable[..., Any]) -> Found:
    def find(files: dict[str, str], published: str) -> list[tuple[str, str, str]]:
        options = ("--published", published) if published else ()
        result = run("check", write(files), "--offline", "--no-history", *options, "--format", "json")
        return sorted((each["page"], each["rule"], each["reference"]) for each in result.report["findings"])

    return find


def missing(*references: str) -> list[tuple[str, str, str]]:
    return [("README.md", "local/missing-fragment", each) for each in sorted(references)]


@pytest.mark.parametrize("published", [GITHUB, GITLAB, GITEA])
def test_a_fragment_of_a_folder_is_one_of_the_readme_that_is_shown_there(published: str, found: Found) -> None:
    links = "[a](docs#oil) [b](docs/#oil) [c](.#lamps) [d](/#lamps) [e](bare) [f](docs#readme) [g](docs/Old#wick)"
    wrong = "[a](docs#gas) [b](.#gas) [c](bare#lamps) [d](docs/Old/#gas)"
    pages = {
        "README.md": f"# Lamps\n\n{links}\n\n{wrong}\n",
        "docs/readme.md": "# Oil\n",
        "docs/Old/README.markdown": "# Wick\n",
        "bare/index.md": "# Lamps\n\n[up](..)\n",
    }

    result = found(pages, published)

    orphan = ("bare/index.md", "mirror/orphan", "")
    assert result == [*missing("docs#gas", ".#gas", "bare#lamps", "docs/Old/#gas"), orphan]


def test_the_front_page_shows_one_readme_of_three(found: Found) -> None:
    root = "https://github.com/ann/lamps"
    links = f"[a]({root}#oil) [b]({root}?tab=readme-ov-file#oil) [c]({root}?tab=MIT-1-ov-file#terms) [d]({root}#gas)"

    assert found({"docs/README.md": f"# Oil\n\n{links}\n"}, GITHUB) == [
        ("docs/README.md", "local/missing-fragment", f"{root}#gas")
    ]


@pytest.mark.parametrize(
    ("published", "wrong"),
    [(GITHUB, ["local/wrong-case"]), (GITLAB, ["local/wrong-case"] * 3), ("", ["local/wrong-case"] * 3)],
)
def test_a_fragment_in_another_case_is_found_on_github_alone(published: str, wrong: list[str], found: Found) -> None:
    pages = {
        "README.md": "# Oil lamps\n\n[a](#Oil-lamps) [b](b.md#Wick) [c](b.md#anna)\n",
        "b.md": '# Wick\n\n<a id="Anna"></a> [up](README.md)\n',
    }

    assert [rule for _, rule, _ in found(pages, published)] == wrong


def test_an_id_behind_a_heading_is_its_own_on_gitea_and_text_elsewhere(found: Found) -> None:
    pages = {
        "README.md": "# Oil {#lamp}\n\n## Wick { .long #Wick_2 lang=en }\n\n## Gas {.blue}\n\n## Set {a} {#}\n\n"
        "[a](#lamp) [b](#Wick_2) [c](#gas) [d](#oil) [e](#oil-lamp) [f](#set-a-)\n"
    }

    assert found(pages, GITEA) == missing("#oil", "#oil-lamp")
    assert found(pages, GITHUB) == missing("#Wick_2", "#gas", "#lamp", "#oil")


def test_markdown_on_a_forge_with_a_proxy_loads_nothing_from_foreign_hosts(found: Found) -> None:
    page = '# Lamps\n\n![a](http://pics.test/a.png) <img src="http://pics.test/b.png" width="1" height="1">\n'
    rules = {"asset/mixed-content", "asset/tracker"}

    def told(files: dict[str, str], published: str) -> set[str]:
        return {rule for _, rule, _ in found(files, published)} & rules

    assert told({"README.md": page}, GITHUB) == set()
    assert told({"README.rst": ".. image:: http://pics.test/a.png\n"}, GITHUB) == set()
    assert told({"Home.md": page}, "https://github.com/ann/lamps/wiki") == set()
    assert told({"Home.md": page}, "https://codeberg.org/ann/lamps/wiki") == rules
    assert told({"README.md": page}, GITLAB.replace("gitlab.com", "gitlab.example.org")) == rules
    player = "<video poster='http://pics.test/c.png'><source src='http://pics.test/c.mp4'></video>"
    dropped = f"{page}\n{player}\n<script src='http://pics.test/d.js'></script>\n"
    assert told({"README.md": dropped}, GITHUB) == set()
    assert told({"README.md": dropped}, "https://lamps.example.org/") == rules
    assert told({"index.html": f"<!doctype html>{page}"}, "https://lamps.example.org/") == rules


def test_html_in_a_repository_is_served_and_markdown_is_shown(found: Found) -> None:
    """No forge shows HTML: its readers have it from a server, where a folder is its index."""
    links = "<a href='oil/#wick'>a</a> <a href='oil#lost'>b</a> <a href='/oil/#lost'>c</a> <a href='bare/#x'>d</a>"
    pages = {
        "index.html": f"<!doctype html><title>t</title>{links}",
        "oil/index.html": "<!doctype html><title>t</title><p id=wick><a href='../READ.md'>up</a>",
        "bare/lamp.txt": "oil\n",
        "READ.md": "[a](oil/#wick) [b](oil/index.html#wick) [c](index.html) [d](bare/lamp.txt)\n",
    }

    pages["oil/index.html"] += " <a href='../../gas/index.html'>beside the repository, or nowhere</a>"
    pages["READ.md"] += " [another repository](../../../gas/blob/main/index.html)"

    assert found(pages, GITHUB) == [
        ("READ.md", "local/missing-fragment", "oil/#wick"),
        ("index.html", "local/missing-fragment", "/oil/#lost"),
        ("index.html", "local/missing-fragment", "oil#lost"),
        ("oil/index.html", "local/outside-mirror", "../../gas/index.html"),
    ]


def test_html_beside_a_forge_is_searched_as_any_server_sends_it(found: Found) -> None:
    """GitHub finds a fragment in another case, and shows no HTML."""
    files = {
        "README.md": "# First\n\n[x](#FIRST) [y](docs/a.html)\n",
        "docs/a.html": '<a href="#FIRST">x</a> <p id="first">',
    }

    assert found(files, GITHUB) == [("docs/a.html", "local/wrong-case", "#FIRST")]


@pytest.mark.parametrize(
    ("refresh", "places"),
    [
        ('<meta http-equiv="refresh" content="0; url=new.html">', []),
        ('<meta content="5;url=new.html" HTTP-EQUIV=Refresh>', []),
        ('<meta http-equiv="refresh" content="300; url=old.html">', ["old.html#oil"]),
        ('<meta http-equiv="refresh" content="0">', ["old.html#oil"]),
        ("<!-- <meta http-equiv=refresh content='0; url=new.html'> -->", ["old.html#oil"]),
    ],
)
def test_a_page_that_sends_its_readers_on_has_no_places_to_miss(refresh: str, places: list[str], found: Found) -> None:
    pages = {
        "index.html": '<!doctype html><title>t</title><a href="old.html#oil">a</a> <a href="new.html">b</a>',
        "old.html": f"<!doctype html><title>t</title>{refresh}<a href='index.html'>c</a>",
        "new.html": "<!doctype html><title>t</title><p id=gas>",
    }

    assert found(pages, "https://lamps.example.org/") == [
        ("index.html", "local/missing-fragment", place) for place in places
    ]


def test_html_is_read_at_the_site_that_is_published_beside_the_forge(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    picture = "<img src='http://pics.test/a.png'>"
    root = write(
        {"index.html": f"<!doctype html><title>t</title>{picture} <a href='../gas/'>b</a>", "README.md": picture}
    )

    def told(*addresses: str) -> set[tuple[str, str]]:
        options = [part for address in addresses for part in ("--published", address)]
        findings = run("check", root, "--offline", "--no-history", *options, "--format", "json").report["findings"]
        return {(each["page"], each["rule"]) for each in findings if each["level"] != "note"}

    assert told(GITHUB, "https://lamps.example.org/oil/") == {("index.html", "asset/mixed-content")}
    assert told(GITHUB) == {("index.html", "local/outside-mirror")}


def test_what_the_forge_leads_to_is_no_orphan(found: Found) -> None:
    pages = {
        "ReadMe.md": "# Lamps\n\n[a](docs)\n",
        ".github/ISSUE_TEMPLATE/bug.md": "# Bug\n",
        "docs/readme.md": "# Oil\n",
        "docs/lost.md": "# Lost\n",
        "Security.md": "# Security\n",
    }

    assert found(pages, GITHUB) == [("docs/lost.md", "mirror/orphan", "")]
    assert {page for page, _, _ in found(pages, "https://lamps.example.org/")} >= {"docs/lost.md", "Security.md"}


def test_the_index_of_a_folder_that_is_named_after_a_host_is_where_readers_begin(found: Found) -> None:
    page = "<!doctype html><title>t</title>"
    pages = {"lamps.test/index.html": page, "lamps.test/lost.html": page, "docs/index.html": page}

    assert found(pages, "") == [("docs/index.html", "mirror/orphan", ""), ("lamps.test/lost.html", "mirror/orphan", "")]


def test_all_references_of_a_page_without_any_are_an_empty_list(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"index.html": "<!doctype html><title>t</title>"})

    assert run("check", root, "--offline", "--all", "--format", "json").report["references"] == []
    assert "references" not in run("check", root, "--offline", "--format", "json").report


@pytest.mark.parametrize(
    ("files", "settings", "orphans"),
    [
        (
            ["lamps.test/index.htm", "lamps.test/oil.html", "socket.io/oil.html"],
            "",
            ["lamps.test/oil.html", "socket.io/oil.html"],
        ),
        (["web.archive.org/web/2020/http:/lamps.test/index.html", "http:/index.html"], "", ["http:/index.html"]),
        (
            ["site/index.html", "site/oil/index.html", "other/index.html"],
            '[[mirror.address]]\nurl = "https://lamps.test/a/"\nfolder = "site"\n',
            ["other/index.html", "site/oil/index.html"],
        ),
    ],
)
def test_readers_begin_at_the_index_of_any_root(
    files: list[str], settings: str, orphans: list[str], write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"c.toml": settings, **dict.fromkeys(files, "<!doctype html><title>t</title>")})

    report = run("check", "--config", root / "c.toml", "--offline", "--no-history", "--format", "json").report

    assert sorted(each["page"] for each in report["findings"] if each["rule"] == "mirror/orphan") == orphans


@pytest.mark.parametrize(
    ("text", "is_known"),
    [
        ('--8<-- "oil.md"', False),
        ('{% include "oil.md" %}', False),
        ('{%\n  include-markdown "oil.md"\n%}', False),
        ('{{< include "oil.md" >}}', False),
        ("{!oil.md!}", False),
        ("[oil](lamp.md ':include')", False),
        ("[!INCLUDE [oil](lamp.md)]", False),
        ('import Oil from "./oil.mdx"\n\n<Oil />', False),
        ("This is included: `{% include %}`", True),
        ("[oil](lamp.md 'including')", True),
    ],
)
def test_on_a_site_an_id_may_be_of_what_a_page_brings_in(text: str, is_known: bool, found: Found) -> None:
    pages = {"index.md": "[a](lamp.md#wick)\n", "lamp.md": f"{text}\n"}

    assert (
        found(pages, "https://lamps.example.org/")
        == [("index.md", "local/missing-fragment", "lamp.md#wick")] * is_known
    )


def test_what_a_page_of_html_shows_brings_nothing_in(found: Found) -> None:
    shown = '<!doctype html><title>t</title><p id="oil">a</p><pre>\n--8<-- "oil.md"\n{!oil.md!}\n</pre>'
    pages = {"index.html": "<!doctype html><title>t</title><a href='lamp.html#wick'>a</a>", "lamp.html": shown}

    assert found(pages, "https://lamps.example.org/") == [("index.html", "local/missing-fragment", "lamp.html#wick")]
