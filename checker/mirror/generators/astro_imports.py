"""What pages of Astro take in: pictures, texts and components, by paths and by aliases.

https://docs.astro.build/en/guides/imports/
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from itertools import islice
from json import loads

from checker.mirror.generators import script
from checker.mirror.generators.reading import Reading, strings, word
from checker.mirror.generators.row import Built, Led
from checker.model import Role
from checker.web import urls

_MANY = 200  # aliases
_COMPONENTS = 50  # of a page that are read
_ALIAS = "an alias of the bundler decides what it is"
_COMPONENT = "a component of the site decides what it makes of it"
_IMPORTED = re.compile(r"^import[ \t][^\n'\"]{1,400}['\"]([^'\"\n]+\.(?:astro|[jt]sx|vue|svelte))['\"]", re.M)
_ANY_ID = re.compile(r"\bid=\{|\bset:html=|\bdangerouslySetInnerHTML=|\bv-html=")
_ID = re.compile(r"\bid=\"([^\"{}]*)\"")


def aliases(reading: Reading) -> dict[str, str]:
    """What paths of imports may begin with -> the folder that it stands for."""
    texts = [reading.text(reading.folder + name) for name in ("tsconfig.json", "jsconfig.json")]
    text = next(filter(None, texts), "{}")
    options = script.settings("", lambda _: f"export default {text}").get("compilerOptions")
    paths = options.get("paths") if isinstance(options, dict) else None
    base = word(options.get("baseUrl")) if isinstance(options, dict) else ""
    found = {}
    for alias, folders in islice(paths.items() if isinstance(paths, dict) else (), _MANY):
        folder = next(strings(folders), "")
        if alias.endswith("*") and folder.endswith("*"):
            path = posixpath.normpath(posixpath.join(reading.folder, base, folder[:-1]))
            found[alias[:-1]] = "" if path == "." else f"{path}/"
    return found


def located(known: Mapping[str, str], page: str, path: str) -> str:
    """The file that a path names, on a page, by the aliases that are known; "" if only the bundler knows."""
    alias = next((alias for alias in known if path.startswith(alias)), None)
    if alias is not None:
        return posixpath.normpath(known[alias] + path.removeprefix(alias))
    return "" if path[0] in "~@#" else posixpath.normpath(posixpath.join(posixpath.dirname(page), path))


def _file(site: Built, page: str, path: str) -> str:
    return located(loads(site.plan.settings["aliases"]), page, path)


def embed(site: Built, page: str, reference: str, role: Role, in_html: bool) -> Led | None:
    """A picture in Markdown is taken in from beside the page, unless it is named from the root of the site."""
    path = urls.decode(reference.partition("?")[0].strip())
    if not path or path.startswith("/") or (in_html and role is not Role.OBJECT):
        return None
    file = _file(site, page, path)
    if not file:
        return Led(unknown=_ALIAS)
    return Led(file, copied=True) if role is not Role.OBJECT or site.holds(file) else Led(unknown=_COMPONENT)


def ids(site: Built, page: str, text: str) -> re.Pattern[str] | None:
    """The ids that components may give, which a page imports: any, if their code puts them together."""
    named: set[str] = set()
    for path in islice(dict.fromkeys(_IMPORTED.findall(text)), _COMPONENTS):
        code = site.text(_file(site, page, path))
        if _ANY_ID.search(code):
            return re.compile("")
        named.update(_ID.findall(code))
    return re.compile(rf"(?:{'|'.join(map(re.escape, sorted(named)))})\Z") if named else None
