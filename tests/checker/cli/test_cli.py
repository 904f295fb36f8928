"""The command line: exit codes, streams, sources and options."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

BROKEN = '<!doctype html><a href="gone.html">g</a>'
CLEAN = "<!doctype html><p>nothing</p>"
WARNED = '<!doctype html><img src="">'


@pytest.mark.parametrize(
    ("page", "arguments", "code"),
    [
        (CLEAN, [], 0),
        (BROKEN, [], 1),
        (BROKEN, ["--fail-on", "never"], 0),
        (BROKEN, ["--ignore", "local/missing-file"], 0),
        (BROKEN, ["--ignore", "local"], 0),
        (BROKEN, ["--select", "url"], 0),
        (BROKEN, ["--select", "local"], 1),
        (WARNED, [], 0),
        (WARNED, ["--fail-on", "warning"], 1),
        (WARNED, ["--fail-on", "note"], 1),
        (CLEAN, ["--fail-on", "note"], 0),
    ],
)
def test_the_exit_code_says_whether_something_counts(
    page: str, arguments: list[str], code: int, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    for form in ("terminal", "json"):
        assert run("check", write({"index.html": page}), "--offline", "--format", form, *arguments).code == code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "{root}/nowhere"], "no such file or folder"),
        (["check", "{root}/empty"], "no page to check"),
        (["check", "{root}/pageless"], "no page to check"),
        (["check", "https://mirror.example/", "--offline"], "cannot be checked with --offline"),
        (["check", "http://[::x/"], "not a URL that a browser could open"),
        (["check", "http://127.0.0.1:9/"], "the connection is refused"),
        (["page", "https://nowhere.test/"], "the host's name does not resolve"),
        (["check", "{root}", "--exclude", "("], "is not a regular expression"),
        (["check", "{root}", "--time-limit", "soon"], "not a duration"),
        (["check", "{root}", "--config", "{root}/none.toml"], "cannot be read"),
        (["check", "{root}", "--config", "{root}/bad.toml"], "bad.toml:2: [mirror] no key is called 'rot'"),
        (["check", "{root}", "--ignore", "local/mising-file"], "did you mean 'local/missing-file'"),
        (["check", "{root}", "--format", "jsn"], "did you mean 'json'"),
        (["check", "{root}", "--format", "json="], "no file after"),
        (["check", "{root}", "--format", "json", "--format", "terminal"], "only one report can go to standard output"),
        (["check", "{root}", "--format", "json={root}/no/such/folder.json"], "could not be written"),
        (["check", "{root}", "--published", "mirror.example"], "is no address"),
        (["check", "{root}", "--fail-on", "always"], "Invalid value"),
        (["check", "--nonsense"], "No such option"),
        (["page", "{root}"], "not a file"),
        (["rules", "local/mising-file"], "did you mean"),
        (["explain", "{root}/index.html", "no-such-reference"], "no reference"),
        (["nonsense"], "No such command"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_on_standard_error(
    arguments: list[str], message: str, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"index.html": BROKEN, "pageless/a.log": "", "bad.toml": "[mirror]\nrot = 1\n"})
    (root / "empty").mkdir()

    result = run(*[argument.format(root=root) for argument in arguments])

    assert result.code == 2
    assert message in result.err
    assert "Traceback" not in result.err
    assert result.out == ""


def test_the_report_alone_is_on_standard_output(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    result = run("check", write({"index.html": BROKEN}), "--format", "json")

    assert result.report["findings"][0]["reference"] == "gone.html"
    assert result.err == ""


def test_several_reports_of_one_run(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"index.html": BROKEN})

    result = run("check", root, "--offline", "--format", f"json={root}/out.json", "--format", "terminal")

    assert "local/missing-file" in result.out
    assert json.loads((root / "out.json").read_text())["findings"]


def test_all_lists_every_reference(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    page = '<!doctype html><p id=x><a href="#x"></a><a href="gone.html"></a><a href="https://example.test/"></a>'

    result = run("check", write({"index.html": page}), "--offline", "--format", "json", "--all")

    assert [(row["reference"], row["verdict"]) for row in result.report["references"]] == [
        ("#x", "ok"),
        ("gone.html", "broken"),
        ("https://example.test/", "unchecked"),
    ]


def test_files_and_folders_of_a_mirror_can_be_checked_alone(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write(
        {"config.toml": "[mirror]\n", "a/x.html": BROKEN, "a/y.html": BROKEN, "b/z.html": '<a href="../a/x.html">'}
    )

    result = run(
        "check", "--config", root / "config.toml", root / "a" / "x.html", root / "b", "--offline", "--format", "json"
    )

    assert {finding["page"] for finding in result.report["findings"]} == {"a/x.html"}
    assert result.report["totals"]["pages"] == 2


def test_page_reads_one_page_and_knows_the_ids_of_others(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = write({"config.toml": "[mirror]\n", "x.md": "[a](y.md#there)\n[b](y.md#nowhere)\n", "y.md": "# There\n"})

    result = run("page", root / "x.md", "--config", root / "config.toml", "--offline", "--format", "json")

    assert [(f["page"], f["line"], f["rule"]) for f in result.report["findings"]] == [
        ("x.md", 2, "local/missing-fragment")
    ]


def test_rules_of_a_path_do_not_count_there(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    config = '[[rules.path]]\npath = "drafts/**"\nignore = ["local"]\nreason = "not finished"\n'
    root = write({"config.toml": config, "index.html": BROKEN, "drafts/a.html": BROKEN})

    result = run("check", "--config", root / "config.toml", "--offline", "--format", "json", "--select", "local")

    assert [finding["page"] for finding in result.report["findings"]] == ["index.html"]


def test_a_configuration_of_another_program_is_passed_over(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"config.toml": 'baseURL = "https://example.test/"\n', "index.html": BROKEN})
    monkeypatch.chdir(root)

    assert run("check", ".", "--offline").code == 1


def stable(text: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(text)
    return {key: value for key, value in report.items() if key not in {"started", "finished"}}


def test_processes_and_this_process_find_the_same(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    pages = {
        f"d{n % 7}/p{n}.html": f'<!doctype html><p id=i{n}><a href="../d{(n + 1) % 7}/p{n + 1}.html#i{n + 1}">'
        for n in range(400)
    }
    root = write({"index.html": BROKEN, **pages})

    one, two, again = (
        stable(run("check", root, "--offline", "--format", "json", "--all", "--jobs", jobs).out)
        for jobs in ("1", "2", "2")
    )

    assert one == two == again
    assert len(one["references"]) == 401


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "checker", *arguments]


def test_an_interrupt_ends_the_run_with_what_was_learnt(write: Callable[..., Path], tmp_path: Path) -> None:
    root = write({f"p{n}.md": "[a](gone.md) text\n\n" * 3_000 for n in range(1_500)})
    out = tmp_path / "out.json"
    process = subprocess.Popen(
        command("check", str(root), "--offline", "--format", f"json={out}"),
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()

    assert process.returncode == 130, err
    report = json.loads(out.read_text())
    assert report["complete"] is False
    assert report["totals"]["pages"] < 1_500


def test_a_reader_that_leaves_costs_no_traceback(write: Callable[..., Path]) -> None:
    root = write({f"p{n}.md": "[a](gone.md)\n" for n in range(200)})
    check = " ".join(command("check", str(root), "--offline", "-v"))

    result = subprocess.run(
        ["sh", "-c", f"{check} | head -n 1"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )

    assert "Traceback" not in result.stderr
    assert result.stdout.startswith("error")


def test_one_page_is_told_place_by_place_unless_asked_otherwise(
    write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write({"index.html": BROKEN})

    by_place = run("page", root / "index.html", "--offline")
    by_target = run("page", root / "index.html", "--offline", "--by", "target")

    assert by_place.out.startswith("index.html\n  ")
    assert by_target.out.startswith("error   local/missing-file  gone.html: 1 page")


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "C.UTF-8"},
    ],
    ids=["C", "POSIX", "UTF-8"],
)
def test_names_of_files_are_read_as_utf8_whatever_the_locale(
    locale: dict[str, str], write: Callable[..., Path]
) -> None:
    root = write(
        {"index.html": '<meta charset="utf-8"><a href="名.html">n</a> <a href="%E5%90%8D.html">n</a>', "名.html": ""}
    )

    result = subprocess.run(
        command("check", str(root), "--offline", "--format", "json", "--select", "local/missing-file"),
        capture_output=True,
        env={**os.environ, **locale},
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, b"")
    assert json.loads(result.stdout)["findings"] == []
