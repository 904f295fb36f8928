"""Whole pictures decode, damage that the walk passes is found, and nothing takes the memory that it promises to."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus import CASES, SAMPLES, noise
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.verify.containers import Flaw, examine, media

Image = pytest.importorskip("PIL.Image")
from checker.verify import raster  # noqa: E402 - needs Pillow

pytestmark = pytest.mark.slow

PICTURES = [name for name in CASES if isinstance(name, str) and media.named(name) in raster._KINDS]


def rule(flaw: Flaw | None) -> str:
    return flaw.rule if flaw else ""


def zeroed(data: bytes, start: float, end: float) -> bytes:
    """The same, with zero bytes in a part of it."""
    first, last = int(len(data) * start), int(len(data) * end)
    return data[:first] + bytes(last - first) + data[last:]


def flipped(data: bytes, at: int) -> bytes:
    """The same, with all bits of one byte turned."""
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


@pytest.mark.parametrize("name", CASES)
def test_whole_files_have_no_flaw(name: str) -> None:
    assert raster.decode(SAMPLES[name]()) is None


def test_the_formats_of_the_web_are_decoded() -> None:
    assert set(raster._KINDS) == {media.named(name) for name in PICTURES}


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, rows: bytes, depth: int = 8, colour: int = 6, extra: bytes = b"") -> bytes:
    """A PNG whose checksums are right, whatever it holds."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", rows) + chunk(b"IEND")


def bad_huffman() -> bytes:
    """A JPEG with a Huffman table that no code can have."""
    data = bytearray(SAMPLES["baseline.jpg"]())
    table = data.index(b"\xff\xc4")
    data[table + 5 : table + 21] = b"\xff" * 16
    return bytes(data)


DAMAGED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a JPEG of broken Huffman tables": ("a.jpg", bad_huffman),
    "a PNG that lacks rows, its checksums right": ("a.png", lambda: png(20, 20, zlib.compress(bytes(81 * 19)))),
    "a PNG of no rows at all": ("a.png", lambda: png(20, 20, zlib.compress(b"")[:2])),
    "a GIF with zeros in its middle": ("a.gif", lambda: zeroed(SAMPLES["still.gif"](), 0.4, 0.45)),
    "a progressive JPEG with zeros in an early scan": ("a.jpg", lambda: zeroed(SAMPLES["progressive.jpg"](), 0.1, 0.3)),
    "an AVIF with zeros in a late frame": ("a.avif", lambda: zeroed(SAMPLES["animated.avif"](), 0.6, 0.9)),
    "a WebP of a broken header": ("a.webp", lambda: flipped(SAMPLES["lossless.webp"](), 34)),
    "a TIFF with zeros in its middle": ("a.tif", lambda: zeroed(SAMPLES["deflated.tiff"](), 0.4, 0.6)),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damage_that_the_walk_passes_is_found(damage: str, capfd: pytest.CaptureFixture[str]) -> None:
    name, make = DAMAGED[damage]
    data = make()
    assert examine(data, name) is None

    assert rule(raster.decode(data)) == "asset/undecodable"
    assert capfd.readouterr() == ("", "")  # libtiff writes there by itself


@pytest.mark.parametrize("name", PICTURES)
def test_every_cut_has_a_flaw_and_no_warning(name: str) -> None:
    data = SAMPLES[name]()
    for place in noise(name).sample(range(1, len(data)), 10):
        cut = data[:place]
        assert examine(cut, name) or raster.decode(cut) or not data[place:].strip(b"\0")


def test_what_pillow_says_beside_is_not_heard() -> None:
    data = SAMPLES["animated.png"]()
    odd = data.replace(b"acTL", b"acTl")  # not checked by the decoder before it warns
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        for each in (odd, SAMPLES["pages.tiff"]()[:-40], png(9_000, 9_000, zlib.compress(b""))):
            raster.decode(each)
    assert not heard


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0\x18ftypheic" + bytes(12),
        b"<svg/>",
        b"\0\0\0\x0cJXL \r\n\x87\n",
        b"BM" + bytes(12) + b"\x28" + bytes(99),
    ],
    ids=["nothing", "HEIC", "SVG", "JPEG XL", "BMP of no kind"],
)
def test_what_pillow_does_not_read_is_left_to_the_walk(data: bytes) -> None:
    assert raster.decode(data) is None


@pytest.mark.parametrize("colour", [0, 2, 4, 6])
@pytest.mark.parametrize("side", [1, 2, 3, 8, 9, 33])
def test_a_black_png_has_all_its_rows(colour: int, side: int) -> None:
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]

    assert raster.decode(png(side, side, zlib.compress(bytes((1 + side * channels) * side)), colour=colour)) is None


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 3), (3, 2), (5, 1), (8, 8), (9, 17), (33, 2)])
def test_a_black_interlaced_png_has_all_its_rows_or_lacks_some(width: int, height: int) -> None:
    steps = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    sizes = [(len(range(x, width, right)), len(range(y, height, down))) for x, y, right, down in steps]
    rows = sum((1 + columns) * rows for columns, rows in sizes if columns)

    def made(size: int) -> bytes:
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1))
        return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(size))) + chunk(b"IEND")

    assert raster.decode(made(rows)) is None
    assert rule(raster.decode(made(rows - 1))) == "asset/undecodable"


def test_a_camera_s_picture_is_no_bomb() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (9504, 6336)).save(stream, "JPEG", progressive=True)

    assert raster.decode(stream.getvalue()) is None


def test_a_long_text_in_a_png_is_no_flaw() -> None:
    text = chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b"{}" * 10**6))

    assert raster.decode(png(1, 1, zlib.compress(bytes(5)), extra=text)) is None


@given(
    st.sampled_from(PICTURES), st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=9)), max_size=4)
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_damage_harms_decoding(name: str, mutations: list[tuple[float, bytes]]) -> None:
    data = bytearray(SAMPLES[name]())
    for where, instead in mutations:
        at = int(where * len(data))
        data[at : at + len(instead)] = instead

    assert rule(raster.decode(bytes(data))) in {"", "asset/undecodable", "asset/bomb"}


def many_frames(count: int) -> bytes:
    """A GIF that shows one large picture again and again."""
    data = flat("GIF", "P", 4_000, 4_000)
    start = data.index(b",\0\0\0\0")
    return data[:start] + data[start:-1] * count + b";"


def gif(width: int, height: int, frames: int) -> bytes:
    frame = b",\0\0\0\0" + struct.pack("<HH", width, height) + b"\0\2\2\x44\1\0"
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + bytes(6) + frame * frames + b";"


def flat(form: str, mode: str, width: int, height: int, frames: int = 1) -> bytes:
    """A picture of one colour, which any encoder makes small."""
    stream = io.BytesIO()
    pictures = [Image.new(mode, (width, height), number) for number in range(frames)]
    pictures[0].save(stream, form, save_all=frames > 1, append_images=pictures[1:])
    return stream.getvalue()


def inside_an_icon() -> bytes:
    picture = png(50_000, 50_000, zlib.compress(bytes(10**6)))
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(picture), 22) + picture


def animated_png() -> bytes:
    data = SAMPLES["animated.png"]()
    at = data.index(b"acTL") + 4
    control = struct.pack(">II", 10**6, 0)
    return data[:at] + control + struct.pack(">I", zlib.crc32(b"acTL" + control)) + data[at + 12 :]


def vast_jpeg() -> bytes:
    data = bytearray(SAMPLES["progressive.jpg"]())
    at = data.index(b"\xff\xc2")
    data[at + 5 : at + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(data)


def vast_webp() -> bytes:
    body = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + (16_382).to_bytes(3, "little") * 2
    body += SAMPLES["lossy.webp"]()[12:]
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a PNG of 50,000 x 50,000": ("asset/bomb", lambda: png(50_000, 50_000, zlib.compress(bytes(10**6)))),
    "a PNG of 50,000 x 50,000 in an icon": ("asset/bomb", inside_an_icon),
    "a PNG of a million frames": ("asset/bomb", animated_png),
    "a PNG with a gigabyte of text": (
        "",
        lambda: png(1, 1, zlib.compress(bytes(5)), extra=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 30)))),
    ),
    "a JPEG of 65,000 x 65,000": ("asset/bomb", vast_jpeg),
    "a GIF of 65,535 x 65,535": ("asset/bomb", lambda: gif(65_535, 65_535, 1)),
    "a GIF of a million frames": ("asset/bomb", lambda: gif(1, 1, 10**6)),
    "a GIF of a thousand large frames": ("asset/bomb", lambda: many_frames(1_000)),
    "a WebP of 16,383 x 16,383": ("asset/bomb", vast_webp),
    "the largest PNG that is decoded": ("", lambda: flat("PNG", "RGBA", 10_000, 10_400)),
    "the largest WebP that is decoded": ("", lambda: flat("WEBP", "RGBA", 6_000, 4_000)),
    "the largest AVIF that is decoded": ("", lambda: flat("AVIF", "RGB", 5_800, 4_000)),
    "the largest GIF that is decoded": ("", lambda: flat("GIF", "P", 6_000, 4_000, 3)),
    "the largest TIFF that is decoded": ("", lambda: flat("TIFF", "RGBA", 2_900, 2_000)),
}


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from checker.verify import raster
from checker.verify.containers import examine
data = open(sys.argv[1], "rb").read()
examine(data, "a")
flaw = raster.decode(data)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # ru_maxrss begins at the parent's
print(flaw.rule if flaw else "")
print(int(peak.split()[1]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits what a process may take, as Linux does")
@pytest.mark.parametrize("bomb", BOMBS)
def test_no_bomb_goes_off(bomb: str, tmp_path: Path) -> None:
    expected, build = BOMBS[bomb]
    path = tmp_path / "bomb"
    path.write_bytes(build())

    done = subprocess.run(
        [sys.executable, "-c", LIMITED, path], capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found, peak = done.stdout.split("\n")[:2]
    assert found == expected
    assert int(peak) < 512
