"""HTML: every place of a document that names a URL, by a WHATWG parser, and the ids a fragment can find."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from checker.extract import Extract, Mark, Options, Place
from checker.extract.tags import HTML_WITHIN, Tag, attributes, offsets, tags
from checker.model import Role

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
    """Every place of a document with its span: the close-up, which knows where each value stands."""
    return _places(text, options, _DEPTH)


def _places(text: str, options: Options, depth: int) -> Iterator[Place]:
    for tag in tags(text):
        yield from _of_element(text, tag, options, depth)


def _of_element(text: str, tag: Tag, options: Options, depth: int) -> Iterator[Place]:
    """The places of one element: in its tag, in the document within it, in its text."""
    values: dict[str, str | None] = {name: attribute.value for name, attribute in tag.attributes.items()}
    if not tag.foreign:
        values.pop(_XLINK, None)
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
            if not raw.lstrip(_SPACE).startswith("#"):
                yield Place(role, raw, position(start), position(end))
    start, end = tag.text
    for role, raw, first, last in _content_places(tag.name, values, text[start:end]) if end > start else ():
        yield Place(role, raw, start + first, start + last)


def _parts(name: str, value: str, references: list[tuple[Role, str]]) -> Iterator[Place]:
    """Where the references that an attribute's value holds stand in it, in order."""
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
    """What `_content` finds, and where."""
    if tag == "style":
        from checker.extract import css

        yield from css.scan(text)
    elif found := _content(tag, attributes, text):
        from checker.extract import manifest

        spans: dict[str, list[tuple[int, int]]] = {}  # the first last
        for string, *span in reversed([*manifest.all_strings(text)]):
            spans.setdefault(string, []).append((span[0], span[1]))
        for role, raw in found:
            yield Place(role, raw, *(spans[raw].pop() if spans.get(raw) else (0, 1)))


def of_tag(tag: str, attributes: Mapping[str, str | None], options: Options) -> Iterator[tuple[Role, str, str]]:
    """(role, reference, attribute) of what a tag names by itself."""
    if tag == "a" and "href" in attributes:
        yield Role.LINK, attributes["href"] or "", "href"
    yield from _references(tag, attributes, options.lazy)


_LARGE = 20_000  # code points up to which the standard's parser is quick whatever it is given
_WIDE = 64_000  # code points up to which it takes a quarter of a second at most, however many attributes a tag has
_HUGE = 6_000_000  # code points from which a tree, twenty times as large, takes more memory than a worker should
_DEEPEST = 4_000  # elements within elements
_MOST = 4_000  # attributes of an element
_ANY_TAG = re.compile(r"</?[a-zA-Z][^\s/>]*+")
# Elements that others of their kind close, or that hold nothing.
_FLAT = frozenset({
    "br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr",
    "p", "li", "td", "th", "tr", "dt", "dd", "option",
})  # fmt: skip
_AT_ONCE = 1_000  # tags of which is counted how many stay open
_QUOTED_END = re.compile(r"=\s*+[\"'][^\"'>]*+>")
_WHOLE_TAG = re.compile(r"<[a-z][^>\"']*+(?>(?:(?:\"[^\"]*+\"|'[^']*+')[^>\"']*+){0,65535})", re.I)
_TAG_NAME = re.compile(r"<[a-z][^\s/>]*+", re.I)


def _treeless(text: str) -> bool:
    """Whether a page is better read without a tree: it is very large, or the standard's parser would not be linear.

    No page is written as deep or as full as that; browsers cut the nesting at 512.
    """
    return len(text) > _LARGE and (len(text) > _HUGE or _deep(text) or (len(text) > _WIDE and _full(text)))


def _deep(text: str) -> bool:
    """Whether elements are nested beyond measure, each by its own name: `</b>` closes no `<i>`."""
    if text.count("<") < 5 * _DEEPEST:
        return False
    marks = _ANY_TAG.findall(text)
    unclosed: Counter[str] = Counter()
    for at in range(0, len(marks), _AT_ONCE):
        for mark, number in Counter(marks[at : at + _AT_ONCE]).items():
            closes = mark[1] == "/"
            name = mark[1 + closes :].lower()
            if name not in _FLAT:
                unclosed[name] += -number if closes else number
        unclosed = +unclosed  # what was never opened closes nothing
        if unclosed.total() > _DEEPEST:
            return True
    return False


def _full(text: str) -> bool:
    """Whether a tag has attributes beyond measure."""
    return any(len(attributes(text, name.end())[0]) > _MOST for name in _long_tags(text))


def _long_tags(text: str) -> Iterator[re.Match[str]]:
    """The names of tags so long that they may hold as many."""
    shortest = 2 * _MOST
    if _QUOTED_END.search(text):  # `>` need not be the end of a tag
        for tag in _WHOLE_TAG.finditer(text):
            if tag.end() - tag.start() > shortest and (name := _TAG_NAME.match(text, tag.start())):
                yield name
        return
    start = 0
    while (end := start + shortest) < len(text):
        last = text.rfind(">", start, end)
        if last < 0:
            last = text.find(">", end)
            last = last if last >= 0 else len(text)
            if name := _TAG_NAME.search(text, start, last):
                yield name
        start = last + 1


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
        if tag.name == "a" and "name" in attributes and (name := attributes["name"].value):
            found.ids.add(name)
        if tag.name == "base" and found.base is None and "href" in attributes:
            found.base = attributes["href"].value
    return found


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
            root = tag if tag in HTML_WITHIN else ""
        elif tag in HTML_WITHIN[root]:
            root = ""
        within[element.mem_id] = root
    return root != "" or node.tag in HTML_WITHIN


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
    urls = []
    position = 0
    while (candidate := _CANDIDATE.match(value, position)) and candidate.end() > position:
        url, position = candidate[1], candidate.end()
        if url.endswith(","):
            urls.append(url.rstrip(","))
            continue
        urls.append(url)
        depth = 0  # descriptors run to the next comma that is not in parentheses
        while (mark := _DESCRIPTION.search(value, position)) and mark.end() > position:
            position = mark.end()
            if mark[0] == "," and not depth:
                break
            depth = max(depth + {"(": 1, ")": -1}.get(mark[0], 0), 0)
        else:
            break
    return urls


_CANDIDATE = re.compile(r"[ \t\n\f\r,]*+([^ \t\n\f\r]++)")
_DESCRIPTION = re.compile("[(),]")


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
    if _treeless(text):
        inner = _flat(text, options, depth - 1)
    else:
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
