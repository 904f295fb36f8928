"""Zola."""

from __future__ import annotations

import re

from checker.extract import shortcodes, slugs
from checker.extract.dialects.row import ATTRIBUTES, OWN, Dialect

# Zola writes other characters as words, an emoji by its name: https://docs.rs/deunicode
_KNOWN = r"\0-\t\v-\u024f\u2000-\u206f"

DIALECTS = {
    # https://github.com/getzola/zola/blob/master/components/utils/src/slugs.rs
    "zola": Dialect(
        slugs.zola,
        links_bare=False,
        own=OWN,
        attributes=ATTRIBUTES,
        in_html=False,
        prepare=shortcodes.of_zola,
        unfinished=re.compile(
            rf"^#{{1,6}}[ \t]++([{_KNOWN}]*+)[^{_KNOWN}\n](?:[^\n]*[^{_KNOWN}\n])?([{_KNOWN}]*+)$", re.M
        ),
    ),
}
