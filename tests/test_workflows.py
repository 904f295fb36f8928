"""Workflows, issue forms and hooks of this repository: what they name is there, and they may do no more than they must."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import yaml

import checker

ROOT = Path(__file__).parents[1]
FORGE = ROOT / ".github"
WORKFLOWS = sorted((FORGE / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (FORGE / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
HOOKS = ROOT / ".pre-commit-config.yaml"
ALL = [*sorted(FORGE.rglob("*.yml")), HOOKS]
MAY_WRITE = {("release.yml", "publish"): {"id-token": "write"}}  # every other job reads the repository, and no more


def read(path: Path) -> dict[Any, Any]:
    parsed: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    return parsed


def jobs() -> Iterator[tuple[Path, str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in read(path)["jobs"].items():
            yield path, name, job


def steps() -> Iterator[tuple[Path, dict[str, Any]]]:
    for path, _, job in jobs():
        for step in job.get("steps", ()):
            yield path, step


def recipe(target: str) -> list[str]:
    """The lines of a target of the Makefile, its variables as they stand."""
    text = (ROOT / "Makefile").read_text("utf-8")
    found = re.search(rf"^{re.escape(target)}:.*\n((?:\t.*\n)*)", text, re.MULTILINE)
    assert found, f"the Makefile has no target {target}"
    return [line.strip() for line in found[1].splitlines()]


@pytest.mark.parametrize("path", ALL, ids=[path.relative_to(ROOT).as_posix() for path in ALL])
def test_every_file_is_a_table_and_names_no_registry(path: Path) -> None:
    assert isinstance(read(path), dict)
    assert not re.search(r"https?://|\bindex-url\b|repository-url", path.read_text("utf-8"))


def test_the_matrix_has_the_pythons_that_the_classifiers_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    classified = {text.rpartition(" ")[2] for text in project["classifiers"] if re.search(r":: 3\.\d+$", text)}
    matrix = read(FORGE / "workflows" / "ci.yml")["jobs"]["quick"]["strategy"]["matrix"]

    assert set(matrix["python"]) == classified
    assert {row["python"] for row in matrix["include"]} <= classified


def test_every_make_target_that_is_named_is_one() -> None:
    texts = [path.read_text("utf-8") for path in [*ALL, *ROOT.glob("*.md"), *FORGE.glob("*.md")]]
    targets = {target for text in texts for target in re.findall(r"(?:`|run: |^ +)make ([a-z]+)", text, re.MULTILINE)}

    assert {"setup", "quick", "test", "dist"} <= targets
    for target in targets:
        assert recipe(target) or target == "setup"


def test_the_programs_of_the_whole_suite_are_those_that_ci_installs() -> None:
    installed = set(re.findall(r"[\w-]+:([\w-]+)", (ROOT / ".ci" / "run").read_text("utf-8")))
    [told] = re.findall(r"apt-get install (.*)", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))

    assert {*told.split(), "git", "make"} == installed


def test_windows_runs_what_make_quick_runs() -> None:
    [script] = [step["run"] for _, step in steps() if step.get("if") == "runner.os == 'Windows'"]
    expected = [line.removeprefix("$(BIN)/") for line in recipe("quick")]

    assert script.splitlines()[-len(expected) :] == expected


def test_every_job_may_do_what_it_must_and_no_more() -> None:
    for path in WORKFLOWS:
        assert read(path)["permissions"] == {}, path.name
    for path, name, job in jobs():
        assert job["permissions"] == MAY_WRITE.get((path.name, name), {"contents": "read"}), (path.name, name)
        assert "secrets." not in str(job), (path.name, name)


def test_every_action_is_named_by_its_commit() -> None:
    for path in WORKFLOWS:
        for line in re.findall(r"uses: (.*)", path.read_text("utf-8")):
            assert line.startswith("./") or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_no_checkout_leaves_its_credentials_and_no_script_holds_what_an_event_says() -> None:
    for path, step in steps():
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False, path.name
        assert "${{" not in step.get("run", ""), path.name


@pytest.mark.needs("bash")
@pytest.mark.parametrize(
    ("tag", "heading", "owner", "error"),
    [
        pytest.param("v{version}", "## {version} - 2026-01-31", "ann", "", id="as it should be"),
        pytest.param(
            "{version}", "## {version} - 2026-01-31", "ann", "the tag must be v{version}", id="a tag without v"
        ),
        pytest.param(
            "v{version}.1", "## {version} - 2026-01-31", "ann", "the tag must be v{version}", id="another version"
        ),
        pytest.param("v{version}", "## {version}", "ann", "has no heading", id="no date"),
        pytest.param("v{version}", "## {version} - 2026-01-31", "OWNER", "still says OWNER", id="no owner"),
        pytest.param("v{version}", "## Unreleased", "ann", "has no heading", id="not in the changelog"),
    ],
)
def test_a_release_is_the_version_of_its_tag_and_dated(
    tag: str, heading: str, owner: str, error: str, tmp_path: Path
) -> None:
    [script] = [step["run"] for _, step in steps() if "TAG" in step.get("env", {})]
    known = {"version": checker.__version__}
    (tmp_path / "checker").mkdir()
    text = (ROOT / "checker" / "__init__.py").read_text("utf-8").replace("/OWNER/", f"/{owner}/")
    (tmp_path / "checker" / "__init__.py").write_text(text, "utf-8")
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading.format(**known)}\n", "utf-8")

    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"TAG": tag.format(**known)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (1 if error else 0, "")
    assert error.format(**known) in done.stdout


@pytest.mark.parametrize("path", FORMS, ids=[path.name for path in FORMS])
def test_every_issue_form_asks_for_something_and_for_the_version_where_it_matters(path: Path) -> None:
    form = read(path)
    fields = {row["id"]: row["attributes"]["label"] for row in form["body"] if "id" in row}

    assert form["name"]
    assert form["description"]
    assert len(set(fields.values())) == len(fields) > 1
    assert "version" in fields or "wish" in path.name


def test_every_hook_of_developers_runs_a_program_of_the_environment() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = [row for row in project["dependency-groups"]["dev"] if isinstance(row, str)]
    programs = {re.split(r"[<>=]", row)[0] for row in groups} | {
        row.name for row in entry_points(group="console_scripts")
    }

    for repository in read(HOOKS)["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            assert Path(shlex.split(hook["entry"])[0]).parent == Path(".venv/bin")
            assert Path(shlex.split(hook["entry"])[0]).name in programs


def test_the_hook_on_the_documentation_passes(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    [entry] = [hook["entry"] for hook in read(HOOKS)["repos"][0]["hooks"] if hook["id"] == "mirrorcheck"]
    monkeypatch.chdir(ROOT)

    done = run(*shlex.split(entry)[1:])

    assert (done.code, done.out) == (0, "")
