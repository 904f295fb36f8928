"""The same badge for shields.io, which draws it in any style: https://shields.io/badges/endpoint-badge"""

from __future__ import annotations

import json
from typing import TextIO

from checker.model import Report
from reports import View
from reports._badge import LABEL, badge


def write(report: Report, stream: TextIO, _view: View) -> None:
    """Write the answer of an endpoint."""
    message, color, _ = badge(report)
    stream.write(json.dumps({"schemaVersion": 1, "label": LABEL, "message": message, "color": color}) + "\n")
