"""By property: what `fix` can mend is mended at once, for good, and nothing but URLs changes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from html import escape
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

pytestmark = [pytest.mark.slow, pytest.mark.needs("git")]

# Each has the ids `first-steps`, `Überblick` and `a.b`.
BODY = "<!DOCTYPE html><meta charset=utf-8><title>{0}</title><h1 id=first-steps>{0}</h1><p id=Überblick><p id=a.b>{1}"
FILES = (
    "docs/Guide One.html",
    "docs/指南.html",
    "docs/Café/menu.html",
    "a&b/Letter(1).html",
    "plain.html",
    "中/x.html",
)
FORMS = ("docs/Café/menu.html",)  # whose Unicode form can be another
OLD, NEW = "old/Notes of ’21.html", "a-different/place.html"  # what git renames, with the same bytes
SIMILAR, NOW = "old/similar.html", "x/edited.html"  # and with others
TOML = '[mirror]\norigin = ["https://o.test/gb/"]\npublished = ["https://m.test/x/"]\n'
ADDRESSES = ("", "/x/", "https://m.test/x/", "//m.test/x/")
MENDED = ("url/", "local/", "mirror/leak")  # the rules of all faults that are sown
REQUESTS = ("", "", "?v=1", "?a=1&b=2")


class Page(NamedTuple):
    """A page as it is drawn: text that must stay, and URLs between."""

    name: str
    encoding: str
    texts: list[str]
    written: list[str]

    @property
    def source(self) -> str:
        return "".join(text for pair in zip(self.texts, [*self.written, ""], strict=True) for text in pair)


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "core.autocrlf=false")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return os.fsdecode(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)


def _swapped(path: str) -> str:
    head, _, last = path.rpartition("/")
    return f"{head}/{last.swapcase()}" if head else last.swapcase()


def _folder_swapped(path: str) -> str:
    return path.swapcase()


def _other_form(path: str) -> str:
    return unicodedata.normalize("NFD", path)


def _a_letter_lost(path: str) -> str:
    return path.replace("Guide", "Gude").replace("Letter", "Leter").replace("plain", "plin")


PATHS: dict[str, Callable[[str], str]] = {
    "right": str,
    "case": _swapped,
    "case of a folder": _folder_swapped,
    "form": _other_form,
    "a letter lost": _a_letter_lost,
}
FRAGMENTS = ("", "", "#first-steps", "#First-Steps", "#First Steps", "#ÜBERBLICK", "#Uberblick", "#a.b", "#frst-steps")


@st.composite
def urls(draw: st.DrawFn, folder: str) -> str:
    """A URL of a file of the mirror, more or less wrong, as a browser is to see it."""
    kind = draw(st.sampled_from([*PATHS, "renamed", "renamed, similar", "leak", "twice", "backslashes", "blanks"]))
    path = draw(st.sampled_from(FORMS if kind == "form" else FILES))
    match kind:
        case "renamed":
            path = OLD
        case "renamed, similar":
            path = SIMILAR
        case _:
            path = PATHS.get(kind, str)(path)
    readable = draw(st.booleans())
    spelt = "".join(c if readable and not c.isascii() else quote(c, safe="/!$&'()*+,=:@") for c in path)
    if kind == "leak":
        url = f"https://o.test/gb/{spelt}"
    else:
        address = draw(st.sampled_from(ADDRESSES))
        if kind == "twice":
            spelt = quote(quote(path, safe="/"), safe="/")
        elif kind == "backslashes":
            spelt = spelt.replace("/", "\\")
        url = (address or "../" * len(folder.split("/")) * bool(folder)) + spelt
    url += draw(st.sampled_from(REQUESTS)) + draw(st.sampled_from(FRAGMENTS))
    return f" {url}\t" if kind == "blanks" else url


def _markdown(url: str) -> str:
    return re.sub(r"[\\()<>&*_|\[\]]", r"\\\g<0>", url.strip().replace(" ", "%20"))


def _css(url: str) -> str:
    return re.sub(r"[\\()'\"\s]", lambda match: "\\" + match[0] if match[0] != "\t" else "\\9 ", url)


def _bare(url: str) -> str:
    url = url.strip()
    url = url if url.startswith("http") else "https://m.test/x/plain.html"
    return quote(url.replace("\\", "/"), safe="%/:?=#&+,@.-~中指南é")


Escape = Callable[[str], str]
HTML: list[tuple[str, Escape, str]] = [
    ('<a href="', escape, '">{}</a>'),
    ("<a href='", lambda url: url.replace("&", "&#38;").replace("'", "&#39;"), "'>{}</a>"),
    ('<img alt=中 srcset="', lambda url: escape(url.strip().replace(" ", "%20")), ' 2x">{}'),
    ('<iframe title=t src="', escape, '"></iframe>{}'),
    ('<p style="background: url(', lambda url: escape(_css(url)), ')">{}</p>'),
    ("<style>p { background: url('", lambda url: _css(url).replace("&", "\\26 "), "') } /* {} */</style>"),
]
MARKDOWN: list[tuple[str, Escape, str]] = [
    ("[中 a](", _markdown, ") {}"),
    ("[b](<", lambda url: re.sub(r"[\\<>]", r"\\\g<0>", url.strip()), ">) {}"),
    ('<a href="', escape, '">{}</a>'),
    ("\n[{}]: ", _markdown, "\n\n[text][{}]"),
    ("见 ", _bare, "。后文 {}"),
    ("（", _bare, "）{}"),
    ("see ", _bare, " for {}"),
]


@st.composite
def pages(draw: st.DrawFn, name: str) -> Page:
    folder = name.rpartition("/")[0]
    markdown = name.endswith(".md")
    encoding = draw(
        st.sampled_from(["utf-8", "utf-8-sig"] if markdown else ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
    )
    end = draw(st.sampled_from(["\n", "\r\n"]))
    declared = "gbk" if encoding == "gb18030" else "utf-8"
    head = "# 标题\n\n" if markdown else f"<!DOCTYPE html><meta charset={declared}><title>标题 &amp; t</title>\n"
    texts, written = [head.replace("\n", end)], []
    for number in count():
        before, spelt, after = draw(st.sampled_from(MARKDOWN if markdown else HTML))
        texts[-1] += before.replace("{}", str(number)).replace("\n", end)
        written.append(spelt(draw(urls(folder))))
        texts.append(f"{after}\n\n".replace("{}", str(number)).replace("\n", end))
        if number == 5 or draw(st.integers(0, 3)) == 0:
            return Page(name, encoding, texts, written)
    raise AssertionError


Mirror = tuple[Page, ...]
mirrors: st.SearchStrategy[Mirror] = st.tuples(pages("index.html"), pages("sub/dir/page.md"), pages("sub/other.html"))


def _made(root: Path, mirror: Mirror) -> None:
    shutil.rmtree(root, ignore_errors=True)
    for name in (*FILES, OLD, SIMILAR):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(BODY.format(name, f"line of {name}\n" * 20), "utf-8")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "all")
    for old, new in ((OLD, NEW), (SIMILAR, NOW)):
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        git(root, "mv", old, new)
    (root / NOW).write_text((root / NOW).read_text("utf-8") + "and more\n", "utf-8")
    for page in mirror:
        (root / page.name).parent.mkdir(parents=True, exist_ok=True)
        (root / page.name).write_bytes(page.source.encode(page.encoding))
    (root / "config.toml").write_text(TOML)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "renamed")


@given(mirror=mirrors)
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to find a smaller mirror takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_can_be_mended_is_mended_at_once(mirror: Mirror, run: Callable[..., Any], tmp_path: Path) -> None:
    root = tmp_path / "mirror"
    _made(root, mirror)
    options = ("--config", root / "config.toml", "--offline", "--fail-on", "never")

    first = run("fix", *options, "--write", "--likely")
    assert first.code == 0, first.err
    left = run("check", *options, "--format", "json", "--no-history").report["findings"]
    second = run("fix", *options, "--likely")

    assert [finding for finding in left if finding["grade"] or finding["rule"].startswith(MENDED)] == [], first.err
    assert (second.out, second.err) == ("", "nothing to mend\n")
    for page in mirror:
        text = (root / page.name).read_bytes().decode(page.encoding)
        stays = "(.*?)".join(map(re.escape, page.texts))
        assert re.fullmatch(stays, text, re.S), text
    changed = git(root, "status", "--porcelain", "-z").split("\0")
    assert {row[3:] for row in changed if row} <= {page.name for page in mirror}
