"""Signs in pages of where they are published and where they were copied from."""

from __future__ import annotations

import re
from collections import Counter

from checker.mirror import httrack
from checker.mirror.detect.seen import Seen, address, host
from checker.mirror.layouts import LAYOUTS, find
from checker.mirror.saved import saved_by
from checker.mirror.shown import SETTINGS, copying_marks, host_folders
from checker.mirror.signs import Sign, Trust
from checker.web import urls
from checker.words import counted

_AGREED = 0.9  # share of the pages that must agree before an address is adopted
_LOCATIONS = 2_000  # addresses of a sitemap that are looked up


def stated(seen: Seen) -> tuple[list[Sign], list[Sign]]:
    """The address that canonical links (or og:url) agree on, and the layout if they leave out .html."""
    from selectolax.lexbor import LexborHTMLParser

    prefixes: Counter[str] = Counter()
    total = pages = clean = 0
    for name, text in seen.pages:
        tree = LexborHTMLParser(text)
        link, meta = (
            tree.css_first('link[rel~="canonical" i][href]'),
            tree.css_first('meta[property="og:url" i]'),
        )
        url = (link.attributes.get("href") if link else meta.attributes.get("content") if meta else None) or ""
        if not url.strip().lower().startswith(("http:", "https:")):
            continue
        total += 1
        prefix, form = _without(url, name)
        if prefix:
            prefixes[prefix] += 1
        if form != "index":
            pages += 1
            clean += form == "clean"
    signs = _majority(prefixes, total, "canonical links on {} of {} pages")
    if signs and clean > _AGREED * pages:
        return signs, [Sign("clean", f"canonical links leave out .html on {counted(clean, 'page')}", Trust.HIGH)]
    return signs, []


def _without(url: str, name: str) -> tuple[str | None, str]:
    """The prefix of a page's URL before the name of its file, and the form in which the URL has that name."""
    try:
        whole = urls.decode(urls.resolve(url.strip(), "").partition("#")[0].partition("?")[0])
    except urls.InvalidURL:
        return None, ""
    stem, dot, _ = name.rpartition(".")
    forms = [(name, "full")]
    if stem == "index" or stem.endswith("/index"):
        folder = stem.removesuffix("index")
        forms = [(name, "index"), (folder, "index"), (folder.rstrip("/"), "index")]
    elif dot:
        forms += [(stem, "clean"), (f"{stem}/", "clean")]
    for suffix, form in forms:
        if whole.endswith(f"/{suffix}"):
            prefix = whole[: len(whole) - len(suffix)]
            return (address(prefix) if host(prefix) else None), form
    return None, ""


def _majority(prefixes: Counter[str], total: int, evidence: str) -> list[Sign]:
    """The prefix that nearly all pages have. One that only most have, or that comes from a single page, is a guess."""
    if not prefixes:
        return []
    prefix, count = prefixes.most_common(1)[0]
    if count * 2 <= total:
        return []
    trust = Trust.HIGH if total > 1 and count > _AGREED * total else Trust.GUESSED
    return [Sign(prefix, evidence.format(count, total), trust)]


_LOCATION = re.compile(r"<loc>([^<]{1,2048})")


def sitemap(seen: Seen) -> list[Sign]:
    """The prefix that sitemap.xml puts before the names of files. https://www.sitemaps.org/protocol.html"""
    import html

    prefixes: Counter[str] = Counter()
    total = 0
    for location in _LOCATION.findall(seen.text("sitemap.xml", 4 * SETTINGS) or "")[:_LOCATIONS]:
        try:
            url = urls.resolve(html.unescape(location).strip(), "").partition("?")[0]
        except urls.InvalidURL:
            continue
        segments = url.split("/")[3:]
        if not any(segments):
            continue  # the home page fits every prefix
        total += 1
        for start in range(min(len(segments), 32)):
            path = "/".join(segments[start:])
            if path and find(LAYOUTS["clean"], seen.names, urls.decode(path), ""):
                prefix = address(url[: len(url) - len(path)])
                prefixes.update([prefix] if prefix else [])
                break
    return _majority(prefixes, total, "{} of {} addresses in sitemap.xml are files here")


def saved(seen: Seen) -> tuple[list[Sign], list[Sign]]:
    """Signs in comments of the pages: the origin from which they were saved, and the layout of the tool."""
    prefixes: Counter[str] = Counter()
    layouts: Counter[str] = Counter()
    for name, text in seen.pages:
        origin = saved_by(text)
        if origin:
            url, layout = origin
            top, _, below = name.partition("/")
            aligned = _without(url, below)[0] if below and top.startswith(host(url).partition(":")[0]) else None
            prefixes[aligned or _without(url, name)[0] or f"{url.partition('://')[0]}://{host(url)}/"] += 1
            layouts[layout] += 1
    total = sum(layouts.values())
    hints = []
    for layout, count in layouts.most_common():
        trust = Trust.HIGH if count * 2 > len(seen.pages) else Trust.GUESSED
        hints.append(Sign(layout, f"comments in {count} of {counted(len(seen.pages), 'page')}", trust))
    return _majority(prefixes, total, "saved-from comments in {} of {} pages that have one"), hints


def crawled(seen: Seen) -> list[Sign]:
    """The origins of a copy by wget or HTTrack. A folder with the name of a host is no proof by itself."""
    record = httrack.read(seen.names) if httrack.RECORD in seen.names.files else None
    if record is not None:
        served = Counter(url.split("/")[2] for url, _ in record.files())
        return [
            Sign(f"http://{name}/", f"{httrack.RECORD}, {counted(n, 'file')}", Trust.EXACT)
            for name, n in served.most_common(5)
        ]
    marks = copying_marks(seen.names)
    evidence = ", ".join(marks)
    trust = Trust.HIGH if len(marks) > 1 else Trust.GUESSED
    origins = []
    for match in host_folders(seen.names):
        port = f":{match['port']}" if match["port"] else ""
        url = f"http://{match['host'].lower()}{port}/"
        origins.append(Sign(url, f"the folder {match[0]}; {evidence}", trust, match[0]))
    return origins
