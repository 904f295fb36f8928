"""What a run tells of the references of a mirror."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def verdicts(run: Callable[..., Any], root: Path) -> dict[str, str]:
    """Reference -> its verdict; `broken` for every error and warning."""
    report = run("check", root, "--offline", "--no-history", "--all", "--format", "json", "--fail-on", "never").report
    errors = {finding["reference"] for finding in report["findings"] if finding["level"] in {"error", "warning"}}
    return {
        row["reference"]: "broken" if row["reference"] in errors else row["verdict"] for row in report["references"]
    }


def links(*references: str) -> str:
    """Markdown that refers to these."""
    return "".join(f"[x]({reference})\n\n" for reference in references)
