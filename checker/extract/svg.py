"""SVG files: references of elements, of styles and of presentation attributes, and ids."""

from __future__ import annotations

from collections.abc import Iterator

from checker.extract import Extract, Options, Place, css, xml
from checker.model import Role
from checker.roles import BY_HREF, BY_SRC

# https://www.w3.org/TR/SVG2/styling.html#PresentationAttributes, those that can hold a url()
_STYLES = frozenset({"style", "clip-path", "cursor", "fill", "filter", "mask", "mask-image", "stroke"}) | {
    "marker",
    "marker-start",
    "marker-mid",
    "marker-end",
}


_NAMES = _STYLES | {"id", "xml:id", "src", "href", "rel"}
_SIGNS = ("id=", "href=", "src=", "&", *css.SIGNS)  # of the attributes that matter; `&` may stand for a part of a value
# Elements of SVG 1.1 that no browser has: https://www.w3.org/TR/SVG2/changes.html
_DEAD = frozenset({"altglyph", "color-profile", "cursor", "font-face-uri", "glyphref", "tref"})


def extract(text: str, options: Options) -> Extract:  # noqa: ARG001 - the contract
    """Read an SVG file."""
    found = Extract()
    for place in _read(text, found.ids):
        found.add(place.role, place.raw)
    return found


def places(text: str, options: Options) -> Iterator[Place]:  # noqa: ARG001 - the contract
    """Every place of an SVG file with the span of its source."""
    return _read(text, set())


def _read(text: str, ids: set[str]) -> Iterator[Place]:
    style: list[xml.Text] | None = None  # the text of the <style> that is open
    for event in xml.scan_for(text, _SIGNS, _matters, "style"):
        if isinstance(event, xml.Tag):
            if style:
                yield from _css(text, tuple(style))
            style = [] if event.name == "style" and event.opens and not event.closes else None
            for name, attribute in event.attributes.items():
                if name in {"id", "xml:id"}:
                    ids.add(attribute.value)
                elif name in _STYLES:
                    if "(" in attribute.value:
                        yield from _css(text, attribute.spans)
                elif name in {"src", "href"} or name.endswith(":href"):
                    if event.name in _DEAD or (event.name == "a" and attribute.value.startswith("#")):
                        continue  # most drawings are embedded, where nobody can click
                    yield Place(_role(event, name), *attribute)
        elif isinstance(event, xml.Text):
            if style is not None:
                style.append(event)
        elif event.target == "xml-stylesheet" and "href" in event.attributes:
            yield Place(Role.STYLESHEET, *event.attributes["href"])
    if style:
        yield from _css(text, tuple(style))


def _matters(name: str) -> bool:
    """Whether an attribute of this name matters: editors keep whole drawings in those of their own."""
    return name in _NAMES or name.endswith(":href")


def _role(tag: xml.Tag, name: str) -> Role:
    if name == "src":
        return BY_SRC.get(tag.name, Role.OBJECT)
    if tag.name == "link" and "stylesheet" in getattr(tag.attributes.get("rel"), "value", ""):
        return Role.STYLESHEET
    return BY_HREF.get(tag.name, Role.LINK)


def _css(text: str, spans: xml.Spans) -> Iterator[Place]:
    sheet = xml.value(text, spans)
    if not css.may_name_any(sheet):
        return
    position = xml.source(text, spans)
    for role, raw, start, end in css.scan(sheet):
        yield Place(role, raw, position(start), position(end))
