"""The documentation that Grafana's site takes in: projects, versions, and what stands for the version of a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from told import verdicts

SITE = {
    "docs/docs.mk": "",
    "docs/variables.mk": "# Projects\nPROJECTS := lamps:UNVERSIONED:$(notdir $(shell pwd)):docs/sources/lamps wicks:::docs/sources/wicks\n",
    "docs/sources/lamps/_index.md": "# Lamps\n",
    "docs/sources/lamps/v1/oil.md": "# Oil\n",
    "docs/sources/lamps/v1/reference.md": "---\nslug: /options\n---\n\n# Options\n",
    "docs/sources/lamps/v2/gas.md": "# Gas\n",
    "docs/sources/wicks/trim.md": "# Trim\n",
}


def test_versions_and_projects_have_their_places(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    right = (
        "../oil/",
        "/docs/lamps/v2/gas/",
        "/docs/lamps/<LAMPS_VERSION>/oil/#oil",
        "https://grafana.com/docs/lamps/<LAMPS_VERSION>/options",
        "https://grafana.com/docs/wicks/latest/trim/",
    )
    wrong = (
        "../gas/",
        "/docs/lamps/<LAMPS_VERSION>/gas/",
        "https://grafana.com/docs/lamps/<LAMPS_VERSION>/oil/#gas",
        "https://grafana.com/docs/wicks/latest/trims/",
    )
    unknown = (
        "/media/lamp.png",
        "/docs/lamps/v3/oil/",
        "https://grafana.com/docs/wicks/<WICKS_VERSION>/trim/",
        "/pricing",
    )
    page = "".join(f"[x]({reference})\n\n" for reference in (*right, *wrong, *unknown))

    said = verdicts(run, write({**SITE, "docs/sources/lamps/v1/all.md": page}))

    assert {
        reference.replace("%3C", "<").replace("%3E", ">"): verdict for reference, verdict in said.items()
    } == dict.fromkeys(right, "ok") | dict.fromkeys(wrong, "broken") | dict.fromkeys(unknown, "unchecked")


def test_without_projects_nothing_is_taken_in(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    page = {"docs/sources/lamps/v1/all.md": "[x](../oil/)\n"}

    assert verdicts(run, write({**SITE, "docs/variables.mk": "PROJECTS = $(shell x):\n", **page})) == {
        "../oil/": "broken"
    }
