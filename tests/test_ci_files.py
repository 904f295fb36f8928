"""The action, the hook and the snippets for CI systems: what they name is there, and what they run does what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import click
import pytest
import yaml

from checker import cli
from checker.cli import outputs

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"(?<![\w/-])mirrorcheck ((?:check|page|explain|rules|init|baseline write)\b[^\n`'#;&|]*)")
NIGHTLY = sorted((ROOT / "examples" / "nightly").iterdir())
SNIPPETS = [
    (path, text)
    for path in PAGES
    for text in re.findall(r"^```yaml\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
]


def commands() -> Iterator[tuple[str, str]]:
    for path in (*PAGES, ROOT / "action.yml", ROOT / ".pre-commit-hooks.yaml", *ROOT.glob("templates/*"), *NIGHTLY):
        for match in COMMAND.finditer(path.read_text("utf-8")):
            yield path.name, match[1].rstrip(" \\.:,)")


@pytest.mark.parametrize(("where", "words"), sorted(set(commands())))
def test_every_command_that_is_shown_is_one(
    where: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".mirrorcheck").mkdir()  # which the nightly set-ups make once
    monkeypatch.chdir(tmp_path)
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


WHOLE = [
    pytest.param(read, id=f"{path.name}-{n}")
    for n, (path, text) in enumerate(SNIPPETS)
    if "jobs" in (read := yaml.safe_load(text))
]


@pytest.mark.parametrize("workflow", WHOLE)
def test_a_workflow_that_is_shown_whole_can_be_started_and_names_only_what_it_has(workflow: dict[Any, Any]) -> None:
    assert workflow.keys() <= {"name", True, "permissions", "jobs"}  # YAML reads `on` as True
    assert workflow[True].keys() <= {"push", "pull_request", "schedule", "workflow_dispatch"}
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        steps = job["steps"]
        assert all(len({"run", "uses"} & step.keys()) == 1 for step in steps)
        set_by = {step["id"]: set(re.findall(r'"(\w+)=', step["run"])) for step in steps if "id" in step}
        for scope, name in re.findall(r"\$\{\{ (\w+)\.([\w.]+) \}\}", str(steps)):
            assert scope in {"github", "steps"}
            if scope == "steps":
                step, _, output = name.partition(".outputs.")
                assert output in set_by[step]
        if "gh issue" in str(steps):
            assert workflow["permissions"] == {"contents": "read", "issues": "write"}


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


class Action:
    """The steps of the action that are scripts, run in a checkout as a runner does; what they use is installed here."""

    def __init__(self, folder: Path, **inputs: str) -> None:
        self.file = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
        self.checkout, self.temp, self.summary = folder / "checkout", folder / "temp", folder / "summary.md"
        programs = self.temp / "mirrorcheck" / "bin"
        programs.mkdir(parents=True)
        (programs / "python").symlink_to(sys.executable)
        program = programs / "mirrorcheck"
        program.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {sys.executable} -P -m checker "$@"\n')
        program.chmod(0o755)
        self.known = {f"inputs.{name}": row["default"] for name, row in self.file["inputs"].items()}
        self.known |= {f"inputs.{name}": value for name, value in inputs.items()}
        self.known |= {"runner.temp": str(self.temp), "github.action_path": str(ROOT)}
        self.log = ""

    def run(self) -> int:
        """The exit code of the step that fails, or 0. The log is that of the last run."""
        self.log = ""
        for step in self.file["runs"]["steps"]:
            if "run" not in step or "cache-hit" in step.get("if", ""):
                continue
            if "inputs.comment" in step.get("if", "") and self.known["inputs.comment"] != "true":
                continue
            output = self.temp / "output"
            output.write_text("")
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=self.checkout,
                env=os.environ
                | {name: self._stated(value) for name, value in step["env"].items()}
                | {
                    "PATH": f"{self.temp}:{os.environ['PATH']}",
                    "RUNNER_TEMP": str(self.temp),
                    "GITHUB_OUTPUT": str(output),
                    "GITHUB_STEP_SUMMARY": str(self.summary),
                },
                capture_output=True,
                text=True,
                check=False,
            )
            self.log += done.stdout + done.stderr
            for line in output.read_text("utf-8").splitlines():
                name, _, value = line.partition("=")
                self.known[f"steps.{step['id']}.outputs.{name}"] = value
            if done.returncode:
                return done.returncode
        return 0

    @property
    def outputs(self) -> dict[str, str]:
        return {name: self._stated(row["value"]) for name, row in self.file["outputs"].items()}

    def _stated(self, text: str) -> str:
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: self.known.get(match[1], ""), text)


BROKEN = '<!DOCTYPE html><a href="gone.html">x</a>'


@pytest.mark.needs("bash")
def test_the_action_annotates_summarises_counts_and_fails(write: Callable[..., Path], tmp_path: Path) -> None:
    write({"site/index.html": BROKEN}, "checkout")
    action = Action(tmp_path, source="site")

    code = action.run()

    assert code == 1, action.log
    assert action.log.startswith("::error file=site/index.html,line=1,col=")
    assert action.summary.read_text("utf-8").startswith("### mirrorcheck: 1 error")
    report = action.outputs.pop("report")
    counts = {"code": "1", "errors": "1", "warnings": "0", "new": "", "sarif": "mirrorcheck.sarif"}
    assert action.outputs == counts | {"report": report}
    assert json.loads(Path(report).read_text("utf-8"))["totals"]["levels"]["error"] == 1
    assert len(json.loads((tmp_path / "checkout" / "mirrorcheck.sarif").read_text("utf-8"))["runs"][0]["results"]) == 1


@pytest.mark.needs("bash")
def test_the_action_counts_what_is_new_by_the_history_that_it_keeps(write: Callable[..., Path], tmp_path: Path) -> None:
    write({"site/index.html": BROKEN}, "checkout")
    action = Action(tmp_path, source="site", options="--offline --fail-on-new")
    first = action.run()
    second, known = action.run(), action.outputs["new"]
    write({"site/index.html": BROKEN + '<a href="lost.html">x</a>'}, "checkout")
    third, new = action.run(), action.outputs["new"]

    assert (first, second, third) == (1, 0, 1)
    assert (known, new) == ("0", "1")


@pytest.mark.needs("bash")
def test_the_action_without_a_history_writes_none(write: Callable[..., Path], tmp_path: Path) -> None:
    write({"site/index.html": "<p>"}, "checkout")
    action = Action(tmp_path, source="site", history="")

    assert action.run() == 0, action.log
    assert not (tmp_path / "checkout" / ".mirrorcheck").exists()
    assert (action.outputs["code"], action.outputs["errors"]) == ("0", "0")


@pytest.mark.needs("bash")
def test_the_action_says_that_its_job_could_not_be_done(write: Callable[..., Path], tmp_path: Path) -> None:
    write({"site/index.html": "<p>"}, "checkout")
    action = Action(tmp_path, source="nowhere")

    assert action.run() == 2
    assert "nowhere" in action.log
    assert action.outputs["code"] == "2"
    assert action.outputs["errors"] == action.outputs["report"] == ""


@pytest.mark.needs("bash")
def test_the_action_runs_nothing_of_the_checkout(write: Callable[..., Path], tmp_path: Path) -> None:
    trap = "open('caught', 'w').close()"
    write(
        {"index.html": "<p>", **{f"{name}.py": trap for name in ("json", "venv", "os", "checker", "pip")}}, "checkout"
    )
    action = Action(tmp_path, source="$(touch caught)", options="--offline ; touch caught `touch caught`")

    assert action.run() == 2
    action.known |= {"inputs.source": "", "inputs.options": "--offline"}
    assert action.run() == 0, action.log
    assert not (tmp_path / "checkout" / "caught").exists()
    for step in action.file["runs"]["steps"]:
        assert not re.search(r"python\d?\"? (?!-I )", step.get("run", ""), re.IGNORECASE)


GH = """#!/bin/sh
# Stands in for GitHub's program: comments.json holds what its API would answer to, and what was written last.
cd "$(dirname "$0")"
[ ! -e forbidden ] || exit 1
while [ "$#" -gt 0 ]; do
  case $1 in
    --jq) filter=$2; shift ;;
    --method) method=$2; shift ;;
    -F) cp "${2#body=@}" body.md; shift ;;
    repos/*) path=$1 ;;
  esac
  shift
done
if [ "${method:-}" ]; then echo "$method $path" >> calls; else jq -r "$filter" comments.json; fi
"""
COMMENTS = "repos/ann/site/issues/7/comments"


def comment(login: str, body: str, number: int) -> dict[str, Any]:
    return {"id": number, "user": {"login": login}, "body": body}


@pytest.mark.needs("bash", "jq")
def test_the_action_keeps_one_comment_up_to_date(write: Callable[..., Path], tmp_path: Path) -> None:
    write({"site/index.html": "<p>"}, "checkout")
    action = Action(tmp_path, source="site", comment="true")
    action.known |= {"github.repository": "ann/site", "github.event.pull_request.number": "7"}
    write({"gh": GH, "comments.json": "[]"}, "temp")
    (action.temp / "gh").chmod(0o755)

    def written() -> tuple[list[str], str]:
        calls, body = action.temp / "calls", action.temp / "body.md"
        found = calls.read_text().splitlines() if calls.exists() else []
        calls.unlink(missing_ok=True)
        return found, body.read_text("utf-8") if found else ""

    assert (action.run(), written()) == (0, ([], ""))

    write({"site/index.html": BROKEN}, "checkout")
    code, (calls, body) = action.run(), written()
    assert (code, calls) == (1, [f"POST {COMMENTS}"])
    assert body.startswith("<!-- mirrorcheck -->\n### mirrorcheck: 1 new error\n")
    assert "`gone.html`" in body or "`site/gone.html`" in body

    others = [comment("ann", body, 1), comment("github-actions[bot]", "another", 2)]
    write({"comments.json": json.dumps([*others, comment("github-actions[bot]", body, 3)])}, "temp")
    write({"site/index.html": "<p>"}, "checkout")
    code, (calls, body) = action.run(), written()
    assert (code, calls) == (0, ["PATCH repos/ann/site/issues/comments/3"])
    assert body.startswith("<!-- mirrorcheck -->\n### mirrorcheck: nothing")


@pytest.mark.needs("bash")
def test_the_action_says_so_where_it_may_not_comment(write: Callable[..., Path], tmp_path: Path) -> None:
    write({"site/index.html": BROKEN}, "checkout")
    action = Action(tmp_path, source="site", comment="true")
    write({"gh": GH, "forbidden": ""}, "temp")
    (action.temp / "gh").chmod(0o755)

    assert action.run() == 1
    assert "::notice title=mirrorcheck::No comment was written" in action.log


@pytest.mark.needs("bash", "git")
def test_the_key_of_the_installed_action_changes_with_its_code(tmp_path: Path) -> None:
    action = Action(tmp_path)
    action.checkout.mkdir()
    [step] = [each for each in action.file["runs"]["steps"] if each.get("id") == "keys"]
    copy = tmp_path / "action"
    for name in ("checker", "reports"):
        (copy / name).mkdir(parents=True)
        (copy / name / "module.py").write_text("")
    (copy / "pyproject.toml").write_text("")
    action.file["runs"]["steps"] = [step]
    keys = []
    for text in ("", "a = 1\n", ""):
        (copy / "reports" / "module.py").write_text(text)
        action.known["github.action_path"] = str(copy)
        assert action.run() == 0, action.log
        keys.append(action.known["steps.keys.outputs.code"])

    assert re.fullmatch("[0-9a-f]{40}", keys[0])
    assert keys[0] == keys[2] != keys[1]


def test_no_input_of_the_action_is_part_of_a_script() -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]

    assert all("${{" not in step.get("run", "") for step in steps)
    assert "${{ inputs." in str(steps)


def test_what_the_action_uses_is_named_by_its_commit_and_every_input_is_described() -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    action = yaml.safe_load(text)

    for used in re.findall(r"uses: (.*)", text):
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used
    assert all(row["description"] for row in (*action["inputs"].values(), *action["outputs"].values()))
    assert not re.search(r"https?://|index-url", text)
    told = (ROOT / "docs" / "ci.md").read_text("utf-8")
    assert all(f"| `{name}` |" in told for name in (*action["inputs"], *action["outputs"]))


def test_three_lines_use_the_action_without_configuration() -> None:
    told = (ROOT / "docs" / "ci.md").read_text("utf-8")
    [job] = [yaml.safe_load(text) for _, text in SNIPPETS if "on: { push:" in text and "OWNER/mirrorcheck@" in text]

    assert [step["uses"].partition("@")[0] for step in job["jobs"]["links"]["steps"]] == [
        "actions/checkout",
        "OWNER/mirrorcheck",
    ]
    assert "three lines" in told


def test_the_component_has_a_header_and_a_job_whose_script_holds_no_input() -> None:
    text = (ROOT / "templates" / "check.yml").read_text("utf-8")
    head, jobs = yaml.safe_load_all(text)
    [(name, job)] = jobs.items()

    assert all(row["description"] for row in head["spec"]["inputs"].values())
    assert set(re.findall(r"\$\[\[ inputs\.(\w+) \]\]", text)) == head["spec"]["inputs"].keys()
    assert name == "$[[ inputs.job ]]"
    assert "$[[" not in str(job["script"])
    assert not {"default", "stages", "workflow"} & jobs.keys()  # which would concern the other jobs of a pipeline
    assert not re.search(r"index-url|registry", text)
    told = (ROOT / "docs" / "ci.md").read_text("utf-8")
    assert all(f"`{each}`" in told for each in head["spec"]["inputs"])


@pytest.mark.needs("bash")
def test_the_job_of_the_component_fails_on_findings_and_leaves_its_reports(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    [job] = list(yaml.safe_load_all((ROOT / "templates" / "check.yml").read_text("utf-8")))[1].values()
    root = write({"site/index.html": BROKEN}, "checkout")
    action = Action(tmp_path)  # for its program
    made = [re.sub(r"/\w+/mirrorcheck(?=/)", str(action.temp / "mirrorcheck"), line) for line in job["script"]]
    script = "\n".join(line for line in made if " -m venv " not in line and "/pip " not in line)

    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=root,
        env=os.environ | {"SOURCE": "site", "OPTIONS": "--offline"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    reports = job["artifacts"]["reports"]
    [issue] = json.loads((root / reports["codequality"]).read_text("utf-8"))
    assert issue["location"]["path"] == "site/index.html"
    assert "site/index.html" in (root / reports["junit"]).read_text("utf-8")


def instructions(stage: str) -> list[list[str]]:
    return [line.split(None, 1) for line in re.sub(r"\\\n\s*", "", stage).splitlines() if re.match("[A-Z]", line)]


def test_the_container_is_slim_and_neither_root_nor_a_shell_runs_in_it() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    *_, last = re.split(r"^(?=FROM )", text, flags=re.MULTILINE)
    steps = dict(instructions(last))

    assert re.fullmatch(r"python:3\.\d+-slim-\w+", steps["FROM"])
    assert int(steps["USER"]) > 0
    assert json.loads(steps["ENTRYPOINT"]) == ["mirrorcheck"]  # the form of an array starts no shell
    assert json.loads(steps["CMD"]) == ["check"]
    assert [name for name, _ in instructions(last)][-4:] == ["USER", "WORKDIR", "ENTRYPOINT", "CMD"]
    assert "rm -rf /var/lib/apt/lists/*" in steps["RUN"]
    assert "--no-install-recommends" in steps["RUN"]
    assert not re.search(r"index-url|https?://|:latest|\bADD\b|\bsudo\b", text)


def test_what_the_container_is_made_of_is_all_that_the_builder_is_sent() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    first = re.split(r"^(?=FROM )", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)[1]
    copied = {name for step, rest in instructions(first) if step == "COPY" for name in rest.split()[:-1]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    assert sent == copied
    assert {*project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"], "pyproject.toml"} <= copied
    assert project["project"]["readme"] in copied
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.needs("systemd-analyze")
def test_systemd_takes_the_service_and_the_timer() -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, (each for each in NIGHTLY if each.suffix != ".md"))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def crontabs() -> list[str]:
    text = (ROOT / "docs" / "ci.md").read_text("utf-8")
    return re.findall(r"^```cron\n(.*?)\n```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.needs("bash")
def test_the_lines_for_cron_write_what_is_new_and_nothing_else(write: Callable[..., Path], tmp_path: Path) -> None:
    variables, line = crontabs()[0].splitlines()
    times, command = line.split()[:5], line.split(None, 5)[5]
    root = write({".mirrorcheck/.gitignore": "*", "index.html": "<p>"})
    action = Action(tmp_path)  # for its program
    programs = variables.removeprefix("PATH=").replace("/opt/mirrorcheck", str(action.temp / "mirrorcheck"))

    def night(folder: Path = root) -> str:
        done = subprocess.run(
            ["sh", "-c", command.replace("/srv/mirror", str(folder))],
            env={"PATH": programs},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    assert all(re.fullmatch(r"[\d*]+", each) for each in times)
    assert "%" not in line  # which is the end of a line for cron
    assert night() == ""
    (root / "index.html").write_text(BROKEN)
    assert "gone.html" in night()
    assert night() == ""
    (root / "index.html").write_text(BROKEN + '<a href="lost.html">x</a>')
    told = night()
    assert "lost.html" in told
    assert "gone.html" not in told
    assert (root / ".mirrorcheck" / "health.html").read_text("utf-8").startswith("<!doctype html>")
    (root / "mirrorcheck.toml").write_text("[mirror")
    told = night()
    assert "mirrorcheck.toml" in told
    assert "lost.html" not in told


@pytest.mark.needs("bash")
def test_the_command_for_a_container_writes_in_one_folder_only_and_needs_no_root(
    write: Callable[..., Path], run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No engine is at hand here: no account, no home, no folder for temporary files, and a mirror that is read-only."""
    line = crontabs()[1]
    _, _, arguments = line.partition(" mirrorcheck ")
    assert re.search(r"--read-only .*--user 10001 ", line)
    pages = {".mirrorcheck/.gitignore": "*", "index.html": BROKEN, "other.html": "<p>"}
    monkeypatch.chdir(write(pages, "first"))
    run(*shlex.split(arguments), "--offline")  # loads all modules: Python may lie where only root can read
    root = write(pages, "mirror")
    monkeypatch.chdir(root)
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, "/nonexistent")
    asroot = os.geteuid() == 0
    for parent in (tmp_path, *tmp_path.parents[:2]) if asroot else ():
        parent.chmod(0o755)
    (root / ".mirrorcheck").chmod(0o777)
    for each in (root / "index.html", root / "other.html", root):
        each.chmod(0o555)
    before = sorted(root.iterdir())

    if asroot:
        os.seteuid(10_001)
    try:
        ran = run(*shlex.split(arguments), "--offline")
    finally:
        os.seteuid(os.getuid())
        root.chmod(0o755)

    assert (ran.code, ran.err) == (1, "")
    assert sorted(root.iterdir()) == before
    assert (root / ".mirrorcheck" / "history.sqlite").exists()
    assert "gone.html" in (root / ".mirrorcheck" / "health.html").read_text("utf-8")


ISSUES = """#!/bin/sh
# Stands in for GitHub's program: `issue` is the only one, and `state` says whether it is open.
cd "$(dirname "$0")"
echo "$1 $2" >> calls
for last; do :; done
case "$1 $2" in
  "issue list") [ "$(cat state 2>/dev/null)" = open ] && echo 7 || true ;;
  "issue create") echo open > state; cp "$OLDPWD/$last" issue ;;
  "issue edit") cp "$OLDPWD/$last" issue ;;
  "issue close") echo closed > state ;;
esac
"""


@pytest.mark.needs("bash")
def test_the_nightly_workflow_keeps_one_issue(write: Callable[..., Path], tmp_path: Path) -> None:
    [job] = [yaml.safe_load(text) for _, text in SNIPPETS if text.startswith("name: links, nightly")]
    steps = [each for each in job["jobs"]["links"]["steps"] if "run" in each and "pipx" not in each["run"]]
    root = write({"index.html": "<p>"}, "checkout")
    action = Action(tmp_path, options="")  # for its program
    write({"gh": ISSUES}, "temp")
    (action.temp / "gh").chmod(0o755)
    calls, issue, output = (action.temp / name for name in ("calls", "issue", "output"))
    known: dict[str, str] = {}

    def night() -> list[str]:
        for step in steps:
            output.write_text("")
            env = {
                name: re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda match: known.get(match[1], ""), value)
                for name, value in step.get("env", {}).items()
            }
            path = f"{action.temp}:{action.temp / 'mirrorcheck' / 'bin'}:{os.environ['PATH']}"
            subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=root,
                env=os.environ | env | {"PATH": path, "GITHUB_OUTPUT": str(output)},
                capture_output=True,
                check=True,
            )
            for line in output.read_text("utf-8").splitlines():
                name, _, value = line.partition("=")
                known[f"steps.{step['id']}.outputs.{name}"] = value
        made = [call for call in calls.read_text("utf-8").splitlines() if call not in {"label create", "issue list"}]
        calls.unlink()
        return made

    assert night() == []
    (root / "index.html").write_text(BROKEN)
    assert night() == ["issue create"]
    assert "gone.html" in issue.read_text("utf-8")
    (root / "index.html").write_text('<!DOCTYPE html><a href="lost.html">x</a>')
    assert night() == ["issue edit"]
    assert "| \N{CROSS MARK} new | local/missing-file | `lost.html`" in issue.read_text("utf-8")
    (root / "index.html").write_text("<p>")
    assert night() == ["issue edit", "issue close"]
    assert night() == []


class _Chat(BaseHTTPRequestHandler):
    """Stands in for a chat: keeps what is posted to its webhook."""

    got: ClassVar[list[tuple[str, str | None, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, self.headers["Content-Type"], body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.needs("bash", "jq", "curl")
def test_three_lines_of_shell_tell_a_chat(write: Callable[..., Path], tmp_path: Path) -> None:
    told = (ROOT / "docs" / "ci.md").read_text("utf-8")
    [script] = re.findall(r"^```sh\n((?:.*\n){3})```", told, re.MULTILINE)
    root = write({".mirrorcheck/.gitignore": "*", "index.html": BROKEN})
    action = Action(tmp_path)  # for its program
    path = f"{action.temp / 'mirrorcheck' / 'bin'}:{os.environ['PATH']}"
    subprocess.run(
        ["mirrorcheck", "check", "-q", "--offline"],
        cwd=root,
        env=os.environ | {"PATH": path},
        capture_output=True,
        check=False,
    )
    _Chat.got.clear()

    with HTTPServer(("127.0.0.1", 0), _Chat) as chat:
        server = threading.Thread(target=chat.handle_request)
        server.start()
        env = os.environ | {"PATH": path, "WEBHOOK": f"http://127.0.0.1:{chat.server_port}/hook", "NO_PROXY": "*"}
        done = subprocess.run(
            ["bash", "-c", script.replace("/srv/mirror", str(root))],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        chat.timeout = 0
        server.join(10)

    assert (done.returncode, done.stderr) == (0, "")
    [(where, kind, body)] = _Chat.got
    assert (where, kind) == ("/hook", "application/json")
    assert json.loads(body) == {"text": "links: 1 error, https://status.example/health.html"}
