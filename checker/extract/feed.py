"""Feeds and sitemaps: RSS 0.9 to 2.0, Atom, JSON Feed, sitemaps and their indexes, with the usual extensions.

Elements are recognised by their names without prefix, whatever their namespace: feeds agree only on the names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from checker.extract import Extract, Options, Place, html, manifest, xml
from checker.model import Role
from checker.roles import BY_SRC
from checker.web.urls import InvalidURL, resolve

_TEXTS = {  # elements whose text is a URL
    "link": Role.FEED,
    "guid": Role.FEED,
    "loc": Role.SITEMAP,
    "thumbnail_loc": Role.IMAGE,
    "content_loc": Role.MEDIA,
    "player_loc": Role.MEDIA,
    "logo": Role.IMAGE,
    "icon": Role.ICON,
    "license": Role.LINK,
    "comments": Role.LINK,
    "commentrss": Role.LINK,
    "docs": Role.LINK,
    "uri": Role.LINK,
}
_IMAGE_TEXTS = {**_TEXTS, "loc": Role.IMAGE, "url": Role.IMAGE}  # the same within <image>
_HTML = frozenset({"description", "summary", "content", "encoded", "subtitle"})  # elements whose text is HTML
_ATTRIBUTES = {  # of elements that are not XHTML
    ("enclosure", "url"): Role.MEDIA,
    ("content", "url"): Role.MEDIA,
    ("content", "src"): Role.FEED,
    ("thumbnail", "url"): Role.IMAGE,
    ("image", "href"): Role.IMAGE,
    ("player", "url"): Role.MEDIA,
    ("source", "url"): Role.FEED,
    ("generator", "uri"): Role.LINK,
    ("transcript", "url"): Role.LINK,
    ("chapters", "url"): Role.LINK,
}
_LINKS = frozenset({"alternate", "self", "first", "previous", "prev", "next", "last", "current"})
_SERVICES = frozenset({"hub", "edit", "edit-media", "salmon"})  # answer to programs, not to a GET
_JSON_FEED = {  # https://www.jsonfeed.org/version/1.1/; None: HTML
    ("home_page_url",): Role.LINK,
    ("feed_url",): Role.FEED,
    ("next_url",): Role.FEED,
    ("icon",): Role.ICON,
    ("favicon",): Role.ICON,
    ("authors", "url"): Role.LINK,
    ("authors", "avatar"): Role.IMAGE,
    ("items", "url"): Role.FEED,
    ("items", "external_url"): Role.LINK,
    ("items", "image"): Role.IMAGE,
    ("items", "banner_image"): Role.IMAGE,
    ("items", "attachments", "url"): Role.MEDIA,
    ("items", "content_html"): None,
}


_LONGEST_BASE = 2_000  # code points; every reference is joined to its base, so a longer one would multiply the text


class _Found(NamedTuple):
    """A reference, or (without a role) HTML that holds some."""

    role: Role | None
    raw: str
    start: int
    end: int
    base: str | None = None  # an `xml:base` below the root
    spans: xml.Spans = ()  # of HTML


def extract(text: str, options: Options) -> Extract:
    """Read a feed or a sitemap. A reference under an `xml:base` below the root is given joined to it."""
    found = Extract()
    for role, raw, _, _, base, _ in _read(text, found):
        if role is not None:
            found.add(role, _join(base, raw))
            continue
        content = html.extract_fragment(raw, options)
        for role_, raws in content.references.items():
            if raws:
                found.references.setdefault(role_, set()).update(_join(base, each) for each in raws)
        found.count += content.count
        found.ids |= content.ids  # footnotes refer within their entry
    return found


def places(text: str, options: Options) -> Iterator[Place]:
    """Every place of a feed or a sitemap with the span of its source."""
    for role, raw, start, end, base, spans in _read(text, Extract()):
        if role is not None:
            yield Place(role, _join(base, raw), start, end)
            continue
        position = xml.source(text, spans) if spans else None
        for place in html.places(raw, options):
            span = (position(place.start), position(place.end)) if position else (start, end)
            yield Place(place.role, _join(base, place.raw), *span)


def _join(base: str | None, raw: str) -> str:
    if base is None:
        return raw
    try:
        return resolve(base, raw)
    except InvalidURL:
        return raw


def _read(text: str, found: Extract) -> Iterator[_Found]:
    """The references of the page, and its HTML; the page's own ids and base are noted in `found`."""
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        yield from _json(text)
        return
    root = ""
    image = False  # within <image>
    leaf: xml.Tag | None = None  # the element that has been opened last, while it holds only text
    spans: list[xml.Text] = []
    bases: list[tuple[str, int, str]] = []  # open elements with xml:base: name, how often it is open, base
    for event in xml.scan(text):
        if isinstance(event, xml.Text):
            spans.append(event)
            continue
        if isinstance(event, xml.Instruction):
            if event.target == "xml-stylesheet" and "href" in event.attributes:
                yield _Found(Role.STYLESHEET, *event.attributes["href"])
            continue
        name = event.name
        if event.opens:
            own = event.attributes.get("xml:base")
            if not root:
                root = name
                found.base = own and own.value
            elif own is not None:
                outer = bases[-1][2] if bases else None
                joined = _join(outer, own.value)
                bases.append((name, 0, joined if len(joined) < _LONGEST_BASE else outer or ""))
            base = bases[-1][2] if bases else None
            if "id" in event.attributes:
                found.ids.add(event.attributes["id"].value)
            for reference in _of_attributes(event, root):
                yield reference._replace(base=base)
        elif leaf is not None and leaf.name == name:
            base = bases[-1][2] if bases else None
            for reference in _of_text(leaf, text, tuple(spans), root, image=image):
                yield reference._replace(base=base)
        if name == "image":
            image = not event.closes
        if bases and bases[-1][0] == name:
            depth = bases[-1][1] + event.opens - event.closes
            bases[-1:] = [(name, depth, bases[-1][2])] if depth > 0 else []
        leaf = None if event.closes else event
        spans.clear()


def _of_attributes(tag: xml.Tag, root: str) -> Iterator[_Found]:
    if not tag.attributes:
        return
    if tag.name == "link":
        role = _link_role(tag, root)
        if role is not None and "href" in tag.attributes:
            yield _Found(role, *tag.attributes["href"])
        return
    for name, attribute in tag.attributes.items():
        role = _ATTRIBUTES.get((tag.name, name))
        if role is None and name in {"href", "src"}:  # XHTML in an entry of Atom
            role = Role.LINK if name == "href" else BY_SRC.get(tag.name, Role.OBJECT)
        if role is not None:
            yield _Found(_media(tag) if role is Role.MEDIA else role, *attribute)


def _media(tag: xml.Tag) -> Role:
    """The role of an enclosure: an image, or other media."""
    types = [tag.attributes[name].value for name in ("type", "medium") if name in tag.attributes]
    return Role.IMAGE if any(word.startswith("image") for word in types) else Role.MEDIA


def _link_role(tag: xml.Tag, root: str) -> Role | None:
    relations = set(tag.attributes["rel"].value.lower().split() if "rel" in tag.attributes else ["alternate"])
    if relations & _SERVICES:
        return None
    if "enclosure" in relations:
        return _media(tag)
    if root == "urlset":
        return Role.ALTERNATE
    if "icon" in relations:
        return Role.ICON
    return Role.FEED if relations & _LINKS else Role.LINK


def _of_text(leaf: xml.Tag, text: str, spans: xml.Spans, root: str, *, image: bool) -> Iterator[_Found]:
    name = leaf.name
    role = (_IMAGE_TEXTS if image else _TEXTS).get(name)
    if role is not None:
        raw, start, end = xml.trimmed(text, spans)
        if not raw or "href" in leaf.attributes or (name == "guid" and not _permanent(leaf, raw)):
            return
        yield _Found(role, raw, start, end)
    elif name in _HTML:
        default = "text" if root == "feed" and name != "encoded" else "html"
        kind = leaf.attributes["type"].value.lower() if "type" in leaf.attributes else default
        if kind.endswith("html") and kind != "xhtml" and "<" in (content := xml.value(text, spans)):
            yield _Found(None, content, spans[0][0], spans[-1][1], spans=spans)


def _permanent(guid: xml.Tag, raw: str) -> bool:
    """Whether a guid is a URL: the default says so, but many are plain names."""
    stated = guid.attributes.get("ispermalink")
    return "://" in raw and (stated is None or stated.value.strip().lower() != "false")


def _json(text: str) -> Iterator[_Found]:
    for path, raw, start, end in manifest.strings(text):
        if path in _JSON_FEED:
            role = _JSON_FEED[path]
            if role is not None or "<" in raw:
                yield _Found(role, raw, start, end)
