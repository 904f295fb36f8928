"""EPUB: the container, which names the package file, the package, which lists what the book is made of, the table of
contents of EPUB 2, and media overlays, which join text and speech.

https://www.w3.org/TR/epub-33/, https://idpf.org/epub/20/spec/OPF_2.0_final_spec.html#Section2.4.1
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.extract import Extract, Options, Place, xml
from checker.model import Role

_NAMES = {  # element -> attribute
    **dict.fromkeys(("item", "reference", "link"), "href"),
    **dict.fromkeys(("content", "text", "audio", "video", "img"), "src"),
    "rootfile": "full-path",
}


def extract(text: str, options: Options) -> Extract:
    """Read a package file or a table of contents."""
    found = Extract()
    for place in places(text, options):
        found.add(place.role, place.raw)
    if "<rootfile" in text:
        found.base = "../"  # https://www.w3.org/TR/epub-33/#sec-container.xml-rootfiles: from the root of the book
    return found


def places(text: str, options: Options) -> Iterator[Place]:  # noqa: ARG001 - the contract
    """Every place with the span of its source."""
    for event in xml.scan(text):
        if isinstance(event, xml.Tag) and (attribute := event.attributes.get(_NAMES.get(event.name, ""))):
            yield Place(Role.LINK, *attribute)
