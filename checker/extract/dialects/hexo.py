"""Hexo, whose usual renderer is marked."""

from __future__ import annotations

from checker.extract import kramdown, slugs
from checker.extract.dialects.row import Dialect

_HEXO = Dialect(slugs.hexo, skips_taken=False, in_html=False, prepare=kramdown.typeset)

DIALECTS = {
    # https://github.com/hexojs/hexo-renderer-marked
    "hexo": _HEXO,
    "hexo-plain": _HEXO._replace(slug=slugs.hexo_plain, prepare=kramdown.of_hexo),
    "hexo-lower": _HEXO._replace(slug=slugs.hexo_lower),
    "hexo-bare": _HEXO._replace(slug=slugs.nothing),
}
