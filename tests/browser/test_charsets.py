"""The charsets of East Asia, byte sequence by byte sequence, beside headless Chromium, whose tables are the standard's."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from itertools import product
from pathlib import Path

import pytest

from checker.extract.charset import codec, decode
from checker.model import Kind
from checker.web import urls

SEQUENCES = [
    *(bytes(pair) for pair in product(range(0x80, 0x100), range(0x30, 0x100))),
    *(bytes((0x8F, *pair)) for pair in product(range(0xA1, 0xFF), repeat=2)),
]
SCRIPT = """<!doctype html><meta charset=utf-8><title></title><script>
const decoder = new TextDecoder("LABEL", {fatal: true});
document.title = JSON.stringify(SEQUENCES.map(sequence => {
    try { return decoder.decode(Uint8Array.from(sequence.match(/../g), byte => parseInt(byte, 16))); }
    catch { return null; }
}));
</script>"""

# What we read otherwise: 20 of GB 18030's places for private use, which are looked for in no URL, and what Python's
# codecs read alike from other bytes, so that nobody can tell them apart afterwards.
LEFT = {
    "gbk": {
        "a3a0": "\ue5e5",
        "a6d9": "\ue78d",
        "a6da": "\ue78e",
        "a6db": "\ue78f",
        "a6dc": "\ue790",
        "a6dd": "\ue791",
        "a6de": "\ue792",
        "a6df": "\ue793",
        "a6ec": "\ue794",
        "a6ed": "\ue795",
        "a6f3": "\ue796",
        "fe59": "\ue81e",
        "fe61": "\ue826",
        "fe66": "\ue82b",
        "fe67": "\ue82c",
        "fe6d": "\ue832",
        "fe7e": "\ue843",
        "fe90": "\ue854",
        "fea0": "\ue864",
    },
    "big5": {"a241": "／", "a242": "＼"},
    "euc-jp": {"8fa2b7": "~"},
    "shift_jis": {},
    "euc-kr": {},
}
# What Chromium reads otherwise than the standard: two characters in one.
THEIRS = {"big5": {"8862": "Ê\u0304", "8864": "Ê\u030c", "88a3": "ê\u0304", "88a5": "ê\u030c"}}


def theirs(label: str, folder: Path) -> list[str | None]:
    page = folder / "page.html"
    page.write_text(SCRIPT.replace("LABEL", label).replace("SEQUENCES", json.dumps([s.hex() for s in SEQUENCES])))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", "--dump-dom"]
    dom = subprocess.run([*command, page.as_uri()], capture_output=True, check=True, timeout=60).stdout.decode()
    read: list[str | None] = json.loads(unescape(re.findall("<title>(.*?)</title>", dom)[0]))
    return read


def ours(label: str, sequence: bytes) -> str | None:
    decoded = decode(b"." + sequence, Kind.HTML, declared=label)  # two bytes at the beginning may be a mark
    return None if decoded.damaged else decoded.text[1:]


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("label", LEFT)
def test_what_browsers_read_in_a_charset_of_east_asia_is_read_alike(label: str, tmp_path: Path) -> None:
    read = {sequence: text for sequence, text in zip(SEQUENCES, theirs(label, tmp_path), strict=True) if text}

    differing = {sequence.hex(): own for sequence, text in read.items() if (own := ours(label, sequence)) != text}
    assert differing == LEFT[label] | THEIRS.get(label, {})


WRITE = """<!doctype html><meta charset=LABEL><title></title><script>
const link = document.head.appendChild(document.createElement("a")), written = [];
for (let code = 0x81; code < 0xE000; code++) {
    link.href = "http://example.test/?" + (code < 0xD800 ? String.fromCharCode(code) : "");
    written.push(link.search.slice(1));
}
document.title = JSON.stringify([[...new TextDecoder("LABEL").decode(Uint8Array.from(Array(128).keys(), i => i + 128))], written]);
</script>"""
ONE_BYTE = ("windows-1252", "windows-1255", "koi8-u", "iso-8859-8", "macintosh")
# What stands for two places in Python's Big5.
UNWRITTEN = {"big5": {"∕"}}


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("label", ["gbk", "gb18030", "big5", "euc-jp", "shift_jis", "euc-kr", *ONE_BYTE])
def test_queries_are_written_as_browsers_write_them(label: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(WRITE.replace("LABEL", label))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom"]
    dom = subprocess.run([*command, page.as_uri()], capture_output=True, check=True, timeout=60).stdout.decode()
    read, written = json.loads(unescape(re.findall("<title>(.*?)</title>", dom, re.S)[0]))

    differing = {
        chr(code)
        for code, theirs in enumerate(written, 0x81)
        if theirs and urls.encode_query(f"?{chr(code)}", codec(label), "http://example.test/")[1:] != theirs
    }
    assert differing == UNWRITTEN.get(label, set())
    if label in ONE_BYTE:
        assert [*decode(bytes(range(0x80, 0x100)), Kind.HTML, declared=label).text] == read
