"""The settings of Jupyter Book 1 as those of Sphinx, which builds it: https://jupyterbook.org/v1/customize/config.html"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from checker.mirror.generators.reading import Reading, strings, yaml

TOC = "_toc.yml"
_FIRST = re.compile(r"^(?:-[ \t]+)?(?:root|file)[ \t]*:[ \t]*[\"']?([^\s\"'#]+)", re.M)  # of all forms of the table
_EXTENSIONS = ("myst_nb", "sphinx.ext.intersphinx")
_USUAL = ("colon_fence", "dollarmath", "linkify", "substitution", "tasklist")  # extensions of MyST
_EXCLUDED = ("_build", "**.ipynb_checkpoints")


def settings(reading: Reading) -> Mapping[str, Any]:
    """What `conf.py` would say; empty if there is no book."""
    first = _FIRST.search(reading.text(reading.settings))
    book = yaml(reading.text(f"{reading.folder}_config.yml"))
    if first is None or not book:
        return {}
    sphinx = _of(book, "sphinx")
    return {
        "extensions": [*_EXTENSIONS, *strings(sphinx.get("extra_extensions"))],
        "root_doc": re.sub(r"\.(?:md|rst|ipynb)\Z", "", first[1]),
        "exclude_patterns": [*_EXCLUDED, *strings(book.get("exclude_patterns"))],
        "html_baseurl": _of(book, "html").get("baseurl"),
        "html_static_path": ["_static"],
        "myst_enable_extensions": [*(strings(_of(book, "parse").get("myst_enable_extensions")) or _USUAL)],
        **_of(sphinx, "config"),
    }


def _of(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}
