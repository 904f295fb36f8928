"""The package file of an EPUB, which lists what the book is made of, and the table of contents of EPUB 2.

https://www.w3.org/TR/epub-33/#sec-package-doc, https://idpf.org/epub/20/spec/OPF_2.0_final_spec.html#Section2.4.1
"""

from __future__ import annotations

from collections.abc import Iterator

from checker.extract import Extract, Options, Place, xml
from checker.model import Role

_NAMES = {"item": "href", "reference": "href", "link": "href", "content": "src"}  # element -> attribute


def extract(text: str, options: Options) -> Extract:
    """Read a package file or a table of contents."""
    found = Extract()
    for place in places(text, options):
        found.add(place.role, place.raw)
    return found


def places(text: str, options: Options) -> Iterator[Place]:  # noqa: ARG001 - the contract
    """Every place with the span of its source."""
    for event in xml.scan(text):
        if isinstance(event, xml.Tag) and (attribute := event.attributes.get(_NAMES.get(event.name, ""))):
            yield Place(Role.LINK, *attribute)
