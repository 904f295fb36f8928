"""The containers that are walked: each module of this folder that has a `walk`, by what it says of itself.

`TYPES` are the media types that it walks. `SIGNATURES` are first bytes that settle a type. `BEGINNINGS` are first bytes
that do not settle it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from checker.verify import containers
from checker.verify.containers.flaw import Flaw

Signature = tuple[bytes, str]  # first bytes, media type

# Of what is told by its first bytes, and not walked.
_UNWALKED: tuple[Signature, ...] = (
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\0asm\1\0\0\0", "application/wasm"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)


def _walked() -> Iterator[ModuleType]:
    for each in iter_modules(containers.__path__):
        if each.name not in {"flaw", "media", "registry"}:
            module = import_module(f"{containers.__name__}.{each.name}")
            if hasattr(module, "walk"):
                yield module


CONTAINERS = tuple(_walked())
WALKS: dict[str, Callable[[memoryview], Flaw | None]] = {
    media_type: module.walk for module in CONTAINERS for media_type in module.TYPES
}
SIGNATURES: tuple[Signature, ...] = (
    *(row for module in CONTAINERS for row in getattr(module, "SIGNATURES", ())),
    *_UNWALKED,
)
BEGINNINGS: tuple[Signature, ...] = tuple(row for module in CONTAINERS for row in getattr(module, "BEGINNINGS", ()))
