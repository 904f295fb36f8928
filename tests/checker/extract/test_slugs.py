"""Heading anchors of each forge, character by character and numbered."""

from __future__ import annotations

import pkgutil
import unicodedata
from importlib import import_module

import pytest

from checker.extract import dialects
from checker.extract.dialects import MODULES, Anchors, dialect_of
from checker.extract.slugs import gitea, github, gitlab

# The rule is github-slugger's, whose table was read back from GitHub; joiners, Σ and İ are as Ruby has them.
GITHUB = (
    # words, case, spaces
    ("Opening hours", "opening-hours"),
    ("lower", "lower"),
    ("UPPER CASE", "upper-case"),
    ("camelCaseName", "camelcasename"),
    ("two  spaces", "two--spaces"),
    (" led", "-led"),
    ("trailed ", "trailed-"),
    (" ", "-"),
    ("", ""),
    ("tab\there", "tabhere"),
    ("line\nbreak", "linebreak"),
    ("no\u00a0break", "nobreak"),
    ("thin\u2009space", "thinspace"),
    ("全角\u3000空格", "全角空格"),
    ("line\u2028separator", "lineseparator"),
    # dashes and connectors
    ("well-known", "well-known"),
    ("-edges-", "-edges-"),
    ("a - b", "a---b"),
    ("A — B", "a--b"),
    ("1990–2000", "19902000"),
    ("soft\u00adhyphen", "softhyphen"),
    ("snake_case", "snake_case"),
    ("__dunder__", "__dunder__"),
    ("tie‿tie", "tie‿tie"),
    ("wide＿line", "wide＿line"),
    ("wide－dash", "widedash"),
    ("〜wave", "wave"),
    # ASCII punctuation and symbols
    ("What's new?", "whats-new"),
    ("v1.2.3", "v123"),
    ("C++ & C#", "c--c"),
    ("a/b\\c", "abc"),
    ("f(x)[0]{y}", "fx0y"),
    ("50% off!", "50-off"),
    ("a=b+c<d>e", "abcde"),
    ("~^`|$", ""),
    ("mail@host", "mailhost"),
    ('"quoted"', "quoted"),
    (":tada: party", "tada-party"),
    (":ok_hand::tada:", "ok_handtada"),
    # Unicode punctuation and symbols
    ("“curly” ‘quotes’", "curly-quotes"),
    ("it’s", "its"),
    ("«guillemets»", "guillemets"),
    ("句号。逗号，", "句号逗号"),
    ("【方】「角」（圆）", "方角圆"),
    ("中·点", "中点"),
    ("…dots", "dots"),
    ("5 € or £4", "5--or-4"),
    ("2 × 3 ÷ 4", "2--3--4"),
    ("→ arrow", "-arrow"),
    ("© 2024 ®", "-2024-"),
    ("♥ heart", "-heart"),
    ("´acute`", "acute"),
    # emoji
    ("💌 mail", "-mail"),
    ("❤️ Love", "\ufe0f-love"),
    ("👩‍👧 family", "\u200d-family"),
    ("می\u200cشود", "می\u200cشود"),
    ("👍🏽 thumb", "-thumb"),
    ("🇨🇳 flag", "-flag"),
    ("1️⃣ one", "1\ufe0f⃣-one"),
    # numbers
    ("① first", "-first"),
    ("①第一章", "第一章"),
    ("x² + y³", "x--y"),
    ("½ cup", "-cup"),
    ("Ⅷ century", "ⅷ-century"),
    ("٣ arabic", "٣-arabic"),
    ("〇一二", "〇一二"),
    ("2024", "2024"),
    # letters
    ("新闻 联播", "新闻-联播"),
    ("日本語の見出し", "日本語の見出し"),
    ("한국어 제목", "한국어-제목"),
    ("Привет МИР", "привет-мир"),
    ("Ελλάδα Θ", "ελλάδα-θ"),
    ("ÉCOLE", "école"),
    ("E\u0301cole", "e\u0301cole"),
    ("हिन्दी", "हिन्दी"),
    ("ไทย", "ไทย"),
    ("עברית", "עברית"),
    ("Straße ẞ", "straße-ß"),
    ("ªº", "ªº"),
    ("İ", "i"),
    ("ΟΔΟΣ ΝΑΤΟΥ", "οδοσ-νατου"),
    ("οδος", "οδος"),
    ("Ⓐ circled", "ⓐ-circled"),
    ("🄰 squared", "🄰-squared"),
    ("ʰ modifier", "ʰ-modifier"),
    ("人々 ー", "人々-ー"),
    # controls and the like
    ("zero\u200bwidth", "zerowidth"),
    ("bom\ufeff", "bom"),
    ("private\ue000use", "privateuse"),
    ("bell\x07", "bell"),
    ("gone\U000e0fff", "gone"),
)


@pytest.mark.parametrize(("heading", "anchor"), GITHUB, ids=[ascii(heading) for heading, _ in GITHUB])
def test_github_makes_this_anchor_of_a_heading(heading: str, anchor: str) -> None:
    assert github(heading) == anchor


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("a - b", "a-b"),
        ("A — B", "a-b"),
        (" spaced  out ", "spaced-out"),
        ("--x--", "-x-"),
        ("2024", "anchor-2024"),
        ("2024.", "anchor-2024"),
        ("2024 b", "2024-b"),
        ("Epics **(premium)**", "epics"),
        ("Epics (PREMIUM SELF) and more", "epics-and-more"),
        ("Epics (paid)", "epics-paid"),
        ("新闻，联播", "新闻联播"),
        ("①", ""),
        ("ΟΔΟΣ", "οδοσ"),
        ("Iİ", "ii"),
    ],
)
def test_gitlab_makes_this_anchor_of_a_heading(heading: str, anchor: str) -> None:
    assert gitlab(heading) == anchor


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Two  Words", "two--words"),
        (" trimmed\t", "trimmed"),
        ("① ½ ²", "①-½-²"),
        ("E\u0301cole", "ecole"),
        ("全角\u3000空格", "全角-空格"),
        ("test（1）", "test1"),
        ("snake_case-dash", "snake_case-dash"),
        ("tie‿tie", "tietie"),
        ("!?", "heading"),
        ("İ", "i"),
        ("ΟΔΟΣ", "οδοσ"),
        ("unit\x1fseparator", "unitseparator"),
    ],
)
def test_gitea_makes_this_anchor_of_a_heading(heading: str, anchor: str) -> None:
    assert gitea(heading) == anchor


@pytest.mark.parametrize(
    ("dialect", "heading", "anchor"),
    [
        ("docusaurus", "ΟΔΟΣ ΤΗΣ ΣΟΦΙΑΣ.", "οδος-της-σοφιας"),  # as JavaScript looks at words
        ("astro", "ΟΔΟΣ", "οδος"),
        ("nextjs", "İzmir", "i\u0307zmir"),
        ("vitepress", "ΟΔΟΣ ΣΟΦΙΑΣ", "οδος-σοφιας"),
        ("vitepress", "İzmir", "izmir"),
        ("mdbook", "ΟΔΟΣ ΣΟΦΙΑΣ", "οδος-σοφιας"),  # as Rust does
        ("mdbook", "İzmir", "izmir"),
        ("mdbook", "हिन्दी भाषा", "हिनदी-भाषा"),
        ("mdbook", "❤\ufe0f Ⓐ ½", "-ⓐ-½"),
        ("mdbook", "::", "section"),
        ("kramdown", "ΟΔΟΣ", "οδοσ"),  # as Ruby looks at letters
        ("kramdown", "İzmir", "i\u0307zmir"),
        ("goldmark", "ΟΔΟΣ İzmir", "οδοσ-izmir"),  # as Go does
    ],
)
def test_each_language_lowers_letters_in_its_way(dialect: str, heading: str, anchor: str) -> None:
    assert Anchors(dialect_of(dialect)).add(heading) == anchor


@pytest.mark.parametrize(
    ("forge", "headings", "anchors"),
    [
        ("github", ("tea", "tea", "tea"), ("tea", "tea-1", "tea-2")),
        ("github", ("tea", "tea", "tea 1", "tea-1", "tea"), ("tea", "tea-1", "tea-1-1", "tea-1-2", "tea-2")),
        ("github", ("tea-1", "tea", "tea"), ("tea-1", "tea", "tea-2")),
        ("github", ("Tea", "TEA!"), ("tea", "tea-1")),
        ("github", ("!", "?"), ("", "-1")),
        ("github", ("__proto__", "__proto__"), ("__proto__", "__proto__-1")),
        ("gitlab", ("tea", "tea", "tea 1", "tea"), ("tea", "tea-1", "tea-1", "tea-2")),
        ("gitea", ("tea-1", "tea", "tea"), ("tea-1", "tea", "tea-2")),
        ("gitea", ("!", "?"), ("heading", "heading-1")),
    ],
)
def test_a_name_that_is_taken_gets_a_number(forge: str, headings: tuple[str, ...], anchors: tuple[str, ...]) -> None:
    page = Anchors(dialect_of(forge))

    assert tuple(page.add(heading) for heading in headings) == anchors


def test_a_forge_without_a_rule_is_refused() -> None:
    with pytest.raises(KeyError):
        Anchors(dialect_of("sourceforge"))


def test_every_character_is_kept_or_deleted_by_its_category() -> None:
    """The whole of Unicode: what is deleted is never a letter, a mark or a digit."""
    kept: set[str] = set()
    deleted: set[str] = set()
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000:
            continue
        character = chr(code)
        (kept if github(character) else deleted).add(unicodedata.category(character))

    assert " ".join(sorted(deleted)) == "Cc Cf Cn Co No Pd Pe Pf Pi Po Ps Sc Sk Sm So Zl Zp Zs"
    assert kept & deleted == {"Pd", "Zs", "So", "Cf"}  # `-`, the space, the circled and squared letters, the joiners


def test_each_dialect_is_found_in_its_module() -> None:
    for module, names in MODULES.items():
        rows = import_module(f"{dialects.__name__}.{module}").DIALECTS
        assert tuple(rows) == names
        assert [dialect_of(name) for name in names] == [*rows.values()]
    assert {each.name for each in pkgutil.iter_modules(dialects.__path__)} == {*MODULES, "row"}
