"""Markdown: rendered as the forge renders it (GFM) and read as HTML, with the bare URLs the forge links."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from checker.extract import Extract, Options, Place, html, placeholders, tagfilter
from checker.extract.aside import encodable, only, set_aside, source_of
from checker.extract.bare import Bare, Url, bare_urls
from checker.extract.dialects import dialect_of, ids
from checker.extract.gfm import (
    GFM,
    SAFE,
    decode_entities,
    destinations,
    may_hold_tags,
    notable_tags,
    render_source,
    unindented,
)
from checker.extract.glance import urls_at_a_glance
from checker.extract.undefined import may_hold_any, undefined
from checker.extract.wiki import wiki_links
from checker.model import Role

_HIDES = "gitea"  # the forge that drops such tags with their content, instead of showing them as text


def render(text: str) -> str:
    """The page's HTML, not sanitized: front matter and MDX imports set aside, bare URLs left as text."""
    return render_source(set_aside(encodable(text)))


def extract(text: str, options: Options) -> Extract:
    """Read a page of GitHub Flavored Markdown."""
    try:
        return _read(_rendered(text, options))
    except UnicodeEncodeError:
        return _read(_rendered(encodable(text), options))


class _Rendered(NamedTuple):
    """A page that has been rendered."""

    text: str
    options: Options
    source: str  # what is read as Markdown, every position as in the text
    html: str
    dense: str  # the same without the indentation of lines that stand far in
    tags: frozenset[str] | None  # the notable tags of raw HTML; None if there is no raw HTML
    bare: Bare  # its bare URLs, if they hide what would be Markdown
    raws: list[tuple[Role, str]]  # all bare URLs


_last: _Rendered | None = None  # a page whose places are asked for was extracted right before


def _rendered(text: str, options: Options) -> _Rendered:
    global _last  # noqa: PLW0603 - a process reads one page at a time
    if _last is None or text is not _last.text or options is not _last.options:
        prepare = dialect_of(options.slugs).prepare
        source, marks = source_of(prepare(text) if prepare else text)
        rendered = render_source(source, marks)
        dense = unindented(rendered)
        tags = notable_tags(marks) if may_hold_tags(source) else None
        bare = Bare(source, source, [])
        raws = urls_at_a_glance(source, dense, tags) if options.bare else []
        if raws is None:
            bare = bare_urls(source)
            raws = [(role, raw) for role, raw, _, _ in bare.urls]
            if bare.masked is not source:
                rendered = render_source(bare.masked)
                dense = unindented(rendered)
        _last = _Rendered(text, options, source, rendered, dense, tags, bare, raws)
    return _last


def shown(text: str, options: Options) -> tuple[str, str]:
    """What is read as Markdown, every position as in the text; and the HTML that the forge makes of it."""
    page = _rendered(encodable(text), options)
    return page.source, _filtered(page, page.html)


def _filtered(page: _Rendered, rendered: str) -> str:
    if page.tags is None or page.options.slugs == _HIDES:
        return rendered
    return tagfilter.rendered(page.tags, rendered)


def _read(page: _Rendered) -> Extract:
    _, options, _, rendered, dense, tags, bare, raws = page
    by_hand = ""
    if tags is None:
        found = _own(dense)
    else:
        found = html.extract_fragment(_filtered(page, dense), options)
        if dense is not rendered and _holds_line_breaks(found):
            found = html.extract_fragment(_filtered(page, rendered), options)
        if dialect_of(options.slugs).of_site:
            found.html, found.both, by_hand = _in_html(page, found)
    if placeholders.holds(page.source):
        _release(found)
    for role, raw in raws:
        found.add(role, raw)
    if may_hold_any(dense, tags):
        for role, raw, _, _ in undefined(bare, blanks=dialect_of(options.slugs).blanks):
            found.add(role, raw)
    if options.wiki:
        for role, raw, _, _ in wiki_links(bare, options.slugs):
            found.add(role, raw)
    if named := dialect_of(options.slugs).named:
        for role, raw, _, _ in named(page.text):
            found.add(role, raw)
            if raw in found.html:
                found.html = found.html - {raw}
    rendered = bare.restore(rendered)
    if tags and "<!--" in tags:
        rendered = _COMMENT.sub("", rendered)
    found.ids.update(ids(rendered, options.slugs, by_hand))
    return found


def _holds_line_breaks(found: Extract) -> bool:
    """Whether a value holds a line break, behind which its blanks may be missing."""
    values = (*found.references.values(), found.ids, found.maps, [mark.integrity for mark in found.marks.values()])
    return any("\n" in value for each in values for value in each)


def _release(found: Extract) -> None:
    for role, raws in found.references.items():
        found.references[role] = {placeholders.released(raw) for raw in raws}
    found.html = {placeholders.released(raw) for raw in found.html}


def _own(rendered: str) -> Extract:
    """The references of Markdown's own links and images."""
    found = Extract()
    links, images = destinations(rendered)
    found.references[Role.LINK] = set(links)
    if images:
        found.references[Role.IMAGE] = set(images)
    found.count = len(links) + len(images)
    return found


_OPENING = re.compile(r"<(?![A-Za-z][\w+.-]*[:@][^\s<>]*>)[A-Za-z][^<>]*>?")  # what may be a tag; no URL in brackets
# A tag with an attribute that may refer to something, or of a heading.
_TELLS = re.compile(
    r"""\s(?!(?:title|class|id|lang|dir|width|height|align|color|name|alt|style|markdown|colspan|rowspan)\s*=)[^\s=<>"']+\s*="""
    r"|url\(|^<h[1-6]",
    re.I,
)
_BY_HAND = re.compile(r"<(?:h[1-6]|style)", re.I)
_MOST = 10_000_000  # characters that are searched


def _in_html(page: _Rendered, found: Extract) -> tuple[set[str], set[tuple[Role, str]], str]:
    """The references that only stand in raw HTML, for a generator changes those of Markdown alone: fragments, and all
    others without theirs; those others of raw HTML, whole, that stand in both; the raw HTML, if it may hold headings.
    """
    tags = _OPENING.findall(page.source)
    if not any(map(_TELLS.search, tags)):
        return set(), set(), ""
    references = {_place(raw) for raws in found.references.values() for raw in raws}
    if not any(map(_BY_HAND.match, tags)) and all(tag.endswith(">") for tag in tags):
        known = _in_tags("\n".join(tags), page.source, references)
        if known is not None:
            return known, set(), ""
    spans: list[tuple[int, int]] = []
    written = {(role, _place(raw)) for role, raw, _, _ in _written(page.bare.masked, spans)}
    data = page.bare.masked.encode()
    by_hand = b"\n".join(data[start:end] for start, end in spans).decode(errors="replace")
    both = {(role, raw) for role, raw in written if raw and raw[0] != "#"}
    if len(both) * len(by_hand) <= _MOST and any(raw in by_hand for _, raw in both):
        again = html.extract_fragment(by_hand, page.options)
        both = {(role, raw) for role, raws in again.references.items() for raw in raws if (role, _place(raw)) in both}
    else:
        both = set()
    return references - {raw for _, raw in written}, both, by_hand


def _place(raw: str) -> str:
    """A reference without its fragment, or the fragment if there is nothing else."""
    return raw.partition("#")[0] or raw


def _in_tags(tags: str, source: str, references: Collection[str]) -> set[str] | None:
    """The references that stand in tags and nowhere else; None if that cannot be told without reading the Markdown."""
    if "&" in tags or "\\" in tags or len(references) * len(source) > _MOST:
        return None
    found = set()
    plain = ""
    for raw in references:
        if not raw.isprintable() or "<" in raw or ">" in raw or "%" in raw:
            return None
        if raw and raw in tags:
            plain = plain or decode_entities(source.replace("\\", ""))
            if plain.count(raw) > tags.count(raw):
                return None
            found.add(raw)
    return found


def places(text: str, options: Options) -> Iterator[Place]:
    """Every place that `extract` counts. Its span is a link's destination, or the whole of a reference link."""
    written, rest = apart(text, options)
    yield from written
    if rest:
        for place in html.places(rest, options):
            yield place._replace(raw=placeholders.released(place.raw))


def apart(text: str, options: Options, wanted: Collection[tuple[Role, str]] | None = None) -> tuple[list[Place], str]:
    """The places written as Markdown; and the text with all but raw HTML replaced by blanks, "" if it holds none.

    `wanted`: the references whose places are asked for, so that others may be left out; None: all.
    """
    page = _rendered(encodable(text), options)
    source, bare = page.source, page.bare
    roles = set(Role) if wanted is None else {role for role, _ in wanted}
    if options.bare and (wanted is None or Role.BARE in roles or any("@" in raw for _, raw in wanted)):
        bare = bare_urls(source)
    point = _code_points(source.encode())
    raw_html: list[tuple[int, int]] = []
    lost = undefined(bare, blanks=dialect_of(options.slugs).blanks) if Role.UNDEFINED in roles else ()
    named = wiki_links(bare, options.slugs) if options.wiki else ()
    rows = (*bare.urls, *_written(bare.masked, raw_html), *lost, *named)
    written = [Place(role, placeholders.released(raw), point(start), point(end)) for role, raw, start, end in rows]
    if (others := dialect_of(options.slugs).named) is not None:
        written += [Place(*other) for other in others(text)]
    if not raw_html:
        return written, ""
    html_only = only(source, [(point(start), point(end)) for start, end in raw_html])
    return written, html_only if options.slugs == _HIDES else tagfilter.in_source(html_only)


def html_of(text: str, options: Options) -> str:
    """The raw HTML of a page, every position as in the text; all else is blank."""
    return apart(text, options, ())[1]


def raw_html(text: str) -> list[tuple[int, int]]:
    """The spans of raw HTML, in code points. What looks like HTML elsewhere is text or code."""
    source = set_aside(encodable(text))
    spans: list[tuple[int, int]] = []
    for _ in _written(source, spans):
        pass
    point = _code_points(source.encode())
    return [(point(start), point(end)) for start, end in spans]


_COMMENT = re.compile(r"<!--(?:.*?-->|.*)", re.S)

_DESTINATION = re.compile(rb"\]\(\s*(?:<((?:[^<>\\\n]|\\.)*)>|((?>(?:[^\s\\)]++|\\.|\)(?!\Z))*))(?=\s|\)\Z))", re.S)


def _written(source: str, raw_html: list[tuple[int, int]]) -> Iterator[Url]:
    """Links and images of the Markdown; the spans of raw HTML are added to `raw_html`."""
    data = source.encode()
    waiting: list[tuple[Role, str, str]] = []  # open links and images: role, reference, kind of link
    images = text = 0  # open images; where the text of the innermost link ends
    events: Iterable[tuple[Any, Any]] = GFM.events_with_range(source)
    for event, span in events:
        if event.__class__ is str:
            continue
        ((kind, value),) = event.items()
        start, end = span["start"], span["end"]
        if kind == "Start" and value.__class__ is dict and (link := value.get("Link") or value.get("Image")):
            role = Role.LINK if "Link" in value else Role.IMAGE
            written, raw = link["link_type"], link["dest_url"]
            raw = quote(decode_entities(raw) if written == "Autolink" else raw, SAFE)
            waiting.append((role, f"mailto:{raw}" if written == "Email" else raw, written))
            images += role is Role.IMAGE
            text = start + (1 if role is Role.LINK else 2)
        elif kind == "End" and value in ("Link", "Image"):
            role, raw, written = waiting.pop()
            images -= role is Role.IMAGE
            if not images:  # what stands in the text of an image is not rendered
                yield role, raw, *_destination(data, written, start, text, end)
            text = end
        else:
            text = end
            if kind in ("Html", "InlineHtml") and not images:
                raw_html += _lines(value.encode(), data, start, end)


def _lines(raw: bytes, data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans of raw HTML. In a quote, each line after the first has a prefix that is not part of it."""
    written = data[start:end].split(b"\n")
    for line, kept in zip(written, raw.split(b"\n") if len(raw) < end - start else written, strict=False):
        end = start + len(line)
        yield max(start, end - len(kept)), end
        start = end + 1


def _destination(data: bytes, written: str, start: int, text: int, end: int) -> tuple[int, int]:
    """The span of a link's destination in bytes."""
    if written in ("Autolink", "Email"):
        return start + 1, end - 1
    match = _DESTINATION.match(data, text, end) if written == "Inline" else None
    return match.span(match.lastindex or 0) if match else (start, end)


_BLOCK = 1024  # bytes


def _code_points(data: bytes) -> Callable[[int], int]:
    """Return a function from an offset in UTF-8 to one in code points, which takes constant time."""
    if data.isascii():
        return int
    counts = [0]
    for at in range(0, len(data), _BLOCK):
        counts.append(counts[-1] + len(data[at : at + _BLOCK].translate(None, _CONTINUATION)))

    def point(offset: int) -> int:
        block = offset // _BLOCK
        return counts[block] + len(data[block * _BLOCK : offset].translate(None, _CONTINUATION))

    return point


_CONTINUATION = bytes(range(0x80, 0xC0))
