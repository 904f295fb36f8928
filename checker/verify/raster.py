"""Whether a picture decodes to its last row: for `--deep`, by Pillow, which the extra `mirrorcheck[deep]` brings.

Sizes are read from the header, and what would take too much memory or time is refused before anything is decoded. What
Pillow cannot read is left to the walk.
"""

from __future__ import annotations

import io
import os
import re
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import count
from mmap import mmap
from typing import IO, NamedTuple, cast

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    CurImagePlugin,
    GifImagePlugin,
    IcoImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
    features,
)

from checker.rules.codes import Code
from checker.verify.containers import media_of
from checker.verify.containers.flaw import Flaw, undecodable

_MEMORY = 400 << 20  # bytes that a file and its picture may take, beside what Python and Pillow do
_WORK = 500_000_000  # pixels of all frames
_FRAME = 10_000  # pixels in whose time a frame is begun
_TEXT = 16 << 20  # bytes of a PNG's text: the programs that make pictures from words keep how it was done in it


class _Kind(NamedTuple):
    plugins: tuple[type[ImageFile.ImageFile], ...]
    memory: int  # bytes a pixel at the peak, beside the file in two copies
    whole: bool = False  # whether Pillow reads all that there are, so that what it cannot open is damaged
    counted: bool = False  # whether the header tells how many frames there are


_KINDS = {
    "image/png": _Kind((PngImagePlugin.PngImageFile,), 4, counted=True),
    "image/jpeg": _Kind((JpegImagePlugin.JpegImageFile,), 1),
    "image/gif": _Kind((GifImagePlugin.GifImageFile,), 17, whole=True),
    "image/webp": _Kind((WebPImagePlugin.WebPImageFile,), 17, whole=True, counted=True),
    "image/avif": _Kind((AvifImagePlugin.AvifImageFile,), 18, whole=True, counted=True),
    "image/bmp": _Kind((BmpImagePlugin.BmpImageFile,), 4),
    "image/x-icon": _Kind((IcoImagePlugin.IcoImageFile, CurImagePlugin.CurImageFile), 8),
    "image/tiff": _Kind((TiffImagePlugin.TiffImageFile,), 12),
}
for _media, _feature in (("image/webp", "webp"), ("image/avif", "avif")):
    if not features.check(_feature):
        del _KINDS[_media]
_APNG = 3  # times the memory: the frame before, the one that is drawn, and both together
# What libtiff may be built without is no damage.
_TIFF = frozenset(
    {"raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "jpeg", "packbits", "group3", "group4", "tiff_ccitt"}
)
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_AT_ONCE = 1 << 16  # bytes
_PIXELS = re.compile(r"\((\d+) pixels\)")
_one_at_a_time = threading.Lock()  # Pillow's limit and Python's warnings are everybody's; and the memory is for one


class _BombError(Exception):
    """More than is decoded."""


def decode(data: bytes | mmap) -> Flaw | None:
    """The flaw that decoding a picture shows; None for what is whole, and for what is no picture that Pillow reads."""
    kind = _KINDS.get(media_of(data))
    if kind is None:
        return None
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        PngImagePlugin.MAX_TEXT_CHUNK = _TEXT
        room = max(_MEMORY - 2 * len(data), 0)
        Image.MAX_IMAGE_PIXELS = room // kind.memory // 2  # Pillow refuses what has twice as many
        try:
            return _decoded(data, kind, room)
        except (Image.DecompressionBombError, _BombError) as error:
            found = _PIXELS.search(str(error))
            told = f"{int(found[1]):,} pixels, and no more than {room // kind.memory:,} are decoded" if found else error
            return Flaw(Code.ASSET_BOMB, f"the picture has {told}")
        except MemoryError:
            return Flaw(Code.ASSET_BOMB, "the picture takes more memory than there is")


def _decoded(data: bytes | mmap, kind: _Kind, room: int) -> Flaw | None:
    stream = io.BytesIO(data) if isinstance(data, bytes) else cast("IO[bytes]", data)
    try:
        picture = Image.open(stream, formats=[plugin.format for plugin in kind.plugins if plugin.format])
    except (Image.DecompressionBombError, MemoryError):
        raise
    except Exception as error:  # the plugins raise whatever comes out of the bytes
        return _broken(error) if kind.whole else None
    with picture:
        memory: float = kind.memory
        if isinstance(picture, JpegImagePlugin.JpegImageFile):
            memory = 2 * picture.layers + 0.25  # the coefficients of all scans
            picture.draft("L", (1, 1))  # every bit is decoded, and only an eighth of the rows is made of them
        elif picture.info.get("compression", "raw") not in _TIFF and isinstance(picture, TiffImagePlugin.TiffImageFile):
            return None
        frames = getattr(picture, "n_frames", 1) if kind.counted else 1
        if frames > 1:
            memory *= _APNG if isinstance(picture, PngImagePlugin.PngImageFile) else 1
            _weigh(frames * (_area(picture) + _FRAME), frames)
        try:
            _walk(picture, int(room / memory))
        except (Image.DecompressionBombError, _BombError, MemoryError):
            raise
        except NotImplementedError:
            return None
        except Exception as error:
            return _broken(error)
        if frames == 1 and isinstance(picture, PngImagePlugin.PngImageFile) and _lacks_rows(picture, data):
            return undecodable("the picture does not decode: its rows end before the last one")
    return None


def _walk(picture: ImageFile.ImageFile, limit: int) -> None:
    """Decode frame after frame. Raises whatever Pillow does."""
    work = 0
    hushed = _hushed if isinstance(picture, TiffImagePlugin.TiffImageFile) else nullcontext
    for number, frame in enumerate(_frames(picture), 1):
        area = _area(frame)
        if area > limit:
            raise _BombError(f"{area:,} pixels, and no more than {limit:,} are decoded")
        work += area + _FRAME
        _weigh(work, number)
        with hushed():
            frame.load()


def _frames(picture: ImageFile.ImageFile) -> Iterator[Image.Image]:
    if isinstance(picture, IcoImagePlugin.IcoImageFile):
        yield from map(picture.ico.frame, range(len(picture.ico.entry)))
        return
    yield picture
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        return  # pictures behind it are for cameras
    for number in count(1):
        try:
            picture.seek(number)
        except EOFError:
            return
        yield picture


def _lacks_rows(picture: ImageFile.ImageFile, data: bytes | mmap) -> bool:
    """Whether a PNG's rows end early, which Pillow passes over: it leaves the last ones blank."""
    width, height = picture.size
    if picture.crop((0, max(height - 2, 0), width, height)).getbbox(alpha_only=False):
        return False
    depth, colour, interlaced = data[24], data[25], data[28]
    bits = depth * {2: 3, 4: 2, 6: 4}.get(colour, 1)
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    sizes = [(-(-(width - x) // right), -(-(height - y) // down)) for x, y, right, down in passes]
    lacking = sum((1 + (columns * bits + 7) // 8) * rows for columns, rows in sizes if columns > 0 and rows > 0)
    inflater, at = zlib.decompressobj(), 8
    while lacking > 0 and at < len(data) and not inflater.eof:
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        rest = data[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        while rest and lacking > 0:
            lacking -= len(inflater.decompress(rest, _AT_ONCE))
            rest = inflater.unconsumed_tail
        at += length + 12
    return lacking > 0


def _area(picture: Image.Image) -> int:
    return picture.width * picture.height


def _weigh(work: int, frames: int) -> None:
    if work > _WORK:
        raise _BombError(f"{frames:,} frames or more, and no more than {_WORK:,} pixels of them are decoded")


def _broken(error: Exception) -> Flaw:
    said = " ".join(str(error).split())
    if isinstance(error, UnidentifiedImageError) or not said:
        said = "it cannot be opened"
    return undecodable(f"the picture does not decode: {said[:120]}")


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep what libtiff writes to standard error from the terminal."""
    try:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # there is no standard error
        kept = -1
    if kept < 0:
        yield
        return
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
