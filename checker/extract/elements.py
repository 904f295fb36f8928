"""The references of one HTML element, by its name and attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from os.path import commonprefix
from typing import Any

from checker.extract import Extract, Mark, Options
from checker.model import Role
from checker.roles import BY_HREF, BY_SRC

# One selector pass yields every element that matters. The list stands inside `:is()`, since a plain list yields an
# element twice. For an element that does not matter, every alternative is tried, and each costs the same: so there are
# few, the frequent ones first, and the elements of running text are excluded by name.
_ATTRIBUTES = ("[href]", "[id]", '[style*="("]', "[src]", "[background]")
_TEXT = "span,div,li,code,p,td,strong,tr,ul,pre,h3,h2,em,br,html,head,body"
_MORE_TEXT = (  # in a short page, to read such a list takes longer than to look at its few elements
    "option,section,ol,tbody,table,h4,dt,dd,details,summary,h1,title,i,th,wbr,hr,nav,dl,b,g,small,path,h5,article,figure,"
    "header,footer,main,aside,tt,sup,sub,thead,font,label,center,kbd"
)
_SHORT = 4_000  # bytes

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
    ("pingback", Role.ENDPOINT),
    ("webmention", Role.ENDPOINT),
    ("micropub", Role.ENDPOINT),
    ("hub", Role.ENDPOINT),
    ("token_endpoint", Role.ENDPOINT),
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
_REFRESH = re.compile(
    r"""[ \t\n\f\r]*(?:[0-9]+[0-9.]*|\.[0-9.]*)(?=[;, \t\n\f\r])[ \t\n\f\r]*[;,]?[ \t\n\f\r]*"""
    r"""(?:url[ \t\n\f\r]*=[ \t\n\f\r]*)?(?:"([^"]*)|'([^']*)|(.*))""",
    re.I | re.S,
)
_LD = "application/ld+json"
XLINK = "xlink:href"  # it means something in SVG and MathML only
SPACE = " \t\n\f\r"
_DATA_ISLAND = re.compile(r"\s*(?:https?:)?/|\s*\.{0,2}/|[^\s{}<>\"]+\.[a-z]{2,5}(?:[?#]|$)", re.I)


def of_tag(tag: str, attributes: Mapping[str, str | None], options: Options) -> Iterator[tuple[Role, str, str]]:
    """(role, reference, attribute) of each reference in a start tag."""
    if tag == "a" and "href" in attributes:
        yield Role.LINK, attributes["href"] or "", "href"
    yield from references_of(tag, attributes, options.lazy)


# Elements that say more than their attributes' references.
SPECIAL = frozenset({
    "img", "script", "link", "meta", "base", "style", "map", "iframe", "template", "source", "object", "embed",
})  # fmt: skip
_TINY = frozenset({"0", "1", "0px", "1px"})
_PLUGINS = {"object": "data", "embed": "src"}


def mark_of(found: Extract, node: Any, tag: str, attributes: dict[str, str | None]) -> None:
    """Note what an element (a node of the parser) states about the resource that it embeds."""
    match tag:
        case "img" | "source":
            chosen = "srcset" in attributes or "data-srcset" in attributes
            if chosen or (_is_insecure(attributes.get("src")) and node.parent and node.parent.tag == "picture"):
                _block_candidates(found, attributes)
            if tag == "img" and (attributes.get("width") in _TINY or attributes.get("height") in _TINY):
                _note(found, attributes.get("src"), tiny=True)
        case "object" | "embed":
            _block(found, attributes.get(_PLUGINS[tag]))
        case "script" | "link" if "integrity" in attributes or "as" in attributes:
            integrity = attributes.get("integrity") or ""
            font = (attributes.get("as") or "").lower() == "font"
            if integrity or font:
                raw = attributes.get("src" if tag == "script" else "href")
                _note(found, raw, integrity=integrity, shared="crossorigin" in attributes, font=font)


def _block_candidates(found: Extract, attributes: Mapping[str, str | None]) -> None:
    """Note that browsers choose the picture of an element with `srcset`, or within `picture`, and so do not upgrade it.

    https://w3c.github.io/webappsec-mixed-content/#upgradeable-algorithm: the initiator "imageset" is excluded.
    """
    for name, value in attributes.items():
        if name == "src":
            _block(found, value)
        elif name.endswith("srcset") and value and "http:" in value.lower():
            for candidate in srcset(value):
                _block(found, candidate)


def _is_insecure(reference: str | None) -> bool:
    """Whether a reference names http:, whatever page it is on."""
    return reference is not None and reference.lstrip(SPACE)[:5].lower() == "http:"


def _block(found: Extract, raw: str | None) -> None:
    if _is_insecure(raw):
        _note(found, raw, blocked=True)


def _note(found: Extract, raw: str | None, **stated: Any) -> None:
    found.marks[raw or ""] = found.marks.get(raw or "", Mark())._replace(**stated)


def selector(low: bytes, lazy: frozenset[str]) -> str:
    """The CSS selector of the elements that may matter in a document (in lower case).

    `lazy` are attributes that scripts read; a document that cannot have one is not searched for them.
    """
    return _selector(lazy if _hint(lazy) in low else frozenset(), len(low) < _SHORT)


@cache
def _selector(lazy: frozenset[str], is_short: bool) -> str:
    names = (f"[{name}]" for name in sorted(lazy) if re.fullmatch(r"[\w-]+", name))
    text = _TEXT if is_short else f"{_TEXT},{_MORE_TEXT}"
    return f":is({','.join((*_ATTRIBUTES, *names))},:not({text}))"


@cache
def _hint(lazy: frozenset[str]) -> bytes:
    """What a document in lower case holds if it may have an attribute that scripts read."""
    return commonprefix([name.lower() for name in lazy]).encode()  # noqa: RUF071 - no paths


def references_of(
    tag: str, attributes: Mapping[str, str | None], lazy: frozenset[str]
) -> Iterator[tuple[Role, str, str]]:
    """(role, reference, attribute) of one element, except `a href` and the text of `style`, JSON-LD and `srcdoc`."""
    for name, value in attributes.items():
        if name not in READ and name not in lazy:
            continue
        raw = value or ""
        if name == "href":
            if tag == "link":
                role = _link_role(attributes.get("rel") or "")
                if role is not None:
                    yield role, raw, name
            elif tag not in {"a", "base"}:
                yield BY_HREF.get(tag, Role.LINK), raw, name
        elif name == "src":
            yield BY_SRC.get(tag, Role.OBJECT), raw, name
        elif name == XLINK:
            yield BY_HREF.get(tag, Role.LINK), raw, name
        elif name in {"srcset", "imagesrcset"}:
            for candidate in srcset(raw):
                yield Role.IMAGE, candidate, name
        elif name == "style":
            for role, url in _style(raw) if "(" in raw else ():
                yield role, url, name
        elif name == "content":
            if tag == "meta":
                yield from meta_of(attributes, raw)
        elif name in lazy:
            if name.endswith("srcset"):
                for candidate in srcset(raw):
                    yield Role.IMAGE, candidate, name
            elif raw:
                yield BY_SRC.get(tag, Role.IMAGE), raw, name
        else:
            role_of = OTHERS.get(name)
            if role_of is not None and tag in role_of[0]:
                role = role_of[1] if role_of[1] is not Role.FORM else _form_role(tag, attributes)
                if role is not None:
                    yield role, raw, name


OTHERS: dict[str, tuple[frozenset[str], Role]] = {  # attribute -> elements that have it, role
    "poster": (frozenset({"video"}), Role.IMAGE),
    "data": (frozenset({"object"}), Role.OBJECT),
    "action": (frozenset({"form"}), Role.FORM),
    "formaction": (frozenset({"button", "input"}), Role.FORM),
    "usemap": (frozenset({"img", "object"}), Role.MAP),
    "cite": (frozenset({"blockquote", "q", "ins", "del"}), Role.CITE),
    "longdesc": (frozenset({"img", "iframe", "frame"}), Role.CITE),
    "background": (frozenset({"body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"}), Role.IMAGE),
}

READ = OTHERS.keys() | {"href", "src", "srcset", "imagesrcset", "style", "content", XLINK}  # attributes that matter


_SUBMIT, _NO_SUBMIT = frozenset({"submit", "image"}), frozenset({"button", "reset"})  # types of inputs, of buttons


def _form_role(tag: str, attributes: Mapping[str, str | None]) -> Role | None:
    """The role of where a form is sent, by `action` or a button's `formaction`; None where it only closes a dialog, and
    of a button that sends nothing.

    https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-algorithm. A button without
    a method of its own has its form's, which it stands in to have another address of: most such forms are for POST.
    """
    kind = (attributes.get("type") or "").lower()
    if (tag == "button" and kind in _NO_SUBMIT) or (tag == "input" and kind not in _SUBMIT):
        return None
    method = attributes.get("method") if tag == "form" else attributes.get("formmethod", "post")
    match (method or "").lower():
        case "dialog":
            return None
        case "post":
            return Role.ENDPOINT
        case _:
            return Role.FORM


def _link_role(rel: str) -> Role | None:
    """The role of `<link rel href>`; None where it names no resource."""
    tokens = rel.lower().split()
    for token, role in _REL_ROLES:
        if token in tokens:
            return role
    return None if _HINTS.intersection(tokens) else Role.LINK


def meta_of(attributes: Mapping[str, str | None], content: str) -> Iterator[tuple[Role, str, str]]:
    """(role, reference, attribute) of a `meta` element."""
    if (attributes.get("http-equiv") or "").strip(SPACE).lower() == "refresh":
        match = _REFRESH.match(content)
        url = match and next((group for group in match.groups() if group is not None), "").strip(SPACE)
        if url:
            yield Role.META, url, "content"
        return
    name = (attributes.get("property") or attributes.get("name") or "").strip(SPACE).lower()
    if name in _META and content.strip(SPACE):
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
        start, in_parentheses = position, False
        while (mark := _DESCRIPTION.search(value, position)) and mark.end() > position:
            position = mark.end()
            if mark[0] == "," and not in_parentheses:
                break
            in_parentheses = mark[0] == "(" or (in_parentheses and mark[0] == ",")
        else:
            mark, position = None, len(value)
        if _is_candidate(value[start : mark.start() if mark else position]):
            urls.append(url)
    return urls


_CANDIDATE = re.compile(r"[ \t\n\f\r,]*+([^ \t\n\f\r]++)")
_DESCRIPTION = re.compile("[(),]")
_DESCRIPTOR = re.compile(r"([0-9]*[1-9][0-9]*)w|([0-9]+)h|-?(?:[0-9]+|[0-9]*\.[0-9]+)(?:[eE][+-]?[0-9]+)?x")
_WORD = re.compile(r"[^ \t\n\f\r]++")


def _is_candidate(descriptors: str) -> bool:
    """Whether a browser keeps a candidate with these descriptors: a width, with a height or without, or a density."""
    words = _WORD.findall(descriptors)
    if len(words) == 1:
        return (found := _DESCRIPTOR.fullmatch(words[0])) is not None and found[2] is None and words[0][0] != "-"
    kinds = sorted(word[-1] for word in words if _DESCRIPTOR.fullmatch(word))
    return not words or (len(words) == len(kinds) and kinds == ["h", "w"])


def content_of(tag: str, attributes: Mapping[str, str | None], text: str) -> list[tuple[Role, str]]:
    """(role, reference) of each reference in the text of a `style`, or of a `script` of JSON-LD."""
    if tag == "style" and ("(" in text or "@" in text):
        return _style(text) if is_css(attributes) else []
    if tag == "script" and text and is_data(attributes):
        return _json_ld(text)
    return []


def is_css(attributes: Mapping[str, str | None]) -> bool:
    """Whether browsers read a `style` element: https://html.spec.whatwg.org/multipage/semantics.html#update-a-style-block"""
    return (attributes.get("type") or "text/css").lower() == "text/css"


def is_data(attributes: Mapping[str, str | None]) -> bool:
    """Whether a script is no script, but JSON-LD."""
    return (attributes.get("type") or "").strip(SPACE).lower() == _LD


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
