"""Pages are mended in their bytes: the corrected reference reads as it should, and nothing else changes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from checker.extract import Options, Place, charset, extractor, locate
from checker.mend import diff, page
from checker.mend.encoded import rewritten
from checker.mend.page import Mended, applied, mended
from checker.model import Finding, Kind, Level
from checker.rules.codes import Code


def findings(text: str, kind: Kind, wanted: Mapping[str, str], rule: Code = Code.LOCAL_WRONG_CASE) -> list[Finding]:
    """A finding at each place whose reference has a wanted suggestion."""
    places = list(extractor(kind).places(text, Options()))
    position = locate.positions(text, [place.start for place in places])
    found = []
    for place in places:
        if place.raw in wanted:
            line, column = position[place.start]
            suggestion = wanted[place.raw]
            found.append(
                Finding(rule, Level.ERROR, "page", line, column, "", place.role, place.raw, suggestion=suggestion)
            )
    return found


def mend(text: str, kind: Kind, wanted: Mapping[str, str], rule: Code = Code.LOCAL_WRONG_CASE) -> tuple[str, Mended]:
    found = mended(text, kind, findings(text, kind, wanted, rule), Options())
    return applied(text, found.edits), found


HTML = [
    ('<a href="Docs/x">', "Docs/x", "docs/x", '<a href="docs/x">'),
    ("<a href=Docs/x>", "Docs/x", "docs/x", "<a href=docs/x>"),
    ("<a href='Docs/x?a=1&amp;b=2'>", "Docs/x?a=1&b=2", "docs/x?a=1&b=2", "<a href='docs/x?a=1&amp;b=2'>"),
    ("<a href=x>", "x", "/?a=1&copy", "<a href=/?a=1&amp;copy>"),
    ('<img srcset="A.png 1x, B.png 2x">', "B.png", "b.png", '<img srcset="A.png 1x, b.png 2x">'),
    ('<p style="background: url(A.png)">', "A.png", "a.png", '<p style="background: url(a.png)">'),
    (
        "<style>p { background: url('A.png') }</style>",
        "A.png",
        "a.png",
        "<style>p { background: url('a.png') }</style>",
    ),
    (
        '<script type="application/ld+json">{"url": "https:\\/\\/e.test\\/A"}</script>',
        "https://e.test/A",
        "https://e.test/a",
        '<script type="application/ld+json">{"url": "https:\\/\\/e.test\\/a"}</script>',
    ),
    (
        "<meta http-equiv=refresh content='0; url=A.html'>",
        "A.html",
        "a.html",
        "<meta http-equiv=refresh content='0; url=a.html'>",
    ),
    ("<!-- A.html --><a href=A.html>A.html</a>", "A.html", "a.html", "<!-- A.html --><a href=a.html>A.html</a>"),
]
MARKDOWN = [
    ("[x](A.md)", "A.md", "a.md", "[x](a.md)"),
    ("[A.md](A.md 'A.md')", "A.md", "a.md", "[A.md](a.md 'A.md')"),
    ("[x](<A b.md>)", "A%20b.md", "a b.md", "[x](<a b.md>)"),
    ("[x](指南.MD)", "%E6%8C%87%E5%8D%97.MD", "指南.md", "[x](指南.md)"),
    ("![](A\\(1\\).png)", "A(1).png", "a(1).png", "![](a\\(1\\).png)"),
    ("<https://e.test/A>", "https://e.test/A", "https://e.test/a", "<https://e.test/a>"),
    ("see https://e.test/A.", "https://e.test/A", "https://e.test/a", "see https://e.test/a."),
    ('<img src="A.png"> `A.png`', "A.png", "a.png", '<img src="a.png"> `A.png`'),
    ("[x][d] [d] ![D][]\n\n[ D ]: A.md 'x'\n", "A.md", "a.md", "[x][d] [d] ![D][]\n\n[ D ]: a.md 'x'\n"),
    ("> [x][d\n> e]\n>\n> [d e]: <A.md>\n", "A.md", "a.md", "> [x][d\n> e]\n>\n> [d e]: <a.md>\n"),
    (
        "`[d]: A.md`\n\n    [d]: A.md\n\n[d]\n\n[d]: A.md\n",
        "A.md",
        "a.md",
        "`[d]: A.md`\n\n    [d]: A.md\n\n[d]\n\n[d]: a.md\n",
    ),
    ("[![x](A.png)][d]\n\n[d]: B.md", "B.md", "b.md", "[![x](A.png)][d]\n\n[d]: b.md"),
    ("[![x](A.png)][d]\n\n[d]: B.md", "A.png", "a.png", "[![x](a.png)][d]\n\n[d]: B.md"),
]
OTHERS = [
    (
        Kind.CSS,
        "@import 'A.css'; p { src: url(B\\ c.png) }",
        "B c.png",
        "b c.png",
        "@import 'A.css'; p { src: url(b\\ c.png) }",
    ),
    (Kind.MANIFEST, '{"icons": [{"src": "\\/A.png"}]}', "/A.png", "/a.png", '{"icons": [{"src": "\\/a.png"}]}'),
    (
        Kind.SITEMAP,
        "<urlset><url><loc>https://e.test/A?a&amp;b</loc></url></urlset>",
        "https://e.test/A?a&b",
        "https://e.test/a?a&b",
        "<urlset><url><loc>https://e.test/a?a&amp;b</loc></url></urlset>",
    ),
]


@pytest.mark.parametrize(
    ("kind", "text", "raw", "now", "new"),
    [(Kind.HTML, *row) for row in HTML] + [(Kind.MARKDOWN, *row) for row in MARKDOWN] + OTHERS,
)
def test_a_reference_is_corrected_where_it_stands(kind: Kind, text: str, raw: str, now: str, new: str) -> None:
    written, found = mend(text, kind, {raw: now})
    assert written == new
    assert found.done
    assert not found.left


def test_what_a_url_swallowed_is_set_apart() -> None:
    rule = Code.URL_SWALLOWED_PUNCTUATION
    assert mend("看 https://e.test/x，再看", Kind.MARKDOWN, {"https://e.test/x，再看": "https://e.test/x"}, rule)[
        0
    ] == ("看 <https://e.test/x>，再看")


def test_a_correction_that_would_change_more_is_not_made() -> None:
    text = "see https://e.test/A now"
    written, found = mend(text, Kind.MARKDOWN, {"https://e.test/A": "a.md"})  # no bare URL any more
    assert written == text
    assert [finding.reference for finding, _ in found.left] == ["https://e.test/A"]


def test_one_that_fails_does_not_lose_the_others() -> None:
    text = "".join(f"[x](A{number}.md) https://e.test/{number}\n\n" for number in range(9))
    wanted = {f"A{number}.md": f"a{number}.md" for number in range(9)} | {"https://e.test/4": "b.md"}
    written, found = mend(text, Kind.MARKDOWN, wanted)
    assert written == text.replace("(A", "(a")
    assert len(found.findings) == 9


def test_a_login_is_carried_over_to_its_own_host_only() -> None:
    text = '<a href="https://ann:secret@e.test/A"></a>'
    raw = "https://ann:secret@e.test/A"
    shown = findings(text, Kind.HTML, {raw: "https://***@e.test/a"})
    assert "secret" not in shown[0].reference
    found = mended(text, Kind.HTML, shown, Options())
    assert applied(text, found.edits) == '<a href="https://ann:secret@e.test/a"></a>'
    elsewhere = findings(text, Kind.HTML, {raw: "https://***@other.test/a"})
    assert mended(text, Kind.HTML, elsewhere, Options()).done == ()


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("gb18030", b""),
        ("big5", b""),
        ("shift_jis", b""),
        ("euc_kr", b""),
    ],
)
def test_bytes_outside_the_reference_stay(encoding: str, mark: bytes) -> None:
    name = {"gb18030": "gbk", "euc_kr": "euc-kr"}.get(encoding, encoding.replace("-le", "le").replace("-be", "be"))
    words = "한글" if encoding == "euc_kr" else "中文"
    text = f"<meta charset={name}>\r\n<p>{words} <a href='A/{words}.html'>{words}</a>\r<a href=B></a>\n"
    data = mark + text.encode(encoding)
    decoded = charset.decode(data, Kind.HTML)
    assert decoded.text == text
    found = mended(
        text, Kind.HTML, findings(text, Kind.HTML, {f"A/{words}.html": f"a/{words}.html", "B": "b"}), Options()
    )
    new = rewritten(data, decoded, Kind.HTML, found.edits)
    assert new == mark + text.replace("'A/", "'a/").replace("=B>", "=b>").encode(encoding)


def test_a_damaged_page_is_left_alone() -> None:
    data = b"<meta charset=utf-8><a href=A>\xff</a> \xe4\xb8\xad\xe6\x96\x87" * 9
    decoded = charset.decode(data, Kind.HTML)
    assert decoded.damaged
    found = mended(decoded.text, Kind.HTML, findings(decoded.text, Kind.HTML, {"A": "a"}), Options())
    assert rewritten(data, decoded, Kind.HTML, found.edits) is None


@pytest.mark.needs("git")
@pytest.mark.parametrize("name", ["page.html", "a b/c.md", "中文.md", 'quo"te.md'])
@pytest.mark.parametrize("before", [b"a\nb\nc\n", b"a\r\nb\r\nc", b"\xd6\xd0\nb", b"b", b"\xff\xfea\x00\n\x00b\x00"])
def test_git_takes_the_diff(tmp_path: Path, name: str, before: bytes) -> None:
    after = before.replace(b"b", b"B")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(before)
    patch = b"".join(diff.unified(name, before, after))
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=tmp_path, input=patch, check=True, timeout=60)
    assert (tmp_path / name).read_bytes() == after


def test_a_page_is_not_read_again_and_again_for_what_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suggestion with a blank cannot stand in a list of images; each of them alone would be tried in many ways."""
    monkeypatch.setattr(page, "_MOST", 0)
    rows = [f"<img srcset='{number}.png 2x'>\n" for number in range(500)]
    before = "<a href=X>" + "".join(rows)
    reads: list[int] = []
    read = page.extractor(Kind.HTML).places

    def counted(text: str, options: Options) -> Iterator[Place]:
        reads.append(len(text))
        return read(text, options)

    monkeypatch.setattr(page.extractor(Kind.HTML), "places", counted)
    after, found = mend(before, Kind.HTML, {"X": "x"} | {f"{number}.png": f"{number} .png" for number in range(500)})

    assert len(reads) < 30
    assert len(found.left) >= 500
    assert after.endswith("".join(rows))
