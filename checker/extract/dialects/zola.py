"""Zola."""

from __future__ import annotations

import re

from checker.extract import shortcodes, slugs
from checker.extract.dialects.row import ATTRIBUTES, OWN, Dialect

DIALECTS = {
    # https://github.com/getzola/zola/blob/master/components/utils/src/slugs.rs
    "zola": Dialect(
        slugs.zola,
        own=OWN,
        attributes=ATTRIBUTES,
        in_html=False,
        prepare=shortcodes.of_zola,
        unfinished=re.compile(r"^#{1,6}[ \t]++([\0-\t\v-\u024f]*+)[^\0-\u024f\u2000-\u2e7f]", re.M),  # deunicode's
    ),
}
