"""Facts of pages: what a page refers to, by what is to be done with it, and what it defines."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.config.schema import Config, MirrorTable
from checker.extract.locate import Spot
from checker.mirror.opening import open_mirror
from checker.model import Doubt, Kind, TargetKind
from checker.run.prepare import context_of
from checker.sweep import classify, indicated, revisit
from checker.sweep.facts import Context, Facts, Wrong
from checker.sweep.keys import fragment_key, remote_key

Opener = Callable[..., Context]


@pytest.fixture
def opened(write: Callable[..., Path]) -> Opener:
    def opens(files: dict[str, str], *, online: bool = True, **table: object) -> Context:
        config = Config(mirror=MirrorTable(**table))
        return context_of(config, open_mirror(config, write(files)), None, online=online)[0]

    return opens


def facts_of(context: Context, page: str) -> Facts:
    return classify.sweep(context, [page])[0]


def numbers(context: Context, data: bytes) -> set[str]:
    names = {number: name for name, number in context.mounts[0].names.files.items()}
    return {names[number] for number in array("I", data)}


def test_files_of_the_mirror_are_told_by_number_and_what_is_embedded_with_its_role(opened: Opener) -> None:
    context = opened(
        {"a.html": '<a href="b.html">b</a><img src="i.png"><a href="a.html#x">', "b.html": "", "i.png": ""}
    )

    facts = facts_of(context, "a.html")

    assert facts.kind is Kind.HTML
    assert facts.references == 3
    assert numbers(context, facts.files) == {"b.html", "i.png"}
    assert [role for _, role in facts.assets] == ["image"]
    assert [(one.doubt, one.fragment) for one in facts.suspects] == [(Doubt.FRAGMENT, "x")]


def test_a_reference_settled_on_one_page_leads_to_its_own_place_from_the_next_folder(opened: Opener) -> None:
    links = "".join(f'<a href="{raw}">' for raw in ("x.html", "../x.html", "/x.html", "x.html#i", "/b/x.html#i"))
    context = opened(
        {"a/1.html": links, "a/2.html": links, "b/x.html": links, "x.html": links, "a/x.html": '<p id="i">'}
    )

    swept = classify.sweep(context, ["a/1.html", "a/2.html", "b/x.html", "x.html"])

    assert [numbers(context, facts.files) for facts in swept] == [
        {"a/x.html", "x.html", "b/x.html"},
        {"a/x.html", "x.html", "b/x.html"},
        {"x.html"},
        {"b/x.html"},
    ]
    asked = [fragment_key(0, "a/x.html", "i"), fragment_key(0, "b/x.html", "i")]
    assert [set(array("Q", facts.uses)) for facts in swept] == [{*asked}, {*asked}, set(), {asked[1]}]
    assert [{one.raw for one in facts.suspects} for facts in swept] == [
        set(),
        set(),
        {"x.html#i", "/b/x.html#i"},
        {"../x.html", "x.html#i"},
    ]


def test_a_fragment_of_the_page_itself_is_right_where_the_page_has_it_by_any_spelling(opened: Opener) -> None:
    raws = ("a.html#here", "a.html#gone", "a.html#%68ere", "a.html#top", "a.html#user-content-here", "a.html#TOP")
    page = '<p id="here">' + "".join(f'<a href="{raw}">' for raw in raws) + '<img src="a.html#here">'
    context = opened({"a.html": page, "b.html": page})

    for swept in (classify.sweep(context, ["a.html", "b.html"]), classify.sweep(context, ["b.html", "a.html"])):
        facts = {each.page: each for each in swept}
        assert [one.raw for one in facts["a.html"].suspects] == ["a.html#gone"]
        assert [role for _, role in facts["a.html"].assets] == ["image"]
        assert len(array("Q", facts["b.html"].uses)) == 2
        assert not facts["a.html"].uses


def test_fragments_of_other_pages_travel_as_keys_and_ids_as_definitions(opened: Opener) -> None:
    context = opened({"a.html": '<p id="here"><a href="b.md#part">b</a>', "b.md": "# Part\n"})

    assert set(array("Q", facts_of(context, "a.html").uses)) == {fragment_key(0, "b.md", "part")}
    assert fragment_key(0, "a.html", "here") in array("Q", facts_of(context, "a.html").defines)
    assert fragment_key(0, "b.md", "part") in array("Q", facts_of(context, "b.md").defines)


def test_remote_urls_travel_once_a_process_to_be_asked_for(opened: Opener) -> None:
    page = '<a href="https://example.org/x#p">x</a><a href="https://example.org/x#p">again</a>'
    context = opened({"a.html": page, "b.html": page})

    first, second = classify.sweep(context, ["a.html", "b.html"])

    assert first.to_ask == (("https://example.org/x", "p", ""),)
    assert second.to_ask == ()
    for facts in (first, second):
        assert set(array("Q", facts.remote)) == {remote_key("https://example.org/x", "")}
        assert set(array("Q", facts.parts)) == {remote_key("https://example.org/x", "p")}


def test_offline_no_url_travels(opened: Opener) -> None:
    context = opened({"a.html": '<a href="https://example.org/x#p">x</a>'}, online=False)

    assert facts_of(context, "a.html").to_ask == ()
    assert len(array("Q", facts_of(context, "a.html").remote)) == 1


def test_what_is_relative_to_a_base_that_is_yet_to_be_filled_in_is_unchecked(opened: Opener) -> None:
    links = '<a href="gone.html">a</a><a href="../../../gone">b</a><a href="https://[">c</a>'
    page = f'<base href="{{{{ site.url }}}}/">{links}'
    context = opened({"a.html": page, "b.html": links.replace("..", "x"), "c.html": page})

    doubted = [[one.raw for one in facts.suspects] for facts in classify.sweep(context, ["a.html", "b.html", "c.html"])]
    assert [sorted(raws) for raws in doubted] == [
        ["https://["],
        ["gone.html", "https://[", "x/x/x/gone"],
        ["https://["],
    ]


@pytest.mark.parametrize(
    ("name", "page", "rules"),
    [
        ("a.html", '<link rel="canonical" href=""><link rel="alternate" href="">', ["url/empty-link"] * 2),
        ("a.html", '<link rel="preload" href=""><link rel="manifest" href="">', ["url/empty"] * 2),
        ("a.html", '<img alt="" src="data:," usemap="">', ["url/empty"]),
        ("a.html", '<form action=""></form><blockquote cite=""></blockquote>', []),
        ("a.ipynb", '{"cells": [{"cell_type": "markdown", "source": ["[a]() [b](#c)"]}]}', ["url/empty-link"]),
    ],
)
def test_an_empty_attribute_is_doubted_by_its_role(opened: Opener, name: str, page: str, rules: list[str]) -> None:
    assert sorted(one.rule for one in facts_of(opened({name: page}), name).suspects) == rules


@pytest.mark.parametrize(
    ("page", "rule"),
    [
        ('<img alt="" src="cid:lamp@mail.test">', "url/local-path"),
        ('<img alt="" src="ftp://example.test/lamp.png">', "url/local-path"),
        ('<link rel="stylesheet" href="app:lamp.css">', "url/local-path"),
        ('<video src="content://media/1">', "url/local-path"),
        ('<img alt="" srcset="chrome://theme/IDR_LAMP 2x">', "url/local-path"),
        ('<a href="edge://flags">x</a>', "url/unknown-scheme"),
        ('<a href="about:config">x</a>', ""),
        ('<a href="ftp://example.test/x.png">x</a><img alt="" src="ftp://example.test/x.png">', "url/local-path"),
        ('<a href="about:reader?url=https%3A%2F%2Fexample.test">x</a>', "url/local-path"),
        ('<a href="filesystem:https://example.test/temporary/x">x</a>', "url/local-path"),
        ('<a href="cid:lamp@mail.test">x</a>', "url/unknown-scheme"),
        ('<lamp src="lamp:on">', "url/unknown-scheme"),
        ('<iframe src="lamp:on"></iframe>', "url/unknown-scheme"),
        ('<a href="ftp://example.test/lamp.png">x</a>', ""),
        (
            '<a href="about:invalid#x">x</a><a href="about:blank">x</a><iframe src="about:blank#x"></iframe><img alt="" src="about:blank">',
            "",
        ),
        ('<img alt="" src="data:,"><iframe src="javascript:1"></iframe><video src="rtsp://example.test/x">', ""),
    ],
)
def test_what_no_browser_embeds_and_what_one_alone_has_is_broken(opened: Opener, page: str, rule: str) -> None:
    suspects = facts_of(opened({"a.html": page}), "a.html").suspects

    assert [one.rule for one in suspects] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("reference", "kind", "doubt", "rule"),
    [
        ("gone.html", TargetKind.MISSING, Doubt.NAME, ""),
        ("../../../up.html", TargetKind.OUTSIDE, Doubt.BROKEN, "local/outside-mirror"),
        ("http://[", TargetKind.INVALID, Doubt.BROKEN, "url/invalid"),
        ("file:///home/ann/a.html", TargetKind.LOCAL_PATH, Doubt.BROKEN, "url/local-path"),
        ("blob:https://example.test/1-2", TargetKind.OTHER, Doubt.BROKEN, "url/local-path"),
        ("moz-extension://0a1b/a.html#b", TargetKind.OTHER, Doubt.BROKEN, "url/local-path"),
        ("ftp://example.test:port/", TargetKind.INVALID, Doubt.BROKEN, "url/invalid"),
        ("mailto://[::g]", TargetKind.INVALID, Doubt.BROKEN, "url/invalid"),
        ("htpp:typo", TargetKind.OTHER, Doubt.BROKEN, "url/unknown-scheme"),
        (r"b\c.html", TargetKind.FILE, Doubt.BROKEN, "url/repaired-by-browsers"),
        ("#nowhere", TargetKind.SELF, Doubt.FRAGMENT, ""),
    ],
)
def test_each_doubt_has_its_target_and_its_rule(
    opened: Opener, reference: str, kind: TargetKind, doubt: Doubt, rule: str
) -> None:
    context = opened({"a.html": f'\n<a href="{reference}">x</a>', "b/c.html": ""})

    suspects = facts_of(context, "a.html").suspects

    expected = [(kind, doubt, rule, (Spot(2, 10),))]
    assert [(one.target.kind, one.doubt, one.rule, one.spots) for one in suspects] == expected


def test_what_is_no_page_by_its_bytes_says_so(opened: Opener) -> None:
    context = opened({"a.php": "<?php echo 1;", "b.php": "<!doctype html><p id=x>"})

    assert facts_of(context, "a.php").kind is None
    assert facts_of(context, "b.php").kind is Kind.HTML


def test_a_page_is_revisited_only_for_what_is_wrong(opened: Opener) -> None:
    page = '<a href="b.html#gone">b</a> <a href="https://example.org/x">x</a> <img src="i.png">'
    context = opened({"a.html": page, "b.html": "", "i.png": ""})
    number = context.mounts[0].names.files["i.png"]
    wrong = Wrong(
        fragments=frozenset({fragment_key(0, "b.html", "gone")}),
        remote=frozenset({remote_key("https://example.org/x", "")}),
        assets=frozenset({number}),
    )

    (page_, suspects), (_, none) = (
        revisit.revisit(context, ["a.html"], wrong)[0],
        revisit.revisit(context, ["a.html"], Wrong())[0],
    )

    assert page_ == "a.html"
    assert {(one.doubt, one.raw) for one in suspects} == {
        (Doubt.FRAGMENT, "b.html#gone"),
        (Doubt.REMOTE, "https://example.org/x"),
        (Doubt.ASSET, "i.png"),
    }
    assert none == []


@pytest.mark.parametrize(
    ("fragment", "asked"),
    [
        ("top", ""),
        ("TOP", ""),
        ("x%20y", "x y"),
        ("part:~:text=words", "part"),
        (":~:text=words", ""),
        ("user-content-x", "x"),
        ("x ", "x"),
    ],
)
def test_the_id_that_a_fragment_asks_for(fragment: str, asked: str) -> None:
    assert indicated.wanted(fragment) == asked


def test_a_blank_before_query_or_fragment_is_part_of_the_name(opened: Opener) -> None:
    links = "".join(f'<a href="{raw}">x</a>' for raw in ("b.html #x", "b.html ?q", "c.html #y", " #x "))
    context = opened({"a.html": f'<p id="x">{links}', "b.html": '<p id="x">', "c.html ": '<p id="y">'})

    suspects = facts_of(context, "a.html").suspects

    assert {(suspect.raw, suspect.doubt) for suspect in suspects if suspect.doubt is Doubt.NAME} == {
        ("b.html #x", Doubt.NAME),
        ("b.html ?q", Doubt.NAME),
    }


@pytest.mark.parametrize(
    "raw",
    [
        "{{ site.baseurl }}/a.html",
        "{{",
        "%7B%7Bsite.root%7D%7D/a.html",
        "{% if x %}/a{% endif %}",
        "<%= root %>/a.html",
        "${root}/a.html",
        "https://example.test/{{ version }}/",
        "ENGLISH_LAMPS_URL",
        "$LAMPS_URL",
        "a.html#{{ id }}",
    ],
)
def test_what_a_template_fills_in_is_unknown(opened: Opener, raw: str) -> None:
    facts = facts_of(opened({"a.html": f'<a href="{raw}">x</a>'}), "a.html")

    assert len(facts.unknown) == 1
    assert not facts.suspects
    assert not facts.remote


@pytest.mark.parametrize(
    "raw", ["{a}.html", "%7Ba%7D.html", "a$b.html", "50%.html", "LICENSE_MIT", "a/B_URL", "URL", "b_URL"]
)
def test_what_is_no_placeholder_is_missing(opened: Opener, raw: str) -> None:
    (suspect,) = facts_of(opened({"a.html": f'<a href="{raw}">x</a>'}), "a.html").suspects

    assert suspect.doubt is Doubt.NAME


def test_a_file_may_be_called_as_a_placeholder(opened: Opener) -> None:
    context = opened({"a.html": '<a href="{{name}}/b.html">x</a>', "{{name}}/b.html": "b"})

    assert numbers(context, facts_of(context, "a.html").files) == {"{{name}}/b.html"}


@pytest.mark.parametrize("raw", ["mailto:a@[b", "urn:a:b", "data:,//[", "ftp://example.test/%80", "tel://1", "news:[a"])
def test_an_address_of_another_scheme_that_parses_is_fine(opened: Opener, raw: str) -> None:
    facts = facts_of(opened({"a.html": f'<a href="{raw}">x</a>'}), "a.html")

    assert not facts.suspects


def test_no_browser_has_the_fonts_of_a_drawing(opened: Opener) -> None:
    context = opened({"a.css": "@font-face { src: url(b.svg#c) }", "b.svg": "<svg/>", "d.html": '<img src="b.svg#c">'})

    assert not facts_of(context, "a.css").uses
    assert facts_of(context, "d.html").uses


@pytest.mark.parametrize(
    ("head", "fragment", "doubted"),
    [
        ("", "of(java.lang.Object,int[])", False),
        ("", "user-content-a", True),  # names `a`
        ("", "top", False),
        ("", "gone(int)", True),
        ('<base href="docs/">', "of(java.lang.Object,int[])", True),  # of the other page
    ],
)
def test_what_a_fragment_names_is_asked_of_its_own_page(
    opened: Opener, head: str, fragment: str, doubted: bool
) -> None:
    ids = '<p id="of(java.lang.Object,int[])"></p><p id="user-content-a"></p>'
    context = opened({"a.html": f'{head}{ids}<a href="#{fragment}">a</a>', "b.html": "<p>b</p>"})
    facts = facts_of(context, "a.html")

    assert bool(facts.suspects or facts.uses) == doubted


def test_a_map_is_there_for_its_picture_and_for_no_other_page(opened: Opener) -> None:
    maps = (
        '<map name="m"></map><p id="p"><img src="data:," usemap="#m"><img src="data:," usemap="#n">'
        '<img src="data:," usemap="#p"><a href="#m">m</a><a href="#p">p</a>'
    )
    facts = facts_of(opened({"a.html": maps}), "a.html")

    doubted = {(suspect.role, suspect.raw, suspect.doubt) for suspect in facts.suspects}
    assert doubted == {(role, raw, Doubt.FRAGMENT) for role, raw in [("map", "#n"), ("map", "#p"), ("link", "#m")]}


@pytest.mark.parametrize(
    ("usemap", "found"),
    [
        ("#m", True),
        ("#i", True),
        ("#a b", True),
        ("#ä", True),
        (" #m", True),
        ("x.html#m", True),
        ("#top", False),
        ("#a%20b", False),
        ("#%C3%A4", False),
        ("#m ", False),
        ("##m", False),
        ("m", False),
        ("", False),
    ],
)
def test_a_map_is_named_by_what_follows_the_first_hash_as_it_stands(opened: Opener, usemap: str, found: bool) -> None:
    maps = '<base href="x/"><map name="m"></map><map id="i"></map><map name="a b"></map><map name="ä"></map>'
    facts = facts_of(opened({"a.html": f'{maps}<img src="data:," usemap="{usemap}">'}), "a.html")

    assert [suspect.raw for suspect in facts.suspects] == ([] if found else [usemap])


@pytest.mark.parametrize(
    "reference", ["https://example.org/x #p", "https://example.org/x", "https://example.org/x#p%21"]
)
def test_a_remote_url_is_found_again_under_the_key_that_it_was_asked_for(opened: Opener, reference: str) -> None:
    context = opened({"a.html": f'<a href="{reference}">x</a>'})
    url, fragment, _ = facts_of(context, "a.html").to_ask[0]

    [(_, suspects)] = revisit.revisit(context, ["a.html"], Wrong(remote=frozenset({remote_key(url, fragment)})))

    assert [(one.doubt, one.target.name, one.fragment) for one in suspects] == [(Doubt.REMOTE, url, fragment)]
