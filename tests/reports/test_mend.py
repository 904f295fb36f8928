"""What can be mended, in which turn, and by which command."""

from __future__ import annotations

import os
import shlex
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from msgspec.structs import replace

import reports
from checker.model import Finding, Grade, Level, Report, State, Totals, Verdict
from reports._mend import Turn, command, mendable, turn_of


def finding(page: str = "a.md", grade: Grade | None = Grade.CERTAIN, **changes: object) -> Finding:
    found = Finding(
        "local/wrong-case", Level.ERROR, page, 1, 1, "m", None, "B.md", "B.md", suggestion="b.md", grade=grade
    )
    return replace(found, **changes)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """A report on a clone that is the working folder."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return Report("1", "2026-11-27T03:17:00Z", "2026-11-27T03:17:00Z", ".", str(tmp_path), (), Totals(), ())


@pytest.mark.parametrize(
    ("grades", "said"),
    [
        ((), ""),
        ((None,), ""),
        ((Grade.CERTAIN, None), "1 of these can be mended with `mirrorcheck fix`"),
        ((Grade.LIKELY,) * 2, "2 of these can be mended with `mirrorcheck fix --likely`"),
        (
            (Grade.CERTAIN, Grade.LIKELY, Grade.CERTAIN),
            "2 of these can be mended with `mirrorcheck fix`, 1 more with `--likely`",
        ),
    ],
)
def test_reports_say_how_many_findings_fix_can_mend(clone: Report, grades: tuple[Grade | None, ...], said: str) -> None:
    report = replace(clone, findings=tuple(finding(grade=grade) for grade in grades))

    assert mendable(report) == said
    assert mendable(replace(report, root="")) == ""
    for name in ("terminal", "markdown"):
        stream = StringIO()
        reports.write(name, report, stream)
        assert ("can be mended" in stream.getvalue()) is bool(said)
        assert said in stream.getvalue()


def test_a_command_names_the_pages_and_a_shell_reads_them_as_they_are(clone: Report) -> None:
    pages = ["a b.md", "-x.md", "it's $(touch x).md", "sub/c.md"]
    typed = command(clone, [*map(finding, pages), finding("other.md", None)])

    shown = subprocess.run(["sh", "-c", f"printf '%s\\n' {typed}"], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines() == [
        *("mirrorcheck", "fix", "--select", "local/wrong-case"),
        *("./-x.md", "a b.md", "it's $(touch x).md", "sub/c.md"),
    ]


@pytest.mark.parametrize(
    "pages", [[f"{n}.md" for n in range(6)], ["a\nrm -rf x.md"], ["\udcd6.md"]], ids=["many", "controls", "bytes"]
)
def test_a_command_names_the_folder_where_pages_cannot_be_named(clone: Report, pages: list[str]) -> None:
    assert command(clone, map(finding, pages)) == "mirrorcheck fix --select local/wrong-case ."


def test_a_folder_whose_pages_do_not_show_its_root_is_named_itself(clone: Report, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    below = replace(clone, root=str(tmp_path / "site"))

    assert command(below, [finding()]) == "mirrorcheck fix --select local/wrong-case site"
    (tmp_path / "mirrorcheck.toml").touch()
    assert command(below, [finding()]) == "mirrorcheck fix --select local/wrong-case site/a.md"


def test_a_likely_suggestion_must_be_asked_for(clone: Report) -> None:
    assert shlex.split(command(clone, [finding(grade=Grade.LIKELY)]))[2] == "--likely"
    assert command(clone, [finding(grade=None)]) == ""
    assert command(replace(clone, root=""), [finding()]) == ""
    assert os.sep not in command(clone, [finding()]).removeprefix("mirrorcheck fix --select local/wrong-case ")


def test_a_copy_at_an_archive_must_be_asked_for_too(clone: Report) -> None:
    copy = finding(rule="remote/not-found", grade=Grade.LIKELY)
    report = replace(clone, findings=(copy, copy, finding(), finding(grade=Grade.LIKELY)))

    assert command(clone, [copy]) == "mirrorcheck fix --archive --likely --select remote/not-found a.md"
    assert mendable(report) == (
        "1 of these can be mended with `mirrorcheck fix`, 1 more with `--likely`, 2 more with `--archive --likely`"
    )
    only = replace(clone, findings=(copy,))
    assert mendable(only) == "1 of these can be mended with `mirrorcheck fix --archive --likely`"


def test_a_command_names_the_folder_where_one_finding_stands_for_all_pages(clone: Report) -> None:
    mixed = finding(rule="asset/mixed-content")

    assert command(clone, [mixed]) == "mirrorcheck fix --select asset/mixed-content ."
    assert mendable(replace(clone, findings=(mixed,))) == ""  # `fix` mends it only where it is asked to


@pytest.mark.parametrize(
    ("changes", "turn"),
    [
        ({}, Turn.CERTAIN),
        (
            {"rule": "remote/moved", "verdict": Verdict.REDIRECTED},
            Turn.OTHER,
        ),  # a matter of taste, for which `fix` is asked
        ({"grade": Grade.LIKELY}, Turn.PERMANENT),
        ({"grade": None}, Turn.PERMANENT),
        ({"grade": None, "verdict": Verdict.OK}, Turn.OTHER),
        ({"grade": None, "verdict": Verdict.SUSPECT}, Turn.UNCERTAIN),
        ({"state": State.FLAPPING}, Turn.UNCERTAIN),
        ({"state": State.FIXED}, None),
    ],
)
def test_what_fix_mends_comes_first_and_what_flaps_last(
    clone: Report, changes: dict[str, object], turn: Turn | None
) -> None:
    assert turn_of(clone, [replace(finding(), **changes)]) is turn
