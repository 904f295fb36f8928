"""Hugo: https://gohugo.io/configuration/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from checker.mirror.generators.hugo_content import PAGES, Content
from checker.mirror.generators.hugo_links import bring, fill, ids, link
from checker.mirror.generators.reading import Reading, json, lower, toml, untemplated, word, yaml
from checker.mirror.generators.row import Generator, Plan
from checker.web import urls

_KINDS = ("toml", "yaml", "yml", "json")
_OWN = {"baseurl", "languagecode", "defaultcontentlanguage", "theme", "contentdir", "disablekinds", "module", "markup"}


def _plan(reading: Reading) -> Plan | None:
    settings = _settings(reading)
    if "base_url" in settings or not (_OWN & settings.keys() or "/hugo." in f"/{reading.settings}"):
        return None
    return plan_of(reading, settings)


def plan_of(reading: Reading, settings: Mapping[str, Any]) -> Plan | None:
    """What Hugo makes of a folder with these settings, whose names are in lower case; None if there is no content."""
    made = Content(reading, settings)
    if not any(file.name.endswith(PAGES) for file in made.content):
        return None
    made.add_pages()
    made.add_copied()
    made.add_lists()
    known = {f"page:{language}:{path}": name for (language, path), name in made.logical.items()}
    known |= {f"name:{language}:{path}": name for (language, path), name in made.by_name.items()}
    made_of = {
        f"of:{page.file.name}": f"{page.file.language}:{page.kind}:{page.logical}" for page in reversed(made.all)
    }
    known |= made_of  # of a file that several languages have, the first counts
    url = word(settings.get("baseurl"))
    known["base"] = urls.host_and_path(url)[1].rstrip("/") if "//" in url else f"/{url.strip('/')}".rstrip("/")
    if made.hooked is not None:
        paths = made.templates.paths_in_hooks()
        of_paths = {made.logical.get((made.default, path), "") for path in paths} - {""}
        if len(paths) == 1 and not of_paths and made.templates.hooks_look_up():
            home = posixpath.dirname(made.logical.get((made.default, ""), f"{made.root}content/"))
            of_paths = {f"{home}{path}.md" for path in paths}
        known |= {"looks up": "yes"}
        known |= dict.fromkeys((f"hook:{name}" for name in made.hooked), of_paths.pop() if len(of_paths) == 1 else "")
    if made.templates.has_own_hook():
        known["own hook"] = "yes"
    if made.templates.lacking:
        known["theme elsewhere"] = "yes"
    known["assets"] = made.root + "assets/"
    shortcodes = [*made.templates.shortcodes()]
    known |= {f"shows:{each.name}": each.prefix for each in shortcodes if each.shows}
    known |= {f"lists:{each.name}": "" for each in shortcodes if each.lists}
    known["language"] = made.default
    # What shows another page and is not brought in, but stays, may have any id; where it is no Markdown, it has none.
    making = [f"{'%' if each.shows else '[<%]'}[ \\t]*{re.escape(each.name)}" for each in shortcodes if not each.lists]
    made.parts.update(name for name in made.templates.own() if name not in made.pages)
    return Plan(
        made.pages,
        made.files,
        url if "//" in url else "",
        frozenset(made.parts),
        made.hidden,
        decides=tuple(made.decides()),
        settings=known,
        includes=re.compile(rf"\{{\{{(?:{'|'.join(making)})[ \t>%/]") if making else None,
    )


def _settings(reading: Reading) -> dict[str, Any]:
    """All settings, by names in lower case: Hugo tells no case."""
    folder = posixpath.dirname(reading.settings)
    names = [reading.settings]
    if folder.endswith("config/_default"):
        names += [
            name
            for name in reading.below(f"{folder}/")
            if name.endswith(_KINDS) and name != reading.settings and name.count("/") == folder.count("/") + 1
        ]
    settings: dict[str, Any] = {}
    for name in names:
        text = reading.text(name)
        kind = posixpath.splitext(untemplated(name))[1]
        read = toml(text) if kind == ".toml" else json(text) if kind == ".json" else yaml(text)
        stem = (
            posixpath.basename(name).partition(".")[0].lower().removesuffix("-template")
        )  # of which a script makes it
        found = lower(read)
        if name != reading.settings and stem not in {"hugo", "config"}:
            found = {stem: found.get(stem, found)}
        settings = {**found, **settings}
    return settings


GENERATOR = Generator("hugo", "Hugo", _plan, "goldmark", "public", link, fill=fill, bring=bring, ids=ids)
