"""A page of a site that a generator makes of pages of the mirror: what the generator does with its references."""

from __future__ import annotations

import re
from collections.abc import Set

from checker.mirror.generators.row import Built, Led
from checker.model import Kind, Role
from checker.web import urls

_ANOTHERS = re.compile(r"[/.: ]")  # in a label of another site's, a term, or the name of an object


class SitePage:
    """An open page of a site."""

    __slots__ = ("_html", "_only_html", "_page", "is_source", "site", "takes_in")

    def __init__(self, site: Built, page: str, kind: Kind | bool | None, html: Set[str]) -> None:
        """`html`: what only raw HTML refers to, without fragments, where it is a page of Markdown."""
        self._page, self._html = page, html
        self._only_html = kind is Kind.HTML  # which a generator changes nowhere
        self.site = site
        self.is_source = page in site.pages  # the generator makes it, and does not only copy it
        self.takes_in = self.is_source and site.generator.embed is not None  # what it embeds

    @property
    def is_shown_elsewhere(self) -> bool:
        """Whether it is no page of the site, but its text is shown on others, from which its links count."""
        return self.is_source and self._page in self.site.plan.hidden

    def led(self, raw: str, role: Role | None) -> Led | None:
        """What the generator makes of a reference; None if it leaves the reference as it is."""
        site = self.site
        in_html = self._only_html or raw in self._html
        if not self.is_source or raw[:1] in {"", "?"} or urls.scheme(raw) not in (None, *site.generator.schemes):
            return None
        if role is not None and site.generator.embed is not None:
            return site.generator.embed(site, self._page, raw, role, in_html)
        if in_html and not site.generator.in_html and urls.scheme(raw) is None:
            return None
        return site.generator.link(site, self._page, raw)

    @property
    def defines(self) -> bool:
        """Whether the generator may give a reference link the definition that it lacks."""
        return self.is_source and self.site.plan.defines

    def labelled(self, name: str) -> str | None:
        """Whether a name that is no id of the page leads to a label of its site: "" if so, None if not, else why only
        the generator can tell.
        """
        plan = self.site.plan
        if not self.is_source or not plan.labels:
            return None
        if name in plan.labels:
            return ""
        elsewhere = plan.other_labels if _ANOTHERS.search(name) and self.site.label_like(name) is None else ""
        return elsewhere or None

    def routed(self, raw: str) -> str | None:
        """A reference without what the program of the site reads as a route; None if it is not this page's to tell."""
        routed = self.site.generator.routed
        if routed is None or not self.is_source or urls.scheme(raw) is not None:
            return None
        in_html = self._only_html or (raw.partition("#")[0] or raw) in self._html
        return routed(self.site, self._page, raw, in_html)

    def filled(self, raw: str) -> str | None:
        """A reference as the generator fills its placeholders in; None if nobody else can tell."""
        return self.site.generator.fill(self.site, self._page, raw)
