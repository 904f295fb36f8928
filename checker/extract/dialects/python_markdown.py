"""Python-Markdown, of MkDocs and Pelican."""

from __future__ import annotations

import re

from checker.extract import admonitions, slugs
from checker.extract.dialects.row import ATTRIBUTES, OWN, Dialect

_UNDERSCORED = re.compile(r"(.*)_([0-9]{1,9})\Z", re.S)


def _underscored(slug: str, number: int) -> str:
    """An id with a number behind it, or with a higher one: `unique` of Python-Markdown."""
    if counted := _UNDERSCORED.match(slug):
        return f"{counted[1]}_{int(counted[2]) + number}"
    return f"{slug}_{number}"


DIALECTS = {
    # https://github.com/Python-Markdown/markdown/blob/master/markdown/extensions/toc.py
    "python-markdown": Dialect(
        slugs.python_markdown,
        _underscored,
        links_bare=False,
        nameless=False,
        own=OWN,
        blanks=True,
        attributes=ATTRIBUTES,
        in_html=False,
        prepare=admonitions.as_lists,
        rst=True,
    ),
    # Without the extension, headings have no ids but those of their authors.
    "python-markdown-bare": Dialect(
        slugs.nothing,
        links_bare=False,
        own=OWN,
        blanks=True,
        attributes=ATTRIBUTES,
        in_html=False,
        rst=True,
    ),
    # https://github.com/apache/infrastructure-actions/blob/main/pelican/plugins/asfgenid.py
    "apache": Dialect(
        slugs.python_markdown,
        _underscored,
        links_bare=False,
        nameless=False,
        own=OWN,
        blanks=True,
        attributes=ATTRIBUTES,
    ),
}
