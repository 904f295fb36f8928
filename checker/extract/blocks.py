"""Blocks of GitBook, `{% file src="x.pdf" %}`: https://gitbook.com/docs/creating-content/blocks"""

from __future__ import annotations

import re

# Those whose files no link of Markdown beside them names.
_TO_FILES = re.compile(r"""\{%([ \t]*)(file[ \t]+src=|include[ \t]+)"([^"\n<>{}]+)"([^\n%]*%\})""")


def as_links(source: str) -> str:
    """Blocks that name files as links of Markdown: every position stays."""
    return _TO_FILES.sub(_as_link, source) if "{%" in source else source


def _as_link(block: re.Match[str]) -> str:
    before, what, target, rest = block.groups()
    return f"[{before}{what[:-2]}](<{target}>){' ' * (len(rest))}"
