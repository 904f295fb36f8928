"""HTML: every place of a document that names a URL, by a WHATWG parser, and the ids a fragment can find."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from checker.extract import Extract, Mark, Options, Place
from checker.model import Role

_VALUE = 20_000  # code points in which a value's part (a candidate of a srcset, a url() of a style) is looked for
_EDGES = frozenset(["", *" \t\n\r\f\"'(),;=<>&"])  # what a URL in a value is told from its neighbours by
_TEXTS = {name: re.compile(f"</{name}", re.I) for name in ("textarea", "iframe", "noframes", "noembed", "xmp")}
_DEPTH = 3  # documents within documents (srcdoc, template) that are still read

# One selector pass yields every element that matters. Inside `:is()`, since a plain list yields an element twice. Each
# alternative costs the same, and those of an element that does not matter are all tried: so they are few, the frequent
# first, and the elements of running text are told by their names.
_ATTRIBUTES = ("href", "id", "style", "src", "background")
_TEXT = (
    "span,td,div,tr,code,p,li,b,i,em,strong,tt,br,ul,ol,dl,dt,dd,pre,hr,h1,h2,h3,h4,h5,h6,th,table,tbody,thead,tfoot,"
    "sub,sup,small,big,var,kbd,samp,u,s,font,center,section,article,nav,main,aside,header,footer,figure,figcaption,"
    "abbr,dfn,mark,time,cite,label,details,summary,wbr,col,colgroup,caption,address,title,html,head,body"
)

_HREF_ROLES = {
    "script": Role.SCRIPT,
    "image": Role.IMAGE,
    "feimage": Role.IMAGE,
    "use": Role.IMAGE,
}
_SRC_ROLES = {
    "img": Role.IMAGE,
    "input": Role.IMAGE,
    "image": Role.IMAGE,
    "amp-img": Role.IMAGE,
    "script": Role.SCRIPT,
    "iframe": Role.FRAME,
    "frame": Role.FRAME,
    "video": Role.MEDIA,
    "audio": Role.MEDIA,
    "source": Role.MEDIA,
    "track": Role.MEDIA,
}
_REL_ROLES = (  # the first that a link's rel holds decides
    ("stylesheet", Role.STYLESHEET),
    ("icon", Role.ICON),
    ("apple-touch-icon", Role.ICON),
    ("apple-touch-icon-precomposed", Role.ICON),
    ("mask-icon", Role.ICON),
    ("canonical", Role.CANONICAL),
    ("alternate", Role.ALTERNATE),
    ("manifest", Role.MANIFEST),
    ("preload", Role.PRELOAD),
    ("modulepreload", Role.PRELOAD),
    ("prefetch", Role.PRELOAD),
)
_HINTS = frozenset({"preconnect", "dns-prefetch"})  # name a host, not a resource
_META = frozenset(
    [
        "og:url",
        "og:image",
        "og:image:url",
        "og:image:secure_url",
        "og:video",
        "og:video:url",
        "og:video:secure_url",
        "og:audio",
        "og:audio:url",
        "og:audio:secure_url",
        "twitter:url",
        "twitter:image",
        "twitter:image:src",
        "twitter:player",
        "twitter:player:stream",
        "msapplication-tileimage",
        "msapplication-config",
    ]
)
_JSON_LD = frozenset(
    [
        "url",
        "image",
        "logo",
        "contentUrl",
        "embedUrl",
        "thumbnailUrl",
        "sameAs",
        "photo",
        "screenshot",
        "downloadUrl",
        "installUrl",
        "mainEntityOfPage",
        "item",
        "discussionUrl",
        "codeRepository",
    ]
)
# https://html.spec.whatwg.org/multipage/semantics.html#attr-meta-http-equiv-refresh
_REFRESH = re.compile(r"""[\d.\s]*[;,\s]\s*(?:url\s*=\s*)?(?:"([^"]*)|'([^']*)|(.*))""", re.I | re.S)
_AS_WRITTEN = LexborDocumentOptions.WO_EVENTS.value  # no copies of what stands elsewhere (`selectedcontent`)
_LD = "application/ld+json"
_XLINK = "xlink:href"  # so called by HTML too, where it means nothing
_SPACE = " \t\n\f\r"
_DATA_ISLAND = re.compile(r"\s*(?:https?:)?/|\s*\.{0,2}/|[^\s{}<>\"]+\.[a-z]{2,5}(?:[?#]|$)", re.I)


def extract(text: str, options: Options) -> Extract:
    """Read a whole document."""
    found = Extract()
    if _treeless(text):
        return _flat(text, options)
    _read(LexborHTMLParser(text, options=_AS_WRITTEN), text, options, found, _DEPTH)
    return found


def extract_fragment(text: str, options: Options) -> Extract:
    """Read what stands inside some other document's body: a rendered Markdown page, an entry of a feed."""
    if _treeless(text):
        return _flat(text, options)
    found = Extract()
    _read(LexborHTMLParser(text, is_fragment=True, options=_AS_WRITTEN), text, options, found, _DEPTH)
    found.base = None
    return found


def places(text: str, options: Options) -> Iterator[Place]:
    """Every place of a document with its span: the close-up, by a parser that knows lines and columns."""
    for element in _elements(text):
        for role, raw, attribute in _all_references(element, options):
            start = element.start if attribute is not None else text.find(">", element.start)
            yield _place(text, start, role, raw, attribute)


def _all_references(element: _Element, options: Options) -> Iterator[tuple[Role, str, str | None]]:
    """(role, reference, attribute) of one element of the close-up; the attribute is None for its content."""
    tag, attributes, _, content = element
    yield from of_tag(tag, attributes, options)
    if tag == "iframe" and attributes.get("srcdoc"):
        inner = Extract()
        _srcdoc(attributes["srcdoc"] or "", options, inner, 1)
        for role, raws in inner.references.items():
            for raw in raws:
                yield role, raw, "srcdoc"
    for role, raw in _content(tag, attributes, content):
        yield role, raw, None


def of_tag(tag: str, attributes: Mapping[str, str | None], options: Options) -> Iterator[tuple[Role, str, str]]:
    """(role, reference, attribute) of what a tag names by itself."""
    if tag == "a" and "href" in attributes:
        yield Role.LINK, attributes["href"] or "", "href"
    yield from _references(tag, attributes, options.lazy)


class _Element(NamedTuple):
    tag: str
    attributes: dict[str, str | None]
    start: int  # of its tag, in code points
    content: str  # of `style` and `script`


def _elements(text: str) -> Iterator[_Element]:
    """The elements of a page, with their positions. None where so many tags are unclosed that finding them is dear."""
    if text.count("<") - text.count(">") > _UNCLOSED:
        return iter(())
    return _outside_text(text, _flat_elements(text) if _treeless(text) else _soup_elements(text))


def _outside_text(text: str, elements: Iterator[_Element]) -> Iterator[_Element]:
    """Without what only looks like an element: Python's parser knows the text of scripts and styles alone."""
    end = 0
    for element in elements:
        if element.start >= end:
            yield element
            closing = _TEXTS.get(element.tag)
            if closing:
                match = closing.search(text, element.start)
                end = match.start() if match else len(text)


def _soup_elements(text: str) -> Iterator[_Element]:
    from bs4 import BeautifulSoup, ParserRejectedMarkup, UnusualUsageWarning

    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusualUsageWarning)  # a page may well look like a URL or like XML
        try:
            soup = BeautifulSoup(text, "html.parser", multi_valued_attributes=None, on_duplicate_attribute="ignore")
        except ParserRejectedMarkup:
            return
    for element in soup.find_all(True):
        if element.sourceline is not None and element.sourcepos is not None:
            start = starts[element.sourceline - 1] + element.sourcepos
            attributes = {name: str(value).replace("\r\n", "\n") for name, value in element.attrs.items()}
            if _XLINK in attributes and element.find_parent(_HTML_WITHIN) is None:
                del attributes[_XLINK]
            content = str(element.string or "") if element.name in {"style", "script"} else ""
            yield _Element(element.name, dict(attributes), start, content)


def _flat_elements(text: str) -> Iterator[_Element]:
    """The tags of a page without a tree, which nesting makes dear."""
    from html.parser import HTMLParser

    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    found: list[_Element] = []

    class Flat(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if all(name == "class" for name, _ in attrs):
                return  # nothing that matters, and millions of it on a page of source code
            line, column = self.getpos()
            found.append(_Element(tag, dict(reversed(attrs)), starts[line - 1] + column, ""))

    with suppress(AssertionError):  # its way to refuse a malformed declaration
        Flat().feed(text)
    return iter(found)


_UNCLOSED = 2_000  # tags without end
_LARGE = 100_000  # code points up to which the standard's parser is quick whatever it is given
_HUGE = 6_000_000  # code points from which a tree, twenty times as large, takes more memory than a worker should
_DEEPEST = 4_000  # elements within elements
_MOST = 4_000  # attributes of an element
_NESTING = re.compile(
    r"<(/?)(?!(?:br|hr|img|input|meta|link|area|base|col|embed|source|track|wbr|p|li|td|th|tr|dt|dd|option)\b)[a-z]",
    re.I,
)


def _treeless(text: str) -> bool:
    """Whether a page is better read without a tree."""
    return len(text) > _LARGE and (len(text) > _HUGE or _tangled(text))


def _tangled(text: str) -> bool:
    """Whether a large page is nested, or its tags are filled, beyond what the standard's parser takes in linear time.

    No page is written so; browsers cut the nesting at 512.
    """
    if text.count("<") > 5 * _DEEPEST:
        depth = 0
        for match in _NESTING.finditer(text):
            depth += -1 if match[1] else 1
            if depth > _DEEPEST:
                return True
    start = 0
    while (end := start + 5 * _MOST) < len(text):
        last = text.rfind(">", start, end)
        if last < 0:  # a long stretch without the end of a tag: is it a tag?
            tag = text.find("<", start, end)
            if tag >= 0 and len(text[tag:end].split()) > _MOST:
                return True
            last = end
        start = last + 1
    return False


def _flat(text: str, options: Options) -> Extract:
    """Read a page without a tree, and so without telling SVG's elements from HTML's."""
    found = Extract()
    for element in _elements(text):
        for role, raw, _ in _all_references(element, options):
            found.add(role, raw)
        found.ids.update(value for name, value in element.attributes.items() if name == "id" and value)
        if element.tag == "a" and (name := element.attributes.get("name")):
            found.ids.add(name)
        if element.tag == "base" and found.base is None and "href" in element.attributes:
            found.base = element.attributes["href"] or ""
    return found


def _place(text: str, start: int, role: Role, raw: str, attribute: str | None) -> Place:
    """The span of a value inside its tag: where it stands as written, else its attribute, else the tag."""
    if attribute is not None:
        match = re.compile(rf"""[\s"'/]({re.escape(attribute)})\s*=\s*["']?\s*""", re.I).search(text, start)
        if match is None:
            return Place(role, raw, start, start + 1)
        start = match.end()
    for spelling in (raw, raw.replace("&", "&amp;"), raw.replace("/", "\\/")):
        at = _word(text, spelling, start, start + len(spelling) + _VALUE)
        if spelling and at >= 0:
            return Place(role, raw, at, at + len(spelling))
    return Place(role, raw, start, start + len(raw))


def _word(text: str, spelling: str, start: int, end: int) -> int:
    """Where a URL stands by itself (`b.png` is no part of `ab.png`), else where it first stands at all, else -1."""
    first = at = text.find(spelling, start, end)
    while at >= 0:
        behind = at + len(spelling)
        if text[at - 1 : at] in _EDGES and text[behind : behind + 1] in _EDGES:
            return at
        at = text.find(spelling, at + 1, end)
    return first


def _read(tree: Any, text: str, options: Options, found: Extract, depth: int) -> None:
    """Fill `found` from a parsed tree (or a template's content)."""
    references, ids, add = found.references, found.ids, found.add
    links = references.setdefault(Role.LINK, set())
    lazy = options.lazy
    others = _OTHERS.keys() | lazy | {"href", "src", "srcset", "imagesrcset", _XLINK}
    rest = others - {"href"} | {"style"}  # what else an `a` may hold
    count = 0
    within: dict[int, str] = {}
    for node in tree.css(_selector(lazy)):
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
        elif tag == "base":
            if found.base is None and "href" in attributes and not _foreign(node, within):
                found.base = attributes["href"] or ""
            continue
        elif tag == "style" or (tag == "script" and "type" in attributes):
            for role, raw in _content(tag, attributes, node.text(deep=True)):
                add(role, raw)
        elif tag == "meta":
            for role, raw, _ in _meta(attributes, attributes.get("content") or ""):
                add(role, raw)
            continue
        elif tag == "iframe" and attributes.get("srcdoc") and depth:
            _srcdoc(attributes["srcdoc"] or "", options, found, depth)
        if tag in _MARKED:
            _mark(found, tag, attributes)
        value = attributes.get("style")
        if others.isdisjoint(attributes) and (not value or "(" not in value):
            continue
        if _XLINK in attributes and not _foreign(node, within):
            del attributes[_XLINK]
        for role, raw, _ in _references(tag, attributes, lazy):
            add(role, raw)
    found.count += count
    if depth and "<template" in text:
        for content in tree.template_fragments():
            inner = Extract()
            _read(content, text, options, inner, depth - 1)
            _merge(found, inner)  # its ids are no part of the document: a fragment cannot find them


_MARKED = frozenset({"img", "script", "link"})
_TINY = frozenset({"0", "1", "0px", "1px"})


def _mark(found: Extract, tag: str, attributes: dict[str, str | None]) -> None:
    """Note what an element says of what it embeds."""
    if tag == "img":
        if attributes.get("width") in _TINY or attributes.get("height") in _TINY:
            found.marks[attributes.get("src") or ""] = Mark(tiny=True)
        return
    integrity = attributes.get("integrity") or ""
    font = (attributes.get("as") or "").lower() == "font"
    if integrity or font:
        found.marks[attributes.get("src" if tag == "script" else "href") or ""] = Mark(
            integrity=integrity, shared="crossorigin" in attributes, font=font
        )


# Where each foreign root's content is HTML again: https://html.spec.whatwg.org/multipage/parsing.html#html-integration-point
_HTML_WITHIN = {
    "svg": frozenset({"foreignobject", "desc", "title"}),
    "math": frozenset({"mi", "mo", "mn", "ms", "mtext", "annotation-xml"}),
}
# Some whose start tag closes all that is foreign, so that they are HTML's for sure: those that often hold an anchor.
_CLOSING = frozenset({"body", "div", "p", "span", "pre", "li", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6"})


def _foreign(node: Any, within: dict[int, str]) -> bool:
    """Whether an element is SVG's or MathML's, whatever its name: no node tells, but where it stands does.

    `within` remembers the foreign root that each element's children belong to; none is an empty name.
    """
    path = []
    parent = node.parent
    while parent is not None and parent.tag not in _CLOSING and parent.mem_id not in within:
        path.append(parent)
        parent = parent.parent
    root = "" if parent is None else within.get(parent.mem_id, "")
    for element in reversed(path):
        tag = (element.tag or "").lower()
        if not root:
            root = tag if tag in _HTML_WITHIN else ""
        elif tag in _HTML_WITHIN[root]:
            root = ""
        within[element.mem_id] = root
    return root != "" or node.tag in _HTML_WITHIN


@cache
def _selector(lazy: frozenset[str]) -> str:
    names = (f"[{name}]" for name in (*_ATTRIBUTES, *sorted(lazy)) if re.fullmatch(r"[\w-]+", name))
    return f":is({','.join(names)},:not({_TEXT}))"


def _references(
    tag: str, attributes: Mapping[str, str | None], lazy: frozenset[str]
) -> Iterator[tuple[Role, str, str]]:
    """(role, reference, attribute) of one element, but for `a href`, `style`, JSON-LD and `srcdoc` content."""
    for name, value in attributes.items():
        raw = value or ""
        if name == "href":
            if tag == "link":
                role = _link_role(attributes.get("rel") or "")
                if role is not None:
                    yield role, raw, name
            elif tag not in {"a", "base"}:
                yield _HREF_ROLES.get(tag, Role.LINK), raw, name
        elif name == "src":
            yield _SRC_ROLES.get(tag, Role.OBJECT), raw, name
        elif name == _XLINK:
            yield _HREF_ROLES.get(tag, Role.LINK), raw, name
        elif name in {"srcset", "imagesrcset"}:
            for candidate in srcset(raw):
                yield Role.IMAGE, candidate, name
        elif name == "style":
            for role, url in _style(raw) if "(" in raw else ():
                yield role, url, name
        elif name == "content":
            if tag == "meta":
                yield from _meta(attributes, raw)
        elif name in lazy:
            if name.endswith("srcset"):
                for candidate in srcset(raw):
                    yield Role.IMAGE, candidate, name
            elif raw:
                yield _SRC_ROLES.get(tag, Role.IMAGE), raw, name
        else:
            role_of = _OTHERS.get(name)
            if role_of is not None and tag in role_of[0]:
                yield role_of[1], raw, name


_OTHERS: dict[str, tuple[frozenset[str], Role]] = {  # attribute -> elements that have it, role
    "poster": (frozenset({"video"}), Role.IMAGE),
    "data": (frozenset({"object"}), Role.OBJECT),
    "action": (frozenset({"form"}), Role.FORM),
    "formaction": (frozenset({"button", "input"}), Role.FORM),
    "cite": (frozenset({"blockquote", "q", "ins", "del"}), Role.CITE),
    "longdesc": (frozenset({"img", "iframe", "frame"}), Role.CITE),
    "background": (frozenset({"body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"}), Role.IMAGE),
}


def _link_role(rel: str) -> Role | None:
    """The role of `<link rel href>`; None where it names no resource."""
    tokens = rel.lower().split()
    for token, role in _REL_ROLES:
        if token in tokens:
            return role
    return None if _HINTS.intersection(tokens) else Role.LINK


def _meta(attributes: Mapping[str, str | None], content: str) -> Iterator[tuple[Role, str, str]]:
    if (attributes.get("http-equiv") or "").strip(_SPACE).lower() == "refresh":
        match = _REFRESH.match(content)
        url = match and next((group for group in match.groups() if group is not None), "").strip(_SPACE)
        if url:
            yield Role.META, url, "content"
        return
    name = (attributes.get("property") or attributes.get("name") or "").strip(_SPACE).lower()
    if name in _META and content.strip(_SPACE):
        yield Role.META, content, "content"


def srcset(value: str) -> list[str]:
    """URLs of an image candidate list: https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute"""
    urls, position, end = [], 0, len(value)
    while position < end:
        while position < end and value[position] in " \t\n\f\r,":
            position += 1
        start = position
        while position < end and value[position] not in _SPACE:
            position += 1
        url = value[start:position]
        if not url:
            break
        if url.endswith(","):
            urls.append(url.rstrip(","))
            continue
        urls.append(url)
        depth = 0  # descriptors run to the next comma that is not in parentheses
        while position < end and (depth or value[position] != ","):
            depth += {"(": 1, ")": -1 if depth else 0}.get(value[position], 0)
            position += 1
    return urls


def _content(tag: str, attributes: Mapping[str, str | None], text: str) -> list[tuple[Role, str]]:
    """What stands in a `style` or in a `script` of JSON-LD."""
    if tag == "style" and ("(" in text or "@" in text):
        return _style(text)
    if tag == "script" and text and (attributes.get("type") or "").strip(_SPACE).lower() == _LD:
        return _json_ld(text)
    return []


def _style(text: str) -> list[tuple[Role, str]]:
    from checker.extract import css  # most pages have no style that names a URL

    return css.urls(text)


def _json_ld(text: str) -> list[tuple[Role, str]]:
    """URLs under the well-known keys of JSON-LD (https://schema.org)."""
    import msgspec

    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return []
    urls: list[tuple[Role, str]] = []
    waiting: list[tuple[str, Any]] = [("", data)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += ((key, item) for item in value)
        elif isinstance(value, str) and key in _JSON_LD and _DATA_ISLAND.match(value):
            urls.append((Role.META, value))
    return urls


def _srcdoc(text: str, options: Options, found: Extract, depth: int) -> None:
    """A document within: its references resolve as the page's do, its ids and fragments are its own."""
    inner = Extract()
    _read(LexborHTMLParser(text, options=_AS_WRITTEN), text, options, inner, depth - 1)
    for role, raws in inner.references.items():
        own = {raw for raw in raws if raw.lstrip(_SPACE).startswith("#")}
        inner.count -= len(own)
        inner.references[role] = raws - own
    _merge(found, inner)


def _merge(found: Extract, inner: Extract) -> None:
    for role, raws in inner.references.items():
        found.references.setdefault(role, set()).update(raws)
    found.count += inner.count
    found.marks.update(inner.marks)
