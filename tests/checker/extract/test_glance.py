"""Bare URLs told at a glance are those that a close reading of the whole page finds."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from checker.extract import glance
from checker.extract.bare import bare_urls
from checker.extract.gfm import angled, may_hold_tags, notable_tags, render_source, unindented
from checker.extract.glance import urls_at_a_glance
from checker.model import Role

PIECES = (
    *("see https://plain.test/a?b=1 now", "(https://plain.test/b).", "https://plain.test", "HTTP://plain.test/a!", "ftp://a.test"),
    *("www.a.test/b", "me@a.test", "mailto:a@b.cc", "npm@1.2.3", "a@b@c.de", "u:p@a.test", "git://a.test", "@", "://"),
    *("**https://a.test/b**", "`https://a.test/b`", "[a](https://a.test/b)", "<https://a.test/b>", "[https://a.test/b](c)"),
    *("[a https://a.test/b", "= https://a.test/b", '"https://a.test/b"', "'https://a.test/b'", r"https://a.test/b\_c", "don't"),
    *("https://a.test/?b=1&c=2", "https://a.test/?b&amp;c", "https://a_b.test", "https://a.test/b，c", "https://a.test/[b](c)"),
    *("https://a.test/新/é_b-1.html", "https://新.test/b", "https://a.test/新\xa0b", "https://a.test/→#名", "https://a.test/新（b）-1.html"),
    *('<a href="https://a.test">', "<a href='https://a.test'>", "</a>", '<A HREF="b">', "<code>", "</code>", "<pre>", "</pre>"),
    *('<span title="a > https://a.test/b c">', "<div>", "</div>\n", "<p>", "<br>", "<table><tr><td>", "<script>", "</script>"),
    *("<!--", "-->", "- ", "1. ", "> ", "# ", "```\n", "    ", f"\n{24 * ' '}", "|a|b|\n|-|-|\n", "[^1]", "*", "_", "\n", "\n\n", "\n\n\n", "\r\n\r\n"),
)  # fmt: skip


def glanced(text: str) -> list[tuple[Role, str]] | None:
    tags = notable_tags(angled(text)) if may_hold_tags(text) else None
    return urls_at_a_glance(text, unindented(render_source(text)), tags)


@pytest.mark.parametrize("seed", range(40))
def test_a_glance_finds_what_a_close_reading_finds(seed: int) -> None:
    pieces = random.Random(seed)  # noqa: S311 (nothing secret)
    told = 0
    for _ in range(50):
        number = pieces.randint(1, pieces.choice((4, 8, 20)))
        text = "".join(pieces.choice(PIECES) + pieces.choice(("", " ", "\n", "\n\n")) for _ in range(number))
        found = glanced(text)
        if found is not None:
            told += 1
            assert Counter(found) == Counter((role, raw) for role, raw, _, _ in bare_urls(text).urls), text

    assert told > 10


HTML = "<div>\n<a href='a'>b</a> https://plain.test/a <br>\n新：https://a.test/新（三），\n</div>"
READ = {
    "plain URLs": ("a https://plain.test/a, https://plain.test/b\n\n- https://plain.test/新-1.html", 0),
    "URLs in links and code": ("[https://a.test](b) <https://a.test> `https://a.test/(b`\n\n```\nme@a.test\n\nwww.a.test\n```", 0),
    "tags": ('<a href="https://a.test/b"><img src="https://a.test/新"></a>', 0),
    "no mail": ("npm@1.2.3 and @nodejs and a@b", 0),
    "a block in doubt": (f"a\n\n{HTML}\n\n# b\n\n[新](https://a.test/新（三）)", len(HTML) + 2),
    "what stands in doubt in one block": ("me@a.test https://a.test/(b) https://plain.test\n\nc", 49),
}  # fmt: skip


@pytest.mark.parametrize(("text", "closely"), READ.values(), ids=READ)
def test_only_the_part_in_doubt_is_read_closely(text: str, closely: int, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(part: str) -> object:
        read.append(part)
        return bare_urls(part)

    monkeypatch.setattr(glance, "bare_urls", counted)

    assert glanced(text) is not None
    assert sum(map(len, read)) == closely
