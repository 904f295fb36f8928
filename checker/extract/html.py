"""HTML: every place of a document that names a URL, by a WHATWG parser, and the ids a fragment can find."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from checker.extract import Extract, Options, Place
from checker.extract.elements import (
    MARKED,
    OTHERS,
    SPACE,
    XLINK,
    content_of,
    mark_of,
    meta_of,
    of_tag,
    references_of,
    selector,
)
from checker.extract.tags import GLYPHS, GLYPHS_WITHIN, HTML_WITHIN, Tag, offsets, tags
from checker.extract.treeless import is_treeless
from checker.model import Role

_DEPTH = 3  # documents within documents (srcdoc, template) that are still read
_AS_WRITTEN = LexborDocumentOptions.WO_EVENTS.value  # copy no content to elsewhere (`selectedcontent`)


def extract(text: str, options: Options) -> Extract:
    """Read a whole document."""
    found = Extract()
    if is_treeless(text):
        return _flat(text, options)
    _read(LexborHTMLParser(_images(text), options=_AS_WRITTEN), text, options, found, _DEPTH)
    return found


def extract_fragment(text: str, options: Options) -> Extract:
    """Read a part of another document's body: a rendered Markdown page, an entry of a feed."""
    if is_treeless(text):
        return _flat(text, options)
    found = Extract()
    _read(LexborHTMLParser(_images(text), is_fragment=True, options=_AS_WRITTEN), text, options, found, _DEPTH)
    found.base = None
    return found


_IMAGE = re.compile(r"<svg(?=[\s/>])(?:.*?</svg\s*>|.*)|<image(?=[ \t\n\f\r/>])", re.I | re.S)


def _images(text: str) -> str:
    """The text with `image` spelt `img`, as browsers read it: the parser loses it where a table does not hold it."""
    if ("<image" not in text and "<IMAGE" not in text) or "<table" not in text:
        return text
    return _IMAGE.sub(lambda match: "<img" if match[0][1] in "iI" else match[0], text)


def places(text: str, options: Options) -> Iterator[Place]:
    """Every place of a document with its span in the text."""
    return _places(text, options, _DEPTH)


def _places(text: str, options: Options, depth: int) -> Iterator[Place]:
    for tag in tags(text):
        yield from _of_element(text, tag, options, depth)


def _of_element(text: str, tag: Tag, options: Options, depth: int) -> Iterator[Place]:
    """The places of one element: in its tag, in the document within it, in its text."""
    values: dict[str, str | None] = {name: attribute.value for name, attribute in tag.attributes.items()}
    if not tag.foreign:
        values.pop(XLINK, None)
    listed: dict[str, list[tuple[Role, str]]] = {}
    for role, raw, name in of_tag(tag.name, values, options):
        attribute = tag.attributes[name]
        if raw == attribute.value:
            yield Place(role, raw, attribute.start, attribute.end)
        else:
            listed.setdefault(name, []).append((role, raw))
    for name, references in listed.items():
        attribute = tag.attributes[name]
        position = offsets(text, attribute)
        for role, raw, start, end in _parts(name, attribute.value, references):
            yield Place(role, raw, position(start), position(end))
    if tag.name == "iframe" and depth and (document := values.get("srcdoc")):
        position = offsets(text, tag.attributes["srcdoc"])
        for role, raw, start, end in _places(document, options, depth - 1):
            if not raw.lstrip(SPACE).startswith("#"):
                yield Place(role, raw, position(start), position(end))
    start, end = tag.text
    for role, raw, first, last in _content_places(tag.name, values, text[start:end]) if end > start else ():
        yield Place(role, raw, start + first, start + last)


def _parts(name: str, value: str, references: list[tuple[Role, str]]) -> Iterator[Place]:
    """The places of references inside an attribute's value, in order; their spans are in the value."""
    if name == "style":
        from checker.extract import css

        yield from css.scan(value)
        return
    end = 0
    for role, raw in references:
        start = value.find(raw, end)
        end = start + len(raw)
        yield Place(role, raw, start, end)


def _content_places(tag: str, attributes: Mapping[str, str | None], text: str) -> Iterator[Place]:
    """The references that `content_of` finds, with their spans."""
    if tag == "style":
        from checker.extract import css

        yield from css.scan(text)
    elif found := content_of(tag, attributes, text):
        from checker.extract import manifest

        spans: dict[str, list[tuple[int, int]]] = {}  # in reverse order
        for string, *span in reversed([*manifest.all_strings(text)]):
            spans.setdefault(string, []).append((span[0], span[1]))
        for role, raw in found:
            yield Place(role, raw, *(spans[raw].pop() if spans.get(raw) else (0, 1)))


def _flat(text: str, options: Options, depth: int = _DEPTH) -> Extract:
    """Read a page without a tree, tag by tag."""
    found = Extract()
    for tag in tags(text):
        if not tag.attributes and tag.text[0] == tag.text[1]:
            continue
        for place in _of_element(text, tag, options, depth):
            found.add(place.role, place.raw)
        attributes = tag.attributes
        if "id" in attributes and (name := attributes["id"].value):
            found.ids.add(name)
        if tag.foreign:
            continue
        if tag.name in {"a", "map"} and "name" in attributes and (name := attributes["name"].value):
            (found.ids if tag.name == "a" else found.maps).add(name)
        if tag.name == "base" and found.base is None and "href" in attributes:
            found.base = attributes["href"].value
    return found


def _read(tree: Any, text: str, options: Options, found: Extract, depth: int) -> None:
    """Fill `found` from a parsed tree (or a template's content)."""
    references, ids, add = found.references, found.ids, found.add
    links = references.setdefault(Role.LINK, set())
    lazy = options.lazy
    others = OTHERS.keys() | lazy | {"href", "src", "srcset", "imagesrcset", XLINK}
    rest = others - {"href"} | {"style"}  # the other attributes of an `a` that matter
    count = 0
    within: dict[int, str] = {}
    for node in tree.css(selector(lazy)):
        attributes: dict[str, str | None] = node.attributes
        value = attributes.get("id")
        if value:
            ids.add(value)
            if len(attributes) == 1:
                continue
        tag: str = node.tag
        if tag == "a":  # nine of ten references of a real mirror
            value = attributes.get("name")
            if value and not _foreign(node, within):
                ids.add(value)
            if "href" in attributes:
                links.add(attributes["href"] or "")
                count += 1
            if rest.isdisjoint(attributes):
                continue
        elif tag == "map":
            found.maps.update(filter(None, (attributes.get("name"),)))
        elif tag == "base":
            if found.base is None and "href" in attributes and not _foreign(node, within):
                found.base = attributes["href"] or ""
            continue
        elif tag == "style" or (tag == "script" and "type" in attributes):
            for role, raw in content_of(tag, attributes, node.text(deep=True)):
                add(role, raw)
        elif tag == "meta":
            for role, raw, _ in meta_of(attributes, attributes.get("content") or ""):
                add(role, raw)
            continue
        elif tag == "iframe" and attributes.get("srcdoc") and depth:
            _srcdoc(attributes["srcdoc"] or "", options, found, depth)
        if tag in MARKED:
            mark_of(found, node, tag, attributes)
        value = attributes.get("style")
        if others.isdisjoint(attributes) and (not value or "(" not in value):
            continue
        if XLINK in attributes and not _foreign(node, within):
            del attributes[XLINK]
        for role, raw, _ in references_of(tag, attributes, lazy):
            add(role, raw)
    found.count += count
    if depth and "<template" in text:
        for content in tree.template_fragments():
            inner = Extract()
            _read(content, text, options, inner, depth - 1)
            _merge(found, inner)  # its ids are no part of the document: a fragment cannot find them


# Elements that are certainly HTML, since their start tags close all SVG and MathML: those that often hold an anchor.
_CLOSING = frozenset({"body", "div", "p", "span", "pre", "li", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6"})


def _foreign(node: Any, within: dict[int, str]) -> bool:
    """Whether an element belongs to SVG or MathML. The parser does not tell, so its ancestors are looked at.

    `within` remembers the foreign root that each element's children belong to, or the element of MathML that holds
    text and thus HTML, but for glyphs; none is an empty name.
    """
    path = []
    parent = node.parent
    while parent is not None and parent.tag not in _CLOSING and parent.mem_id not in within:
        path.append(parent)
        parent = parent.parent
    root = "" if parent is None else within.get(parent.mem_id, "")
    for element in reversed(path):
        tag = (element.tag or "").lower()
        if root in HTML_WITHIN:
            if tag in HTML_WITHIN[root]:
                root = tag if tag in GLYPHS_WITHIN else ""
        elif root and tag in GLYPHS:
            root = "math"
        else:
            root = tag if tag in HTML_WITHIN else ""
        within[element.mem_id] = root
    return root in HTML_WITHIN or node.tag in HTML_WITHIN


def _srcdoc(text: str, options: Options, found: Extract, depth: int) -> None:
    """Read a document in an attribute. Its references resolve as the page's do; its ids and fragments are its own."""
    if is_treeless(text):
        inner = _flat(text, options, depth - 1)
    else:
        inner = Extract()
        _read(LexborHTMLParser(text, options=_AS_WRITTEN), text, options, inner, depth - 1)
    for role, raws in inner.references.items():
        own = {raw for raw in raws if raw.lstrip(SPACE).startswith("#")}
        inner.count -= len(own)
        inner.references[role] = raws - own
    _merge(found, inner)


def _merge(found: Extract, inner: Extract) -> None:
    for role, raws in inner.references.items():
        found.references.setdefault(role, set()).update(raws)
    found.count += inner.count
    found.marks.update(inner.marks)
