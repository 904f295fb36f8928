"""Whole files have no flaw, cut ones always do, and nothing that is thrown at a walk harms it.

Of 200 seeded single-bit flips a file, the walks find:

| found | in |
|---|---|
| 98 to 100 % | PNG, APNG, ICO of PNGs, Ogg (Vorbis, Opus, Theora), Matroska by ffmpeg, gzip, SVGZ: all have checksums |
| 74 % | a gzip of 65 bytes, most of them header |
| 90 % | WOFF: its tables have checksums, its directory has none |
| 48 to 60 % | SVG, JSON, web manifests: what breaks their syntax |
| 6 to 14 % | ZIP, CSS |
| 0 to 5 % | JPEG, GIF, WebP, AVIF, BMP, TIFF, ICO of bitmaps, TrueType, OpenType, WOFF2, MP3, FLAC, WAV, AVI, MP4, MOV, WebM, PDF |

No cut can be seen exactly between two frames of an MP3 without an index, between two members of a gzip, between two
rules of a style sheet: what is left is whole. A script, whose syntax we do not read, is cut unseen.
"""

from __future__ import annotations

import gzip
import mmap
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus import CASES, SAMPLES, noise
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.verify.containers import Flaw, examine, media, media_of

pytestmark = pytest.mark.slow

CUTS = 20
FLIPS = 200
PICTURES = [name for name in SAMPLES if media.named(name).startswith("image/") and not name.endswith(".svg")]
FILLED = {"ttf", "otf", "ttc", "tiff"}  # a few zero bytes may fill up what ends such a file
SEAMS = {
    "bare.mp3": b"\xff",
    "old.mp2": b"\xff",
    "members.gz": b"\x1f\x8b",
}  # what is cut before it leaves a whole file
CHECKED = {"png": 1.0, "ogg": 1.0, "opus": 1.0, "ogv": 1.0, "mkv": 0.95, "gz": 0.7, "svgz": 0.95, "woff": 0.8}


def rule(flaw: Flaw | None) -> str:
    return flaw.rule if flaw else ""


@pytest.mark.parametrize("name", CASES)
def test_whole_files_have_no_flaw(name: str) -> None:
    assert examine(SAMPLES[name](), name) is None


@pytest.mark.parametrize("name", PICTURES)
def test_bytes_behind_the_end_are_no_flaw_of_a_picture(name: str) -> None:
    assert examine(SAMPLES[name]() + b"\r\nbehind\0", name) is None


@pytest.mark.parametrize("name", CASES)
def test_every_cut_is_found(name: str) -> None:
    data = SAMPLES[name]()
    size = len(data.rstrip(b"\0")) if name.rpartition(".")[2] in FILLED else len(data)
    places = [*noise(name).sample(range(1, size), CUTS - 1), size - 1]

    unseen = [place for place in places if examine(data[:place], name) is None]
    assert [place for place in unseen if not data.startswith(SEAMS.get(name, b"none"), place)] == []


@pytest.mark.parametrize("name", CASES)
def test_a_cut_is_called_truncated_once_the_type_is_clear(name: str) -> None:
    data = SAMPLES[name]()
    place = len(data) * 7 // 11
    place += data.startswith(SEAMS.get(name, b"none"), place)

    assert rule(examine(data[:place], name)) == "asset/truncated"


@pytest.mark.parametrize("name", CASES)
def test_no_flipped_bit_harms_a_walk_and_checksums_show_it(name: str) -> None:
    assert share(name) >= CHECKED.get(name.rpartition(".")[2], 0)


def share(name: str) -> float:
    """How many of the flips are found."""
    data, dice, found = SAMPLES[name](), noise(name), 0
    for _ in range(FLIPS):
        flipped = bytearray(data)
        flipped[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        found += examine(bytes(flipped), name) is not None
    return found / FLIPS


HTML = b"<!DOCTYPE html>\n<html><head><title>403 Forbidden</title></head><body>no</body></html>"
DENIED = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>no</Message></Error>'
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 12345\n"
OLD_LFS = LFS.replace(b"git-lfs.github.com", b"hawser.github.com")
ANNEX = b"../../.git/annex/objects/Xw/0G/SHA256E-s5--ab.png/SHA256E-s5--ab.png"
UNLOCKED = b"/annex/objects/SHA256E-s5--ab.png\n"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nxref\n0 1\n0000000000 65535 f \ntrailer\n<<>>\nstartxref\n30\n%%EOF\n"
ZIP = b"PK\5\6" + bytes(18)  # without members

NOT_WHAT_IT_CLAIMS: list[tuple[bytes | str, str, str, str]] = [
    # what it is (a sample's name, or bytes), its name, the role on the page, the rule
    (b"", "a.png", "image", "asset/empty"),
    (b"", "a.css", "", "asset/empty"),
    (b"", "a.webmanifest", "manifest", "asset/empty"),
    (b"", "a.woff2", "font", "asset/empty"),
    (HTML, "a.jpg", "", "asset/error-page"),
    (HTML, "a.css", "", "asset/error-page"),
    (HTML, "a.js", "", "asset/error-page"),
    (HTML, "a.woff2", "", "asset/error-page"),
    (HTML, "a.svg", "", "asset/error-page"),
    (HTML, "a.json", "", "asset/error-page"),
    (HTML, "a.swf", "", "asset/error-page"),
    (HTML, "a.pdf", "", "asset/error-page"),
    (HTML, "a.exe", "", "asset/error-page"),
    (HTML, "a.ISO", "", "asset/error-page"),
    (HTML, "a.tar", "", "asset/error-page"),
    (b"Not here, sorry.", "a.deb", "", "asset/wrong-type"),
    (b"MZ\x90\0", "a.exe", "", ""),
    (b"\xfd7zXZ\0\0\4", "a.dmg", "", ""),  # what is packed in it begins it
    (b"index.html" + bytes(600), "a.tar", "", ""),
    (bytes(4096), "a.iso", "", ""),
    (HTML, "a", "image", "asset/error-page"),
    (HTML, "a.php?name=b.png", "image", "asset/error-page"),
    (HTML, "a.html", "image", "asset/error-page"),
    (HTML.decode().encode("utf-16"), "a.gif", "", "asset/error-page"),
    (b"<!-- cached -->\n  <html lang=zh>" + b" " * 2000, "a.css?v=3", "", "asset/error-page"),
    (HTML, "a.html", "", ""),
    (HTML, "a.html", "frame", ""),
    (HTML, "a.php", "", ""),
    (HTML, "README", "link", ""),
    (DENIED, "a.png", "", "asset/error-page"),
    (DENIED, "a.js", "", "asset/error-page"),
    (DENIED, "a.svg", "", "asset/error-page"),
    (DENIED, "sitemap.xml", "", "asset/error-page"),
    (DENIED.replace(b"AccessDenied", b"NoSuchKey").partition(b"\n")[2], "a.woff", "", "asset/error-page"),
    (b"404: Not Found", "a.js", "", "asset/error-page"),
    (b"Not Found\n", "a.css", "", "asset/error-page"),
    (b"Couldn't find the requested file /a.js in b.", "a.js", "", "asset/error-page"),
    (b"forbidden = 1;", "a.js", "", ""),
    (b'{"error": {"code": 404}}', "a.png", "", "asset/error-page"),
    (b'{"error": {"code": 404}}', "a.json", "", ""),
    (LFS, "a.png", "", "asset/lfs-pointer"),
    (LFS, "a.bin", "", "asset/lfs-pointer"),
    (LFS, "a.css", "stylesheet", "asset/lfs-pointer"),
    (OLD_LFS, "a.mp4", "", "asset/lfs-pointer"),
    (ANNEX, "a.png", "", "asset/lfs-pointer"),
    (UNLOCKED, "a.png", "", "asset/lfs-pointer"),
    ("rgb.png", "a.jpg", "", "asset/wrong-type"),
    ("rgb.png", "favicon.ico", "icon", "asset/wrong-type"),
    ("rgb.png", "a.css", "", "asset/wrong-type"),
    ("rgb.png", "a.html", "", "asset/wrong-type"),
    ("rgb.png", "a.PNG?v=2", "image", ""),
    ("rgb.png", "a.png@v=2", "image", ""),
    ("rgb.png", "a", "image", ""),
    ("rgb.png", "a", "font", "asset/wrong-type"),
    ("page.pdf", "a", "image", "asset/wrong-type"),
    ("page.pdf", "a.pdf", "image", "asset/wrong-type"),
    ("page.pdf", "a.pdf", "object", ""),
    # ISO 32000-1, Annex H.3: readers look for its first line in the first 1024 bytes.
    (b"\n\n" + PDF, "a.pdf", "", ""),
    (b"%PDF-1.4\n", "a.pdf", "", "asset/truncated"),
    (b"#!/bin/sh\n" + b"# a program\n" * 99 + ZIP, "a.jar", "", ""),  # Java begins at the end of a ZIP file
    (b"#!/bin/sh\n" + b"# a program\n" * 99 + ZIP[:-9], "a.jar", "", "asset/wrong-type"),
    ("drawing.svg", "a.png", "image", "asset/wrong-type"),
    ("drawing.svg", "a", "image", ""),
    ("drawing.svg", "a.xml", "", ""),
    ("drawing.svgz", "a.svg", "", "asset/wrong-type"),
    ("noise.gz", "a.css", "", "asset/wrong-type"),
    ("noise.gz", "a.html", "", "asset/wrong-type"),
    ("noise.gz", "a.js", "", "asset/wrong-type"),
    ("noise.gz", "a.tar.gz", "", ""),
    ("opentype.otf", "a.ttf", "font", ""),
    ("truetype.woff", "a.woff2", "font", "asset/wrong-type"),
    ("book.epub", "a.zip", "", ""),
    (b'<?xml version="1.0"?><rss version="2.0"/>', "a.svg", "", "asset/wrong-type"),
    (b"../images/a.png", "a.png", "", "asset/wrong-type"),
    (b"# A page\n", "a.md", "image", "asset/wrong-type"),
    (b"# A page\n", "a.md", "link", ""),
    (b"# A page\n", "a.md", "script", ""),
    (bytes(4096), "a.png", "", "asset/undecodable"),
    (bytes(4096), "a.css", "", "asset/undecodable"),
    (b"var a;\n" + bytes(4096), "a.js", "", "asset/undecodable"),
    (bytes(4096), "a.bin", "", ""),
    (bytes(range(256)), "a.eot", "", ""),
    (b"ID3\4\0\0\0\0\0\0\xff\xf1\x50\x80\0\x1f\xfc" * 9, "a.aac", "media", ""),
    (b"ID3\4\0\0\0\0\x7f\x7f" + bytes(99), "a.mp3", "", "asset/truncated"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(999), "a.docx", "", ""),
    (b"\x89PN", "a.png", "", "asset/truncated"),
    (b"RIFF", "a.webp", "", "asset/truncated"),
    (b"BM\x20\x10\0\0\0\0", "a.bmp", "", "asset/truncated"),
    (b"a{b:c}\n/* the end */ @import url(x)", "a.css", "", ""),
    (b"\xef\xbb\xbf", "a.css", "", ""),
    (b"\xef\xbb\xbf@import url(x)", "a.css", "", ""),
    (b"a{b:url(//example.org/*.png)}", "a.css", "", ""),
    (b"a{b:c}}\n-->", "a.css", "", ""),
    (b"a{b:c}\n@import url(x", "a.css", "", ""),
    (b"a{b:c}\n$d: e; /* f */\n", "a.css", "", ""),
    (b"a{b:c}\n// don't\nd{e:f}", "a.css", "", ""),
    (b"a{b:c}\nd e", "a.css", "", "asset/truncated"),
    (b"a{b:'c", "a.css", "", "asset/truncated"),
    (b"a{b:c}/* d", "a.css", "", "asset/truncated"),
    (b"{'a': 1}", "a.json", "", "asset/undecodable"),
    (b"\xef\xbb\xbf[1, 2]\n", "a.json", "", ""),
    (b"<svg xmlns='http://www.w3.org/2000/svg'><a></b></svg>", "a.svg", "", "asset/undecodable"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "a.svg", "", "asset/scripted"),
    (b"<s:svg xmlns:s='http://www.w3.org/2000/svg'><s:script>1</s:script></s:svg>", "a.svg", "image", "asset/scripted"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'><!-- <script> --><![CDATA[<script>]]></svg>", "a.svg", "", ""),
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script>", "a.svg", "", "asset/truncated"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'><a>", "a.svg", "", "asset/truncated"),
    (b"<?xml version='1.0' encoding='gbk'?><svg>\xb2\xe8</svg>", "a.svg", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "name", "role", "expected"),
    NOT_WHAT_IT_CLAIMS,
    ids=[f"{row[0] if isinstance(row[0], str) else row[0][:12]} as {row[1]} {row[2]}" for row in NOT_WHAT_IT_CLAIMS],
)
def test_a_file_is_held_to_its_name_and_role(content: bytes | str, name: str, role: str, expected: str) -> None:
    data = SAMPLES[content]() if isinstance(content, str) else content

    assert rule(examine(data, name, role)) == expected


def test_an_error_page_is_quoted() -> None:
    assert examine(HTML, "a.jpg") == Flaw("asset/error-page", "an HTML page in place of image/jpeg: '403 Forbidden'")
    flaw = examine(HTML, "a.html", "image")
    assert flaw is not None
    assert flaw.message == "an HTML page in place of the image: '403 Forbidden'"


def test_a_cut_is_told_with_its_place() -> None:
    assert examine(SAMPLES["rgb.png"]()[:-6], "a.png") == Flaw(
        "asset/truncated", "the chunk at byte 7296 needs 12 bytes, and the file ends after 6 of them"
    )


@pytest.mark.parametrize("name", CASES)
def test_the_signature_tells_the_type_that_the_name_promises(name: str) -> None:
    promised = media.named(name)

    assert media_of(SAMPLES[name]()) == ("" if promised in {"text/css", "application/json"} else promised)


@pytest.mark.parametrize("name", CASES)
def test_a_mapped_file_is_read_like_bytes_and_can_be_closed(name: str, tmp_path: Path) -> None:
    path = tmp_path / "asset"
    path.write_bytes(SAMPLES[name]()[:-1])

    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert examine(mapped, name) == examine(path.read_bytes(), name)


NAMES = st.sampled_from(sorted(SAMPLES))
MUTATIONS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 9), st.binary(max_size=9)), min_size=1, max_size=5
)


@given(st.binary(max_size=200), NAMES)
@settings(max_examples=500)
def test_no_bytes_harm_a_walk(data: bytes, name: str) -> None:
    examine(data, name)


@given(NAMES, st.binary(max_size=200))
@settings(max_examples=500)
def test_no_bytes_behind_a_signature_harm_a_walk(name: str, data: bytes) -> None:
    wanted = media.named(name)
    for signature, other in media.SIGNATURES:
        if other == wanted:
            examine(signature + data, name)


@given(NAMES, MUTATIONS)
@settings(max_examples=1000, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_damage_harms_a_walk(name: str, mutations: list[tuple[float, int, bytes]]) -> None:
    try:
        data = bytearray(SAMPLES[name]())
    except pytest.skip.Exception:
        return
    for where, length, instead in mutations:
        at = int(where * len(data))
        data[at : at + length] = instead
    for other in (name, "a"):
        examine(bytes(data), other)


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 6, 0, 0, 0))
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'"


def zeros(gigabytes: int) -> bytes:
    """As many zeros, deflated: a block for a megabyte, again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)) * 1024 * gigabytes


def many_members(count: int) -> bytes:
    """A ZIP whose members are all the same bytes."""
    member = struct.pack("<4s5HIII2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, 10**6, 4 * 10**9, 1, 0) + b"a" + bytes(10**6)
    entry = struct.pack("<4s6HIII5HII", b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, 10**6, 4 * 10**9, 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = struct.pack("<4s4HIIH", b"PK\5\6", 0, 0, count, count, len(entry) * count, len(member), 0)
    return member + entry * count + end


def laughs() -> bytes:
    lines = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10))
    return f'<!DOCTYPE svg [<!ENTITY a0 "ha">{lines}]><svg xmlns="http://www.w3.org/2000/svg">&a9;</svg>'.encode()


def blow_up() -> bytes:
    return b'<!DOCTYPE svg [<!ENTITY a "' + b"a" * 10**6 + b'">]>' + SVG + b">" + b"&a;" * 10**6 + b"</svg>"


def defaults() -> bytes:
    declared = b"".join(b'<!ATTLIST b a%d CDATA "">' % number for number in range(50_000))
    return b"<!DOCTYPE svg [" + declared + b"]>" + SVG + b">" + b"<b/>" * 10**6 + b"</svg>"


def looped_tiff() -> bytes:
    return b"II*\0" + struct.pack("<IH12xI", 8, 1, 8)


def overlapping_tiff() -> bytes:
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHI", 0xFFFF, 0, 9) * 10**6


def same_pictures() -> bytes:
    picture = PNG + chunk(b"IDAT", bytes(10**6)) + chunk(b"IEND")
    entry = struct.pack("<8xII", len(picture), 6 + 16 * 0xFFFF)
    return struct.pack("<HHH", 0, 1, 0xFFFF) + entry * 0xFFFF + picture


def same_fonts() -> bytes:
    font = b"\0\1\0\0" + struct.pack(">H6x", 0xFFFF) + struct.pack(">4s4xII", b"cmap", 0, 4) * 0xFFFF
    return b"ttcf\0\1\0\0" + struct.pack(">I", 10**6) + struct.pack(">I", 12 + 4 * 10**6) * 10**6 + font


def same_tables() -> bytes:
    table = zlib.compress(bytes(10**8))
    entry = struct.pack(">4sIII4x", b"glyf", 44 + 20 * 0xFFFF, len(table), 10**8)
    size = 44 + 20 * 0xFFFF + len(table)
    return struct.pack(">4sIIHHI24x", b"wOFF", 0x10000, size, 0xFFFF, 0, 10**8) + entry * 0xFFFF + table


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a PNG that claims 50,000 x 50,000 pixels": ("a.png", lambda: PNG + chunk(b"IDAT", b"\0") + chunk(b"IEND")),
    "a PNG of half a million chunks": ("a.png", lambda: PNG + chunk(b"IDAT") * 500_000 + chunk(b"IEND")),
    "a GIF of a million frames": (
        "a.gif",
        lambda: b"GIF89a\1\0\1\0\0\0\0" + b",\0\0\0\0\1\0\1\0\0\2\2\x44\1\0" * 10**6 + b";",
    ),
    "a JPEG of nothing but fill bytes": ("a.jpg", lambda: b"\xff\xd8" + b"\xff" * 10**7),
    "a JPEG of nothing but restarts": ("a.jpg", lambda: b"\xff\xd8" + b"\xff\xda\0\2" + b"\xff\xd0" * 5 * 10**6),
    "ten gigabytes in a gzip": ("a.gz", lambda: gzip.compress(b"")[:10] + zeros(10)),
    "a gzip of empty members": ("a.gz", lambda: gzip.compress(b"", mtime=0) * 200_000),
    "a ZIP whose members overlap": ("a.zip", lambda: many_members(60_000)),
    "entities of entities": ("a.svg", laughs),
    "a long entity, often": ("a.svg", blow_up),
    "short entities, often": (
        "a.svg",
        lambda: (
            b'<!DOCTYPE svg [<!ENTITY a "' + b"a" * 250 + b'">]>' + SVG + b"><b a='" + b"&a;" * 10**6 + b"'/></svg>"
        ),
    ),
    "attributes by default": ("a.svg", defaults),
    "elements in each other": ("a.svg", lambda: SVG + b">" + b"<a>" * 3 * 10**6),
    "a tag that does not end": ("a.svg", lambda: SVG + b" a='" + b"a" * 10**8),
    "a TIFF that loops": ("a.tif", looped_tiff),
    "a TIFF whose directories overlap": ("a.tif", overlapping_tiff),
    "an ICO that names one picture often": ("a.ico", same_pictures),
    "a collection of one font, often": ("a.ttc", same_fonts),
    "a WOFF of one table, often": ("a.woff", same_tables),
    "CSS of addresses that do not end": ("a.css", lambda: b"a{b:" + b"url(" * 10**6),
    "CSS of comments that do not end": ("a.css", lambda: b"/*" * 10**6 + b"{" * 10**6),
    "CSS of blocks in each other": ("a.css", lambda: b"a{" * 2 * 10**6),
    "JSON of arrays in each other": ("a.json", lambda: b"[" * 10**7),
    "an MP3 of false beginnings": ("a.mp3", lambda: b"\xff\xfb\x14\0" * 10**6),
    "a FLAC of false frames": ("a.flac", lambda: b"fLaC\x80\0\0\x22" + bytes(34) + b"\xff\xf8\xc9\x18\0\xc2" * 10**6),
    "Matroska of empty elements": ("a.mkv", lambda: b"\x1aE\xdf\xa3\x80\x18S\x80g\xff" + b"\xec\x80" * 10**6),
    "MP4 of empty boxes": ("a.mp4", lambda: b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 10**6),
    "MP4 of boxes in each other": (
        "a.mp4",
        lambda: b"".join(struct.pack(">I4s", 8 * left, b"moov") for left in range(200_000, 0, -1)),
    ),
    "Ogg of empty pages": ("a.ogg", lambda: b"OggS" + bytes(23) + (b"OggS" + bytes(23)) * 200_000),
    "a WAV of empty chunks": ("a.wav", lambda: b"RIFF\xff\xff\xff\xffWAVE" + b"LIST\0\0\0\0" * 10**6),
}
OF_PAGES = ("a.png", "a.gif", "a.jpg", "a.tif", "a.ico", "a.svg", "a.gz", "a.zip")

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from checker.verify.containers import examine
def peak():  # of this program alone: ru_maxrss begins with that of the parent
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) // 1024
data = open(sys.argv[1], "rb").read()
before = peak()
print(examine(data, sys.argv[2]))
print(peak() - before)
if sys.argv[3] == "deep":
    from checker.verify.raster import decode
    print(decode(data))
print(peak())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits what a process may take, as Linux does")
@pytest.mark.parametrize(
    ("bomb", "way"),
    [(bomb, way) for bomb in BOMBS for way in ("walk", "deep") if way == "walk" or BOMBS[bomb][0] in OF_PAGES],
)
def test_no_bomb_takes_seconds_or_memory(bomb: str, way: str, tmp_path: Path) -> None:
    name, build = BOMBS[bomb]
    path = tmp_path / "bomb"
    path.write_bytes(build())

    done = subprocess.run(
        [sys.executable, "-c", LIMITED, path, name, way], capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert int(lines[1]) <= 128  # MB beside the file
    assert int(lines[-1]) < 512


@pytest.mark.parametrize(("name", "role"), [("a.css", "stylesheet"), ("a.js", "script"), ("a.php", "script")])
def test_a_style_sheet_and_a_script_may_be_empty(name: str, role: str) -> None:
    assert examine(b"", name, role) is None
