"""What kind of page a file is: by its name, or by its first bytes."""

from __future__ import annotations

import re

from checker.model import Kind

_KINDS = {
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
    ".xht": Kind.HTML,
    ".shtml": Kind.HTML,
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".mdown": Kind.MARKDOWN,
    ".mkd": Kind.MARKDOWN,
    ".mkdn": Kind.MARKDOWN,
    ".mdx": Kind.MARKDOWN,
    ".css": Kind.CSS,
    ".svg": Kind.SVG,
    ".rss": Kind.FEED,
    ".atom": Kind.FEED,
    ".webmanifest": Kind.MANIFEST,
}
# Names that do not tell: their first bytes decide (`sniff`).
_UNTOLD = frozenset({".xml", ".gz", ".php", ".php3", ".asp", ".aspx", ".jsp", ".cgi", ".pl", ".do", ".cfm", ".rdf", ""})
_EMBEDDED = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".js", ".woff", ".woff2", ".ttf"})
_QUERY = re.compile(r"\?|@(?=[\w.-]+=)")


def kind_of(name: str) -> Kind | bool | None:
    """What kind of page a file is by its name: a Kind; None, no page; True, its first bytes must tell."""
    dot = name.rfind(".")
    suffix = name[dot:]
    if suffix in _KINDS and dot > 0 and name[dot - 1] != "/":  # most names, quickly
        return _KINDS[suffix]
    if suffix in _EMBEDDED and "?" not in name and "@" not in name:
        return None
    base = name[name.rfind("/") + 1 :]
    dot = base.rfind(".")
    suffix = base[dot:].lower() if dot > 0 else ""
    kind = _KINDS.get(suffix)
    if kind is not None:
        return kind
    if base in {"manifest.json", "site.webmanifest"}:
        return Kind.MANIFEST
    if "?" in base or "@" in base:
        return _with_query(base)
    if suffix in {".gz", ""}:
        return True if "sitemap" in base and suffix else None
    return True if suffix in _UNTOLD else None


def _with_query(base: str) -> Kind | bool | None:
    """The same for a name that holds a query, `p.php?id=1` or `s.css@v=3`; what `wget -K` keeps is no page."""
    if base.endswith(".orig"):
        return None
    if _QUERY.split(base, maxsplit=1)[0].lower().endswith(".css"):
        return None if base.endswith("orig") else Kind.CSS  # the bytes of a stylesheet tell nothing
    return True


_ASSETS = re.compile(
    r"\.(?:png|jpe?g|gif|webp|avif|heic|bmp|ico|tiff?|svg|css|m?js|woff2?|ttf|otf|eot"
    r"|mp3|ogg|opus|wav|flac|m4a|mp4|webm|mov)$",
    re.IGNORECASE,
)
_ASKED_FOR = re.compile(r"(?:^|/)(?:\.[^/]*/|(?:favicon|apple-touch-icon|mstile|browserconfig)[^/]*$)")


def is_asset(name: str) -> bool:
    """Whether a file is, by its name, one that pages embed; not what browsers and tools look for by themselves."""
    return bool(_ASSETS.search(name)) and not _ASKED_FOR.search(name)


def sniff(head: bytes) -> Kind | None:
    """What kind of page a file is by its first bytes, after https://mimesniff.spec.whatwg.org/."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1024].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<!-- saved from", b"<!-- mirrored from")):
        return Kind.HTML
    if start.startswith(b"<"):
        for marks, kind in (
            ((b"<urlset", b"<sitemapindex"), Kind.SITEMAP),
            ((b"<rss", b"<feed", b"<rdf:rdf"), Kind.FEED),
            ((b"<svg",), Kind.SVG),
            ((b"<html",), Kind.HTML),
        ):
            if any(mark in start for mark in marks):
                return kind
    return None
