"""The action, the hook and the snippets for CI systems: what they name is there, and what they run does what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from checker import cli
from checker.cli import outputs

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"(?<![\w/-])mirrorcheck ((?:check|page|explain|rules|init|baseline write)\b[^\n`'#;&|]*)")
SNIPPETS = [
    (path, text)
    for path in PAGES
    for text in re.findall(r"^```yaml\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
]


def commands() -> Iterator[tuple[str, str]]:
    for path in (*PAGES, ROOT / "action.yml", ROOT / ".pre-commit-hooks.yaml"):
        for match in COMMAND.finditer(path.read_text("utf-8")):
            yield path.name, match[1].rstrip(" \\.:,)")


@pytest.mark.parametrize(("where", "words"), sorted(set(commands())))
def test_every_command_that_is_shown_is_one(where: str, words: str) -> None:
    command: click.Command = cli.main
    rest = [word for word in shlex.split(re.sub(r"\[[^]]*\]", "", words)) if not word.startswith("$")]
    while isinstance(command, click.Group):
        command = command.commands[rest.pop(0)]

    with cli.main.make_context("mirrorcheck", ["rules"]) as parent:
        arguments = rest or ["x"] if command.name in {"page", "explain"} else rest
        context = command.make_context(None, arguments, parent)

    assert outputs.destinations(context.params.get("formats", ())) is not None, where


@pytest.mark.parametrize(("path", "text"), SNIPPETS, ids=[f"{p.name}-{n}" for n, (p, _) in enumerate(SNIPPETS)])
def test_every_snippet_is_yaml(path: Path, text: str) -> None:
    assert isinstance(yaml.safe_load(text), dict), path


def test_the_hook_fails_a_commit_that_breaks_a_reference(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    program, *arguments = shlex.split(hook["entry"])
    root = write(
        {
            "config.toml": '[mirror]\nroot = "."\n',
            "index.html": '<!DOCTYPE html><a href="other.html">x</a>',
            "other.html": "<p>",
        }
    )
    monkeypatch.chdir(root)

    whole = run(*arguments)
    (root / "other.html").unlink()
    broken = run(*arguments)

    assert program == "mirrorcheck"
    assert (whole.code, whole.out) == (0, "")
    assert broken.code == 1


@pytest.mark.needs("bash")
def test_the_action_annotates_summarises_and_fails(write: Callable[..., Path], tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    step = action["runs"]["steps"][-1]
    inputs = {name: row["default"] for name, row in action["inputs"].items()} | {"source": "site"}
    write({"site/index.html": '<!DOCTYPE html><a href="gone.html">x</a>'}, "checkout")
    program = tmp_path / "mirrorcheck" / "bin" / "mirrorcheck"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m checker "$@"\n')
    program.chmod(0o755)
    stated = {
        name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda m: inputs[m[1]], value) for name, value in step["env"].items()
    }
    summary = tmp_path / "summary.md"

    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path / "checkout",
        env=os.environ
        | stated
        | {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(summary), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error file=site/index.html,line=1,col=")
    assert summary.read_text("utf-8").startswith("### mirrorcheck: 1 error")
    assert len(json.loads((tmp_path / "checkout" / "mirrorcheck.sarif").read_text("utf-8"))["runs"][0]["results"]) == 1


def test_no_input_of_the_action_is_part_of_a_script() -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]

    assert all("${{" not in step["run"] for step in steps)
    assert "${{ inputs." in str(steps)
