"""The documentation that Grafana's site takes in of its repositories: https://grafana.com/docs/writers-toolkit/"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from checker.mirror.generators import hugo
from checker.mirror.generators.reading import Reading
from checker.mirror.generators.row import Built, Generator, Plan
from checker.web import urls

_HOST = "https://grafana.com/"
_PROJECTS = re.compile(r"^[ \t]*(?:export[ \t]+)?PROJECTS[ \t]*[:?]?=[ \t]*([^\n#]{1,4000})", re.M)
_CALL = re.compile(r"\$\([^()]*\)")  # of make, whose value is the name of the repository's folder
_MOST = 50  # projects of a repository
_VERSION = re.compile(r"(?:<|%3C)[A-Z0-9_]+_VERSION(?:>|%3E)")
_SHARED = re.compile(r"\{\{[<%][ \t]*docs/shared\b")
_ELSEWHERE = "another repository, or another version, has this part of the site"


class _Project(NamedTuple):
    place: str  # "docs/loki/latest"
    folder: str  # of its sources, relative to the mirror


def _plan(reading: Reading) -> Plan | None:
    projects = [*_projects(reading)]
    mounts = [
        {"source": posixpath.relpath(each.folder, reading.folder or "."), "target": f"content/{each.place}"}
        for each in projects
    ]
    plan = hugo.plan_of(reading, {"baseurl": _HOST, "module": {"mounts": mounts}}) if mounts else None
    if plan is None:
        return None
    known = {built.split("/", 3)[2] for built in plan.pages.values() if built.count("/") > 2}
    names = "|".join(sorted({re.escape(each.place.split("/")[1]) for each in projects}))
    versions = "|".join(sorted(map(re.escape, known)))
    elsewhere = re.compile(rf"\A(?!docs/(?:{names})/(?:(?:{versions})(?:/|\Z)|\Z))")
    return plan._replace(
        decides=(*plan.decides, (elsewhere, _ELSEWHERE)),
        includes=_SHARED,
    )


def _projects(reading: Reading) -> Iterator[_Project]:
    """The projects that `variables.mk` names, PROJECT[:[VERSION][:[REPOSITORY][:[DIRECTORY]]]]."""
    stated = _PROJECTS.search(reading.text(f"{reading.folder}variables.mk"))
    text = stated[1] if stated else ""
    while (plain := _CALL.sub("", text)) != text:
        text = plain
    top = posixpath.dirname(reading.folder.rstrip("/"))
    for each in text.split()[:_MOST]:
        name, version, _, directory = (*each.split(":"), "", "", "")[:4]
        folder = posixpath.normpath(posixpath.join(top, directory.strip("/") or "docs/sources"))
        if re.fullmatch(r"[\w-]+", name) and reading.has(folder):
            versioned = "" if version == "UNVERSIONED" else f"/{version or 'latest'}"
            yield _Project(f"docs/{name}{versioned}", folder)


def _fill(site: Built, page: str, reference: str) -> str | None:
    """The version of a page of the same project stands for itself: `/docs/k6/<K6_VERSION>/x`."""
    path = urls.host_and_path(reference)[1] if "://" in reference else reference
    project = path.split("/", 3)[2:3]
    own = site.pages.get(page, "").split("/", 3)
    if not path.startswith("/docs/") or len(own) < 4 or project != own[1:2]:
        return None
    return _VERSION.sub(own[2], reference, count=1) if _VERSION.search(reference) else None


GENERATOR = Generator("grafana", "Grafana's site", _plan, "goldmark", fill=_fill)
