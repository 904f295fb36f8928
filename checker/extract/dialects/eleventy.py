"""Eleventy: markdown-it, with the plug-ins that give ids to headings."""

from __future__ import annotations

import re

from checker.extract import kramdown, slugs
from checker.extract.dialects.row import ATTRIBUTES, OWN, Dialect

_ELEVENTY = Dialect(
    slugs.eleventy,
    links_bare=False,
    again=lambda slug, number: f"{slug}-{number + 1}",
    skips_taken=False,
    prepare=kramdown.of_eleventy,
    # Letters of other scripts are written in Latin ones.
    unfinished=re.compile(r"^#{1,6}[ \t]++([^\n{\u0370-\u1fff]*+)(?:\{[{%]|[\u0370-\u1fff])", re.M),
)
_OF_ANCHOR = _ELEVENTY._replace(
    slug=slugs.markdown_it_anchor,
    again=lambda slug, number: f"{slug}-{number}",
    skips_taken=True,
    own=OWN,
    attributes=ATTRIBUTES,
    in_html=False,
)
DIALECTS = {
    # Without a plug-in, no heading has an id.
    "eleventy": _ELEVENTY._replace(slug=slugs.nothing, unfinished=None),
    "eleventy-attrs": _ELEVENTY._replace(slug=slugs.nothing, unfinished=None, own=OWN, attributes=ATTRIBUTES),
    # https://www.11ty.dev/docs/plugins/id-attribute/
    "eleventy-ids": _ELEVENTY,
    # https://github.com/valeriangalliat/markdown-it-anchor
    "eleventy-anchor": _OF_ANCHOR,
    # A function of the site's own, which mostly calls one of these.
    "eleventy-own": _ELEVENTY._replace(also="eleventy-divided"),
    "eleventy-divided": _ELEVENTY._replace(slug=slugs.decamelized, also="eleventy-bare"),
    "eleventy-bare": _ELEVENTY._replace(slug=slugs.decamelized_bare),
    "eleventy-anchor-own": _OF_ANCHOR._replace(slug=slugs.eleventy, also="eleventy-anchor-divided"),
    "eleventy-anchor-divided": _OF_ANCHOR._replace(slug=slugs.decamelized, also="eleventy-anchor-plain"),
    "eleventy-anchor-plain": _OF_ANCHOR._replace(also="github"),
}
