"""Shortcodes in Markdown: https://gohugo.io/content-management/shortcodes/,
https://www.getzola.org/documentation/content/shortcodes/
"""

from __future__ import annotations

import re

from checker.extract import placeholders
from checker.extract.aside import blanked

_CODE = re.compile(r"\{\{([<%])[ \t]*(highlight|comment|code-toggle)\b[^{}\n]*(?<!/)[>%]\}\}")
_PLACEHOLDER = re.compile(r"\{\{[<%][^{}\n]*[>%]\}\}")
_FIGURE = re.compile(r"\{\{<([ \t]+)figure(?=[ \t])([^{}<>\n]*)>\}\}")


def of_hugo(source: str) -> str:
    """Markdown of the same length, without code in shortcodes; a figure as the image that it becomes."""
    if "{{" in source:
        source = _without_code(source)
        source = _FIGURE.sub(lambda figure: f"<img{' ' * (len(figure[1]) + 5)}{figure[2]}>  ", source)
    return placeholders.held(source, _PLACEHOLDER)


_CALL = re.compile(r"\{[{%]-?[ \t]*\w+\([^{}\n]*\)[ \t]*-?[%}]\}")


def of_zola(source: str) -> str:
    """Markdown of the same length, in which a link's destination may be a shortcode."""
    return placeholders.held(source, _CALL)


def _without_code(source: str) -> str:
    parts: list[str] = []
    end = 0
    while (opening := _CODE.search(source, end)) and opening.end() > end:
        closing = re.compile(rf"\{{\{{[<%][ \t]*/[ \t]*{opening[2]}[ \t]*[>%]\}}\}}").search(source, opening.end())
        if closing is None:
            break
        parts += (source[end : opening.start()], blanked(source[opening.start() : closing.end()]))
        end = closing.end()
    return "".join([*parts, source[end:]])
