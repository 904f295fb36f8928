"""Addresses in the settings of hosts and of programs that generate sites."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from checker.mirror.detect.seen import Seen, address
from checker.mirror.generators.row import Built
from checker.mirror.publishing import custom_domain
from checker.mirror.signs import Sign, Trust

_OUTPUTS = ("", "docs/", "public/", "site/", "_site/", "build/", "dist/")


def domains(seen: Seen, sites: Collection[Built] = ()) -> Iterator[Sign]:
    """Domains of GitHub Pages, in the folder or in its output folders; of `sites`, the sources hold them."""
    for place in _OUTPUTS:
        if any(site.serves(f"{place}CNAME") for site in sites):
            continue
        if domain := custom_domain(seen.text, place):
            yield Sign(f"https://{domain}/", f"{place}CNAME", Trust.HIGH, place.rstrip("/"))


def _yaml(text: str, key: str) -> str:
    """A scalar at the top level of a YAML file; the rest of the language is not supported."""
    found = re.search(rf"^{re.escape(key)}[ \t]*:[ \t]+(\S.*)$", text, re.M)
    value = found[1].strip() if found else ""
    if value[:1] in {'"', "'"}:
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].strip()


def _toml(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _literal(text: str, key: str) -> str:
    """The string to which a program's source sets a key. The program is not executed."""
    found = re.search(rf"""^[ \t]*{key}[ \t]*[:=][ \t]*(['"`])([^'"`\n]*)\1""", text, re.M)
    return found[2] if found else ""


def _docusaurus(text: str) -> str:
    url = _literal(text, "url")
    return url.rstrip("/") + (_literal(text, "baseUrl") or "/") if url else ""


def _jekyll(text: str) -> str:
    url, base = _yaml(text, "url"), _yaml(text, "baseurl").strip("/")
    return f"{url.rstrip('/')}/{base}" if url else ""


def _mdbook(text: str) -> str:
    output = _toml(text).get("output")
    html = output.get("html") if isinstance(output, dict) else None
    if not isinstance(html, dict) or not isinstance(html.get("cname"), str):
        return ""
    site = html.get("site-url")
    return f"https://{html['cname']}/{site.strip('/') if isinstance(site, str) else ''}"


def _hugo(text: str) -> str:
    return next(
        (value for key, value in _toml(text).items() if key.lower() == "baseurl" and isinstance(value, str)),
        "",
    )


# settings file -> (a function that finds the address in it, the output folder relative to the file)
_GENERATORS: Mapping[str, tuple[Callable[[str], str], str]] = {
    "mkdocs.yml": (lambda text: _yaml(text, "site_url"), "site"),
    "mkdocs.yaml": (lambda text: _yaml(text, "site_url"), "site"),
    **{f"docusaurus.config.{kind}": (_docusaurus, "build") for kind in ("js", "ts", "mjs", "cjs")},
    "_config.yml": (_jekyll, "_site"),
    "_config.yaml": (_jekyll, "_site"),
    "book.toml": (_mdbook, "book"),
    "hugo.toml": (_hugo, "public"),
    "config.toml": (_hugo, "public"),
    "hugo.yaml": (lambda text: _yaml(text, "baseURL"), "public"),
    "config.yaml": (lambda text: _yaml(text, "baseURL"), "public"),
    "conf.py": (lambda text: _literal(text, "html_baseurl"), "_build/html"),
}
_SOURCES = ("", "docs/", "doc/", "website/", "site/", "docs/source/")


def of_generators(seen: Seen, sites: Collection[Built] = ()) -> Iterator[Sign]:
    """Addresses in the settings of site generators, and their output folders; the sources of `sites` are known."""
    known = {site.settings for site in sites}
    for place in _SOURCES:
        for file, (read, output) in _GENERATORS.items():
            here = place + output in seen.names.folders
            text = seen.text(place + file) if here or place + file not in known else None
            url = address(read(text)) if text else None
            if url is None:
                continue
            folder = place + output
            if folder in seen.names.folders:
                yield Sign(url, place + file, Trust.HIGH, folder)
            elif read is _jekyll:  # GitHub Pages builds it from the source
                yield Sign(url, place + file, Trust.HIGH, place.rstrip("/"))
            else:
                yield Sign(url, f"{place}{file}, but its output folder {folder}/ is not here", Trust.GUESSED)
