"""Which forge a report's lines are on: that of the job's checkout, or that of the mirror's address."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from checker.cli.linked import lines_of
from checker.model import Report, Totals

TIME = "2026-01-02T03:04:05Z"
JOB = {"GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "ann/site"}


def report_of(root: Path, *addresses: str) -> Report:
    return Report("1", TIME, TIME, ".", str(root), addresses, Totals(), ())


@pytest.fixture
def clone(write: Callable[..., Path]) -> tuple[Path, str]:
    """A clone with one commit, and the commit."""
    root = write({"docs and more/a.md": "x"})
    for command in ("init -q -b main", "add .", "-c user.name=a -c user.email=a@example.org commit -qm x"):
        subprocess.run(["git", "-C", str(root), *command.split()], check=True)
    head = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return root, head.stdout.strip()


@pytest.mark.needs("git")
@pytest.mark.parametrize(
    ("more", "view", "query"),
    [({}, "blob", "plain=1"), ({"GITEA_ACTIONS": "true"}, "src/commit", "display=source")],
    ids=["github", "forgejo"],
)
def test_a_checkout_of_a_job_is_shown_at_its_commit(
    more: dict[str, str], view: str, query: str, clone: tuple[Path, str]
) -> None:
    root, head = clone
    below = "docs%20and%20more/"

    whole = lines_of(report_of(root), JOB | more | {"GITHUB_SHA": head})
    part = lines_of(report_of(root / "docs and more"), JOB | more | {"GITHUB_SHA": head})

    assert whole == f"https://github.example/ann/site/{view}/{head}/{{page}}?{query}#L{{line}}"
    assert part == f"https://github.example/ann/site/{view}/{head}/{below}{{page}}?{query}#L{{line}}"


@pytest.mark.needs("git")
def test_what_the_job_did_not_check_out_is_not_shown_there(clone: tuple[Path, str], tmp_path: Path) -> None:
    root, head = clone
    other = tmp_path / "other"
    other.mkdir()

    assert lines_of(report_of(root), JOB | {"GITHUB_SHA": head[::-1]}) == ""
    assert lines_of(report_of(root), {"GITHUB_SHA": head}) == ""
    assert lines_of(report_of(other), JOB | {"GITHUB_SHA": head}) == ""
    assert lines_of(replace(report_of(root), root=""), JOB | {"GITHUB_SHA": head}) == ""


def test_elsewhere_lines_are_where_the_report_has_them(tmp_path: Path) -> None:
    lines = "https://codeberg.org/ann/site/src/branch/main/{page}?display=source#L{line}"

    assert lines_of(replace(report_of(tmp_path), lines=lines), {}) == lines
