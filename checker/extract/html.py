"""HTML: every place of a document that names a URL, by a WHATWG parser, and the ids a fragment can find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from checker.extract import Extract, Options, Place
from checker.extract.elements import (
    READ,
    SPACE,
    SPECIAL,
    XLINK,
    content_of,
    is_css,
    is_data,
    mark_of,
    meta_of,
    of_tag,
    references_of,
    selector,
)
from checker.extract.tags import GLYPHS, GLYPHS_WITHIN, HTML_WITHIN, Tag, holds_html, offsets, tags
from checker.extract.treeless import is_treeless
from checker.model import Role

_DEPTH = 3  # documents within documents (srcdoc, template) that are still read
_AS_WRITTEN = LexborDocumentOptions.WO_EVENTS.value  # copy no content to elsewhere (`selectedcontent`)


def extract(text: str, options: Options) -> Extract:
    """Read a whole document."""
    return _document(text, options, _DEPTH)


def extract_fragment(text: str, options: Options) -> Extract:
    """Read a part of another document's body: a rendered Markdown page, an entry of a feed."""
    found = _document(text, options, _DEPTH, is_fragment=True)
    found.base = None
    return found


def _document(text: str, options: Options, depth: int, *, is_fragment: bool = False) -> Extract:
    if is_treeless(text):
        return _flat(text, options, depth)
    data = text.encode("utf-8", "ignore")  # as the parser would
    low = data.lower()
    selected = selector(low, options.lazy)
    if 0 <= (table := low.find(b"<table")) < low.find(b"<image", table):
        data = _with_images(text).encode("utf-8", "ignore")
    del low
    found = Extract()
    tree = LexborHTMLParser(data, is_fragment=is_fragment, options=_AS_WRITTEN)
    _read(tree, selected, options, found, depth)
    return found


def _with_images(text: str) -> str:
    """A document in which `image` is `img`, as browsers read it. The parser does so too, but loses it in a table."""
    parts: list[str] = []
    at = 0
    for tag in tags(text):
        if tag.name == "image" and not tag.foreign:
            parts += text[at : tag.start], "<img"
            at = tag.start + len("<image")
    return "".join((*parts, text[at:]))


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
        if is_css(attributes):
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


def _read(tree: Any, selected: str, options: Options, found: Extract, depth: int) -> None:
    """Fill `found` from a parsed tree (or a template's content)."""
    ids, add, lazy = found.ids, found.add, options.lazy
    links: list[str | None] = []
    others = READ | lazy
    rest = others - {"href"} | {"id", "name"}  # the other attributes of an `a` that matter
    templates = False
    within: dict[int, str] = {}
    for node in tree.css(selected):
        tag: str = node.tag
        attributes: dict[str, str | None] = node.attributes
        if tag == "a":  # nine of ten references of a real mirror
            if "href" in attributes:
                links.append(attributes["href"])
            if rest.isdisjoint(attributes):
                continue
            value = attributes.get("name")
            if value and not _foreign(node, within):
                ids.add(value)
        value = attributes.get("id")
        if value:
            ids.add(value)
        if tag in SPECIAL:
            if tag == "base":
                if found.base is None and "href" in attributes and not _foreign(node, within):
                    found.base = attributes["href"] or ""
                continue
            if tag == "map":
                found.maps.update(filter(None, (attributes.get("name"), attributes.get("id"))))
            elif tag == "style" or (tag == "script" and is_data(attributes)):
                for role, raw in content_of(tag, attributes, node.text(deep=True)):
                    add(role, raw)
            elif tag == "iframe" and attributes.get("srcdoc") and depth:
                _srcdoc(attributes["srcdoc"] or "", options, found, depth)
            elif tag == "template":
                templates = True
            elif tag == "meta":
                for role, raw, _ in meta_of(attributes, attributes.get("content") or ""):
                    add(role, raw)
                continue
            mark_of(found, node, tag, attributes)
        if others.isdisjoint(attributes):
            continue
        if XLINK in attributes and not _foreign(node, within):
            del attributes[XLINK]
        if "formaction" in attributes and _closes_a_dialog(node, attributes):
            del attributes["formaction"]
        for role, raw, _ in references_of(tag, attributes, lazy):
            add(role, raw)
    found.count += len(links)
    found.references.setdefault(Role.LINK, set()).update([raw or "" for raw in links])
    if depth and templates:
        for content in tree.template_fragments():
            inner = Extract()
            _read(content, selected, options, inner, depth - 1)
            _merge(found, inner)  # its ids are no part of the document: a fragment cannot find them


_FAR = 100  # elements up to which a button's form is looked for


def _closes_a_dialog(node: Any, attributes: Mapping[str, str | None]) -> bool:
    """Whether a button without a method of its own has its form's, which only closes a dialog."""
    if "formmethod" in attributes or "form" in attributes:
        return False
    for _ in range(_FAR):
        node = node.parent
        if node is None or node.tag == "form":
            return node is not None and (node.attributes.get("method") or "").lower() == "dialog"
    return False


# Elements that are certainly HTML, since their start tags close all SVG and MathML: those that often hold an anchor.
_CLOSING = frozenset({"body", "div", "p", "span", "pre", "li", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6"})


_ANNOTATION = "annotation-xml"


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
        if root == "math" and tag == "svg" and element.parent.tag == _ANNOTATION:
            root = tag
        elif root in HTML_WITHIN:
            if tag in HTML_WITHIN[root] and (tag != _ANNOTATION or holds_html(element.attributes.get("encoding"))):
                root = tag if tag in GLYPHS_WITHIN else ""
        elif root and tag in GLYPHS:
            root = "math"
        else:
            root = tag if tag in HTML_WITHIN else ""
        within[element.mem_id] = root
    return root in HTML_WITHIN or node.tag in HTML_WITHIN


def _srcdoc(text: str, options: Options, found: Extract, depth: int) -> None:
    """Read a document in an attribute. Its references resolve as the page's do; its ids and fragments are its own."""
    inner = _document(text, options, depth - 1)
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
