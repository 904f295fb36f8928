"""The health page: one file that opens from a disk, loads nothing, and executes nothing of a mirror."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from checker.model import Report
from reports import View
from reports._health import page
from reports._rows import data, rows
from reports._text import clean

_FOLDER = Path(__file__).parent / "_html"
_STYLES = ("vendor/uplot.min.css", "page.css")
_SCRIPTS = ("vendor/uplot.min.js", "vendor/tanstack.min.js", "page.js")
_LICENCES = {
    "uPlot 1.6.32": "uplot",
    "TanStack Table 9.3.1": "tanstack-table",
    "TanStack Store 0.11.2": "tanstack-store",
    "TanStack Virtual 3.19.11": "tanstack-virtual",
}
# Characters that would end the element, or a line of JavaScript. They are written as JSON escapes instead.
_ENDS = "<>&\u2028\u2029"


def write(report: Report, stream: TextIO, _view: View) -> None:
    """Write the figures and the worst targets as plain HTML, all findings as data, and the script that shows them."""
    found = rows(report)
    style = "\n".join(map(file, _STYLES))
    scripts = [file(name) for name in _SCRIPTS]
    parts = (
        environment()
        .get_template("page.html")
        .generate(
            page(report, found),
            style=Markup(style),  # noqa: S704 - ours
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - ours
            policy=policy(style, scripts),
            data=Markup(_json(data(report, found))),  # noqa: S704 - escaped
            licences={name: escape(file(f"vendor/{place}.LICENSE")) for name, place in _LICENCES.items()},
        )
    )
    for part in parts:
        stream.write(part)


def environment() -> Environment:
    """The templates. All that comes from a mirror is escaped, and made harmless."""
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )


def file(name: str) -> str:
    """A file that stands in the page."""
    return (_FOLDER / name).read_text("utf-8").strip()


def policy(style: str, scripts: list[str]) -> str:
    """The policy that browsers enforce: only our own style and scripts, nothing is loaded, no text becomes markup."""
    hashes = " ".join(map(_hash, scripts)) or "'none'"
    return (
        f"default-src 'none'; script-src {hashes}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in _ENDS:
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
