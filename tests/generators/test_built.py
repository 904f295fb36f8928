"""Small sites and what the real generators made of them: the sweep of the sources agrees with that of what was built.

A folder a generator: `source/`, `built/`, and `NOTES.md`, which says how it was built. Each reference of a source has a
label, `L01`, in its text, its alternative text or its title, on a line of its own. Where the generator cannot be had, the
notes have the verdicts instead of a folder `built`, from its documentation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

SITES = Path(__file__).parent
NAMES = sorted(folder.parent.name for folder in SITES.glob("*/built"))
BY_HAND = sorted(notes.parent.name for notes in SITES.glob("*/NOTES.md") if notes.parent.name not in NAMES)
LABEL = re.compile(r"\bL\d{2,3}\b")
ADDRESS = re.compile(r"^address: (\S+)$", re.M)  # where the site is published
BROKEN_BY_HAND = re.compile(r"^broken: (.+)$", re.M)  # labels, where nothing was built
UNCHECKED = re.compile(r"^unchecked: (.+)$", re.M)  # labels of what only the generator decides
OPTIONS = ("--offline", "--no-history", "--all", "--format", "json", "--fail-on", "never")
FOUND, BROKEN, UNKNOWN = "found", "broken", "unchecked"


def lines_of_labels(source: Path) -> dict[str, tuple[str, int, str]]:
    """label -> (page, line number, line) of the sources."""
    found = {}
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").split("\n"), 1):
            labels = set(LABEL.findall(line))
            assert len(labels) < 2, f"{path}:{number}: one label a line, for a finding tells the line"
            for label in labels:
                assert label not in found, f"{label} is at {path}:{number} and at {found[label]}"
                found[label] = (path.relative_to(source).as_posix(), number, line)
    return found


def in_source(report: Any, labels: dict[str, tuple[str, int, str]]) -> Iterator[tuple[str, str]]:
    """(label, verdict) for the site's readers, of what mirrorcheck says of the sources."""
    wrong = {
        (finding["page"], finding["line"])
        for finding in report["findings"]
        if finding["verdict"] in {"broken", "suspect"}
    }
    unknown = {(row["page"], row["reference"]) for row in report["references"] if row["verdict"] == "unchecked"}
    for label, (page, number, line) in labels.items():
        if (page, number) in wrong:
            yield label, BROKEN
        elif any(page == of and raw in line for of, raw in unknown):
            yield label, UNKNOWN
        else:
            yield label, FOUND


def in_built(report: Any, built: Path) -> Iterator[tuple[str, str]]:
    """(label, verdict) of what mirrorcheck says of the site that was built."""
    verdicts = {(row["page"], row["reference"]): row["verdict"] for row in report["references"]}
    for path in sorted(built.rglob("*.html")):
        page = path.relative_to(built).as_posix()
        tree = BeautifulSoup(path.read_bytes(), "html.parser")
        for element in tree.find_all(["a", "img"]):
            assert isinstance(element, Tag)
            words = f"{element.get_text(' ')} {element.get('alt', '')} {element.get('title', '')}"
            reference = element.get("href", element.get("src"))
            for label in set(LABEL.findall(words)):
                verdict = verdicts.get((page, str(reference))) if reference is not None else "ok"
                assert verdict is not None, f"{page}: nothing is said of {reference!r}"
                yield label, {"ok": FOUND, "unchecked": UNKNOWN}.get(verdict, BROKEN)


@pytest.mark.parametrize("name", NAMES)
def test_the_sources_have_the_verdicts_of_what_is_built(name: str, run: Callable[..., Any]) -> None:
    notes = (SITES / name / "NOTES.md").read_text()
    address = ADDRESS.search(notes)
    unchecked = UNCHECKED.search(notes)
    assert address
    labels = lines_of_labels(SITES / name / "source")
    of_source = run("check", SITES / name / "source", *OPTIONS)
    of_built = run("check", SITES / name / "built", "--published", address[1], *OPTIONS)

    said = dict(in_source(of_source.report, labels))
    true: dict[str, set[str]] = {}
    for label, verdict in in_built(of_built.report, SITES / name / "built"):
        true.setdefault(label, set()).add(verdict)
    assert len(true) > len(labels) / 2, "most references of the sources are on the pages that were built"
    wrong = {
        f"{label} {labels[label]}": (said[label], verdicts)
        for label, verdicts in true.items()
        if UNKNOWN not in {said[label], *verdicts} and said[label] not in verdicts
    }
    assert not wrong
    unknown = {label for label, verdict in said.items() if verdict == UNKNOWN and true.get(label, {FOUND}) != {UNKNOWN}}
    assert unknown == set(unchecked[1].split() if unchecked else ())


@pytest.mark.parametrize("name", BY_HAND)
def test_the_sources_have_the_verdicts_that_the_documentation_gives(name: str, run: Callable[..., Any]) -> None:
    notes = (SITES / name / "NOTES.md").read_text()
    broken, unchecked = BROKEN_BY_HAND.search(notes), UNCHECKED.search(notes)
    assert broken
    labels = lines_of_labels(SITES / name / "source")
    true = dict.fromkeys(labels, FOUND) | dict.fromkeys(broken[1].split(), BROKEN)
    true |= dict.fromkeys(unchecked[1].split() if unchecked else (), UNKNOWN)

    said = dict(in_source(run("check", SITES / name / "source", *OPTIONS).report, labels))

    assert said == true
