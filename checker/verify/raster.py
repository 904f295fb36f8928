"""Whether a picture decodes to its last row, for `--deep`: by Pillow, from the extra `mirrorcheck[deep]`.

Sizes are read from the header. A picture that would take too much memory or time is refused before it is decoded; one
that Pillow cannot read is left to the walk.
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

_MEMORY = 400 << 20  # bytes that a file and its picture may take, not counting Python and Pillow themselves
_WORK = 500_000_000  # pixels of all frames
_FRAME = 10_000  # pixels that could be decoded in the time that it takes to start a frame
_TEXT = 16 << 20  # bytes of a PNG's text, in which image generators keep their settings


class _Kind(NamedTuple):
    plugins: tuple[type[ImageFile.ImageFile], ...]
    memory: int  # bytes per pixel at the peak, without the two copies of the file
    whole: bool = False  # whether Pillow reads every variant, so that a file that it cannot open is damaged
    counted: bool = False  # whether the header states the number of frames


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
# The compressions that every libtiff can decode. That another one fails does not show damage.
_TIFF = frozenset(
    {"raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "jpeg", "packbits", "group3", "group4", "tiff_ccitt"}
)
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_AT_ONCE = 1 << 16  # bytes
_PIXELS = re.compile(r"\((\d+) pixels\)")
_one_at_a_time = threading.Lock()  # Pillow's limit and Python's warnings are global, and _MEMORY is for one picture


class _BombError(Exception):
    """The picture is larger than what is decoded."""


def decode(data: bytes | mmap) -> Flaw | None:
    """The flaw that decoding a picture shows; None if it is whole, or not a picture that Pillow reads."""
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
            size = f"{int(found[1]):,} pixels, and no more than {room // kind.memory:,} are decoded" if found else error
            return Flaw(Code.ASSET_BOMB, f"the picture has {size}")
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
            picture.draft("L", (1, 1))  # every bit is decoded, but only an eighth of the rows and columns is made
        elif picture.info.get("compression", "raw") not in _TIFF and isinstance(picture, TiffImagePlugin.TiffImageFile):
            return None
        frames = getattr(picture, "n_frames", 1) if kind.counted else 1
        if frames > 1:
            memory *= _APNG if isinstance(picture, PngImagePlugin.PngImageFile) else 1
            _weigh(frames * (_area(picture) + _FRAME), frames)
        try:
            _decode_frames(picture, int(room / memory))
        except (Image.DecompressionBombError, _BombError, MemoryError):
            raise
        except NotImplementedError:
            return None
        except Exception as error:
            return _broken(error)
        if frames == 1 and isinstance(picture, PngImagePlugin.PngImageFile) and _lacks_rows(picture, data):
            return undecodable("the picture does not decode: its rows end before the last one")
    return None


def _decode_frames(picture: ImageFile.ImageFile, limit: int) -> None:
    """Decode frame after frame. Raises whatever Pillow raises."""
    work = 0
    silenced = _silenced if isinstance(picture, TiffImagePlugin.TiffImageFile) else nullcontext
    for number, frame in enumerate(_frames(picture), 1):
        area = _area(frame)
        if area > limit:
            raise _BombError(f"{area:,} pixels, and no more than {limit:,} are decoded")
        work += area + _FRAME
        _weigh(work, number)
        with silenced():
            frame.load()


def _frames(picture: ImageFile.ImageFile) -> Iterator[Image.Image]:
    if isinstance(picture, IcoImagePlugin.IcoImageFile):
        yield from map(picture.ico.frame, range(len(picture.ico.entry)))
        return
    yield picture
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        return  # the pictures after the first are for cameras
    for number in count(1):
        try:
            picture.seek(number)
        except EOFError:
            return
        yield picture


def _lacks_rows(picture: ImageFile.ImageFile, data: bytes | mmap) -> bool:
    """Whether a PNG's rows end early. Pillow accepts that, and leaves the last ones blank."""
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
    reason = " ".join(str(error).split())
    if isinstance(error, UnidentifiedImageError) or not reason:
        reason = "it cannot be opened"
    return undecodable(f"the picture does not decode: {reason[:120]}")


@contextmanager
def _silenced() -> Iterator[None]:
    """Drop what libtiff writes to standard error."""
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
