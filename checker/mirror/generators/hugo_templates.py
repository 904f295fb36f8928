"""What the templates of a site of Hugo tell: render hooks, shortcodes, and whether all of them are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from checker.mirror.generators.reading import Reading, strings

_LOOKS_UP = re.compile(r"\bGetPage\b|\.Ref\b|\.RelRef\b|\brelref\b|Resources\.Get")
_NAMED = re.compile(r'\beq\s+(?:\$?[\w.$]+\s+"([^"]+)"|"([^"]+)"\s+\$?[\w.$]+)')
_SHOWS = re.compile(r"RenderShortcodes|\.RawContent|readFile|os\.ReadFile")
_MAKES_IDS = re.compile(r"\bid=[\"'{]|^[ \t]*#{1,6}[ \t]|\.Content\b|\\n: ", re.M)
_MAKES_TERMS = re.compile(r"^[ \t]*:[ \t]", re.M)
_LISTS = re.compile(r"\bGetPage\b.*\.(?:Regular)?Pages\b.*\.(?:Link)?Title\b", re.S)
_PREFIX = re.compile(r"\bprintf[ \t]+[\"`](/[^\"`%\s]*)%s[\"`][ \t]+\(?(?:urlize|anchorize)\b")
_QUOTED = re.compile(r'"(/[\w./-]+)"')
_PARTIAL = re.compile(r"\bpartial(?:Cached)?[ \t]+[\"`]([\w./-]+)[\"`]")
_PARTIALS = 5  # of one shortcode
_CALLED = ("partials", "_partials")
_OWN = ("layouts", "archetypes", "assets", "data", "i18n", "themes", "resources")
_THEMES = 20  # of one site
_HOOKED = tuple("link image".split())  # noqa: SIM905 - of Markdown, and no roles of ours
_HOOKS = tuple(f"{folder}/render-{each}.html" for folder in ("_markup", "_default/_markup") for each in _HOOKED)


class Shortcode(NamedTuple):
    """A shortcode that brings ids along."""

    name: str
    prefix: str  # of the path of the page that it shows
    shows: bool  # whether it shows another page
    lists: bool  # whether its ids are those of terms, which are the titles of the pages of a section


class Templates:
    """The templates of a site, and of its themes."""

    def __init__(self, reading: Reading, settings: Mapping[str, Any]) -> None:
        """`settings` are those of the site, by names in lower case."""
        self._reading = reading
        self._settings = settings
        self._root = root = reading.folder
        themes = [*islice(strings(settings.get("theme")), _THEMES)]
        self._bases = (root, *(f"{root}themes/{theme}/" for theme in themes))
        imported = bool(table(settings.get("module")).get("imports"))
        self.lacking = imported or any(not reading.has(f"{base}layouts") for base in self._bases[1:])  # a theme

    @property
    def static(self) -> list[str]:
        """The folders of static files of themes."""
        return [f"{base}static/" for base in self._bases[1:]]

    def has(self, name: str) -> bool:
        """Whether there is a template of this name."""
        return any(self._texts(name))

    def rules(self, formats: list[str]) -> str:
        """The template that writes one of these formats of the home page; "" if there is none."""
        stems = [f"{folder}{stem}" for folder in ("", "_default/") for stem in ("home", "index")]
        names = [f"{self._root}layouts/{stem}.{name}" for name in formats for stem in stems]
        return next((name for name in names if name in self._reading.source.files), "")

    def paginates(self) -> bool:
        """Whether a template makes several pages of a list."""
        folders = tuple(f"{base}layouts/" for base in self._bases)
        names = (name for name in self._reading.below(self._root) if name.startswith(folders))
        return self.lacking or any("aginat" in self._reading.text(name) for name in names)

    def own(self) -> Iterator[str]:
        """The files that are no pages, nor copied as they are."""
        folders = tuple(f"{self._root}{name}/" for name in _OWN)
        return (name for name in self._reading.below(self._root) if name.startswith(folders))

    def _texts(self, *names: str) -> Iterator[str]:
        for base in self._bases:
            for name in names:
                if text := self._reading.text(f"{base}layouts/{name}"):
                    yield text

    def hooked(self, languages: int) -> list[str] | None:
        """The references that a render hook for links knows by name; None if links and images stay as written."""
        texts = [*self._texts(*_HOOKS)]
        hooks = table(table(table(self._settings.get("markup")).get("goldmark")).get("renderhooks"))
        rows = [table(hooks.get(each)) for each in _HOOKED]
        uses = {str(row["useembedded"]) for row in rows if isinstance(row.get("useembedded"), str)}
        enabled = any(row.get("enabledefault") is True for row in rows)
        embedded = enabled or bool(uses & {"always", "fallback"}) or (languages > 1 and uses != {"never"})
        if not embedded and not self.lacking and not any(_LOOKS_UP.search(text) for text in texts):
            return None
        return [name for text in texts for pair in _NAMED.findall(text) for name in pair if name]

    def has_own_hook(self) -> bool:
        """Whether the site has a render hook of its own for links."""
        return any(True for _ in self._texts(_HOOKS[0], _HOOKS[2]))

    def paths_in_hooks(self) -> set[str]:
        """The paths of pages that stand in render hooks for links."""
        return {path for text in self._texts(_HOOKS[0], _HOOKS[2]) for path in _QUOTED.findall(text)}

    def hooks_look_up(self) -> bool:
        """Whether a render hook for links looks pages up, and so names one where it names a path."""
        return any("GetPage" in text for text in self._texts(_HOOKS[0], _HOOKS[2]))

    def shortcodes(self) -> Iterator[Shortcode]:
        """The shortcodes that show other pages, or that have ids."""
        for base in self._bases:
            for folder in ("_shortcodes", "shortcodes"):
                for name in self._reading.below(f"{base}layouts/{folder}/"):
                    text = self._with_partials(self._reading.text(name))
                    shows = _SHOWS.search(text) is not None
                    terms, ids = _MAKES_TERMS.search(text) is not None, _MAKES_IDS.search(text) is not None
                    if shows or terms or ids:
                        short = name.partition(f"layouts/{folder}/")[2].partition(".")[0]
                        prefix = _PREFIX.search(text) if shows else None
                        lists = not shows and not ids and _LISTS.search(text) is not None
                        yield Shortcode(short, prefix[1] if prefix else "", shows=shows, lists=lists)

    def _with_partials(self, text: str) -> str:
        """The text of a template, and after it that of the partials that it calls."""
        names = [found[1] for found in islice(_PARTIAL.finditer(text), _PARTIALS)]
        places = (f"{folder}/{name}{end}" for name in names for folder in _CALLED for end in ("", ".html"))
        return "\n".join((text, *self._texts(*places))) if names else text


def table(value: object) -> Mapping[str, Any]:
    """A table of settings; an empty one for what is none."""
    return value if isinstance(value, dict) else {}
