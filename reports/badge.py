"""A badge for a README, as SVG: https://www.w3.org/TR/SVG2/"""

from __future__ import annotations

from typing import TextIO

from checker.model import Report
from reports import View
from reports._badge import LABEL, badge

_CHARACTER, _MARGIN = 6.6, 7  # px; the text is set to these widths, whatever font there is
_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}: {message}">
<title>{label}: {message}</title>
<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#444"/>\
<rect x="{left}" width="{right}" height="20" fill="{rgb}"/></g>
<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11" aria-hidden="true">
<text x="{margin}" y="14" textLength="{label_length}">{label}</text>
<text x="{start}" y="14" textLength="{message_length}">{message}</text>
</g>
</svg>
"""


def write(report: Report, stream: TextIO, _view: View) -> None:
    """Write the worst level that was found, and how many findings have it. Nothing of the mirror is in it."""
    message, _, rgb = badge(report)
    lengths = [round(len(text) * _CHARACTER) for text in (LABEL, message)]
    left, right = (length + 2 * _MARGIN for length in lengths)
    stream.write(
        _SVG.format(
            label=LABEL,
            message=message,
            rgb=rgb,
            left=left,
            right=right,
            width=left + right,
            margin=_MARGIN,
            start=left + _MARGIN,
            label_length=lengths[0],
            message_length=lengths[1],
        )
    )
