"""Whole files of every kind that we walk, made by real encoders: `SAMPLES[name]()` gives the bytes of one.

A builder whose encoder is not here skips the test that asked. `CASES` are the names, with the programs they need.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import shutil
import subprocess
import tempfile
import wave
import zipfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

Sample = Callable[[], bytes]


def noise(seed: int | str) -> random.Random:
    """The same noise every time."""
    return random.Random(seed)  # noqa: S311 - no secret


@cache
def _picture(mode: str = "RGB", width: int = 60, height: int = 40, seed: int = 1) -> Any:
    """Noise, so that nothing compresses to nothing."""
    image = pytest.importorskip("PIL.Image")
    dice = noise(seed)
    bands = len(mode) if mode in {"RGB", "RGBA", "LA"} else 1
    raw = dice.randbytes(width * height * bands)
    if mode in {"P", "1"}:
        return image.frombytes("L", (width, height), raw).convert(mode)
    return image.frombytes(mode, (width, height), raw)


def _saved(form: str, mode: str = "RGB", **options: object) -> bytes:
    stream = io.BytesIO()
    _picture(mode).save(stream, form, **options)
    return stream.getvalue()


def _animated(form: str, **options: object) -> bytes:
    stream = io.BytesIO()
    frames = [_picture("RGB", seed=seed) for seed in range(2, 6)]
    _picture().save(stream, form, save_all=True, append_images=frames, duration=40, **options)
    return stream.getvalue()


def _cursor() -> bytes:
    icon = bytearray(_saved("ICO", "RGBA", sizes=[(32, 32)], bitmap_format="bmp"))
    icon[2] = 2
    return bytes(icon)


@cache
def _font(flavor: str | None = None, *, outlines: str = "glyf") -> bytes:
    builder_of = pytest.importorskip("fontTools.fontBuilder")
    if flavor == "woff2":
        pytest.importorskip("brotli")
    dice = noise(7)
    names = [".notdef", *(f"glyph{number}" for number in range(40))]
    builder = builder_of.FontBuilder(1000, isTTF=outlines == "glyf")
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({0x4E00 + number: name for number, name in enumerate(names)})
    shapes = {}
    for name in names:
        if outlines == "glyf":
            pen = pytest.importorskip("fontTools.pens.ttGlyphPen").TTGlyphPen(None)
        else:
            pen = pytest.importorskip("fontTools.pens.t2CharStringPen").T2CharStringPen(600, None)
        pen.moveTo((0, 0))
        for _ in range(12):
            pen.lineTo((dice.randrange(1000), dice.randrange(1000)))
        pen.closePath()
        shapes[name] = pen.glyph() if outlines == "glyf" else pen.getCharString()
    if outlines == "glyf":
        builder.setupGlyf(shapes)
    else:
        builder.setupCFF("Sample", {"FullName": "Sample"}, shapes, {})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Sample", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.font.flavor = flavor
    stream = io.BytesIO()
    builder.save(stream)
    return stream.getvalue()


def _collection() -> bytes:
    library = pytest.importorskip("fontTools.ttLib")
    collection = library.TTCollection()
    collection.fonts = [library.TTFont(io.BytesIO(_font())), library.TTFont(io.BytesIO(_font()))]
    stream = io.BytesIO()
    collection.save(stream)
    return stream.getvalue()


@cache
def _film(suffix: str, *arguments: str) -> bytes:
    """A second of a test picture and of a tone."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("needs the program ffmpeg")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"film.{suffix}"
        sources = {
            "picture": ("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=1"),
            "tone": ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=1"),
        }
        inputs = [part for name in arguments[0].split("+") for part in sources[name]]
        command = ["ffmpeg", "-v", "error", "-nostdin", *inputs, *arguments[1:], "-fflags", "+bitexact", str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return path.read_bytes()


def _wave() -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(noise(3).randbytes(4000))
    return stream.getvalue()


def _zip(*, compression: int = zipfile.ZIP_DEFLATED, comment: bytes = b"", streamed: bool = False) -> bytes:
    stream = io.BytesIO()
    target = _Unseekable(stream) if streamed else stream
    with zipfile.ZipFile(target, "w", compression) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for number in range(20):
            archive.writestr(f"chapter{number}.xhtml", noise(number).randbytes(100))
        archive.comment = comment
    return stream.getvalue()


class _Unseekable(io.RawIOBase):
    """A pipe: the archive's member headers cannot be completed later."""

    def __init__(self, stream: io.BytesIO) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._stream.write(data)


def _drawing() -> bytes:
    shapes = "".join(f'<rect x="{at}" y="{at}" width="9" height="9" fill="#0{at % 10}0"/>' for at in range(60))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!-- drawn by a test -->\n<!DOCTYPE svg [<!ENTITY ns "http://example.org/">]>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="&ns;" viewBox="0 0 99 99"><title>茶</title>{shapes}</svg>'
    ).encode()


def _sheet() -> bytes:
    rules = "".join(
        f'.a{at}::before{{content:"}} \\" {at}";background:url(img/{at}.png) /* }} */;color:rgb({at},0,0)}}\n'
        for at in range(40)
    )
    return f'@charset "utf-8";@import url(base.css);@media (min-width:1px){{{rules}}}'.encode()


def _manifest() -> bytes:
    icons = [{"src": f"icon{size}.png", "sizes": f"{size}x{size}", "purpose": "any"} for size in range(16, 200, 16)]
    return json.dumps({"name": "茶", "start_url": "/", "display": "standalone", "icons": icons}, indent=1).encode()


def _gzipped(name: str) -> bytes:
    return gzip.compress(SAMPLES[name](), mtime=0)


SAMPLES: dict[str, Sample] = {
    "rgb.png": partial(_saved, "PNG"),
    "palette.png": partial(_saved, "PNG", "P"),
    "alpha.png": partial(_saved, "PNG", "RGBA"),
    "animated.png": partial(_animated, "PNG"),
    "baseline.jpg": partial(_saved, "JPEG", quality=90),
    "progressive.jpg": partial(_saved, "JPEG", quality=90, progressive=True),
    "restarts.jpg": partial(_saved, "JPEG", quality=90, restart_marker_rows=1),
    "grey.jpeg": partial(_saved, "JPEG", "L", comment="with a comment", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"),
    "still.gif": partial(_saved, "GIF", "P"),
    "interlaced.gif": partial(_saved, "GIF", "P", interlace=True, comment=b"with a comment"),
    "animated.gif": partial(_animated, "GIF"),
    "lossy.webp": partial(_saved, "WEBP"),
    "lossless.webp": partial(_saved, "WEBP", "RGBA", lossless=True),
    "animated.webp": partial(_animated, "WEBP"),
    "still.avif": partial(_saved, "AVIF"),
    "animated.avif": partial(_animated, "AVIF"),
    "rgb.bmp": partial(_saved, "BMP"),
    "palette.bmp": partial(_saved, "BMP", "P"),
    "bilevel.bmp": partial(_saved, "BMP", "1"),
    "pictures.ico": partial(_saved, "ICO", "RGBA", sizes=[(16, 16), (32, 32)]),
    "bitmaps.ico": partial(_saved, "ICO", "RGBA", sizes=[(16, 16), (32, 32)], bitmap_format="bmp"),
    "pointer.cur": _cursor,
    "raw.tif": partial(_saved, "TIFF"),
    "strips.tiff": partial(_saved, "TIFF", compression="tiff_lzw", strip_size=900),
    "deflated.tiff": partial(_saved, "TIFF", compression="tiff_adobe_deflate"),
    "jpeg.tiff": partial(_saved, "TIFF", compression="jpeg"),
    "pages.tiff": partial(_animated, "TIFF"),
    "big.tiff": partial(_saved, "TIFF", big_tiff=True),
    "drawing.svg": _drawing,
    "drawing.svgz": partial(_gzipped, "drawing.svg"),
    "truetype.ttf": _font,
    "opentype.otf": partial(_font, outlines="CFF "),
    "collection.ttc": _collection,
    "truetype.woff": partial(_font, "woff"),
    "opentype.woff": partial(_font, "woff", outlines="CFF "),
    "truetype.woff2": partial(_font, "woff2"),
    "opentype.woff2": partial(_font, "woff2", outlines="CFF "),
    "tone.wav": _wave,
    "tone.mp3": partial(_film, "mp3", "tone", "-c:a", "libmp3lame", "-metadata", "title=tone"),
    "variable.mp3": partial(_film, "mp3", "tone", "-c:a", "libmp3lame", "-q:a", "5", "-ar", "22050"),
    "bare.mp3": partial(_film, "mp3", "tone", "-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0"),
    "old.mp2": partial(_film, "mp2", "tone", "-c:a", "mp2"),
    "tone.flac": partial(_film, "flac", "tone", "-c:a", "flac"),
    "small.flac": partial(_film, "flac", "tone", "-c:a", "flac", "-frame_size", "600", "-ac", "2"),
    "vorbis.ogg": partial(_film, "ogg", "tone", "-c:a", "libvorbis"),
    "voice.opus": partial(_film, "opus", "tone", "-c:a", "libopus"),
    "film.ogv": partial(_film, "ogv", "picture+tone", "-c:v", "libtheora", "-c:a", "libvorbis"),
    "pcm.wav": partial(_film, "wav", "tone", "-c:a", "pcm_s16le"),
    "film.avi": partial(_film, "avi", "picture+tone", "-c:v", "mpeg4", "-c:a", "pcm_s16le"),
    "film.mp4": partial(_film, "mp4", "picture+tone", "-c:v", "mpeg4", "-c:a", "aac"),
    "ready.mp4": partial(_film, "mp4", "picture+tone", "-c:v", "mpeg4", "-c:a", "aac", "-movflags", "+faststart"),
    "fragments.mp4": partial(_film, "mp4", "picture", "-c:v", "mpeg4", "-g", "5", "-movflags", "frag_keyframe+empty_moov"),
    "film.mov": partial(_film, "mov", "picture", "-c:v", "mjpeg"),
    "sound.m4a": partial(_film, "m4a", "tone", "-c:a", "aac"),
    "film.webm": partial(_film, "webm", "picture+tone", "-c:v", "libvpx", "-c:a", "libvorbis"),
    "film.mkv": partial(_film, "mkv", "picture+tone", "-c:v", "mpeg4", "-c:a", "flac"),
    "page.pdf": lambda: _saved("PDF").rstrip(),
    "book.epub": _zip,
    "stored.zip": partial(_zip, compression=zipfile.ZIP_STORED, comment=b"with a comment"),
    "streamed.docx": partial(_zip, streamed=True),
    "noise.gz": lambda: gzip.compress(noise(9).randbytes(4000), mtime=0),
    "members.gz": lambda: gzip.compress(b"first", mtime=0) + gzip.compress(b"and second " * 99, mtime=0),
    "sheet.css": _sheet,
    "icons.webmanifest": _manifest,
    "app.js.map": lambda: b")]}'\n" + _manifest(),
}  # fmt: skip
CASES = [
    pytest.param(name, marks=pytest.mark.needs("ffmpeg")) if getattr(sample, "func", None) is _film else name
    for name, sample in SAMPLES.items()
]
