"""The sources of generated sites: whose reader counts, what a generator changes, and what only it can tell."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SITE = {
    ".vitepress/config.js": "export default { base: '/lamps/' }",
    "index.md": "# Lamps\n\n[start](/guide/first-steps)\n",
    "guide/first-steps.md": "# First steps\n\n## Ölige Dinge {#oil-things}\n",
    "public/wick.txt": "wick",
    "README.md.txt": "",
}


@pytest.fixture
def check(run: Callable[..., Any], write: Callable[..., Path]) -> Callable[..., dict[str, tuple[str, str, str | None]]]:
    """Check a page of the site: reference -> (rule, verdict, suggestion) of what is found."""

    def check_page(text: str, *options: str, **files: str) -> dict[str, tuple[str, str, str | None]]:
        root = write(SITE | {"page.md": text} | {name.replace("__", "/"): each for name, each in files.items()})
        report = run("check", root, "--offline", "--no-history", "--all", "--format", "json", *options).report
        found = {
            row["reference"]: ("", row["verdict"], None) for row in report["references"] if row["page"] == "page.md"
        }
        return found | {
            finding["reference"]: (finding["rule"], finding["verdict"], finding["suggestion"])
            for finding in report["findings"]
            if finding["page"] == "page.md" and finding["reference"]
        }

    return check_page


@pytest.mark.parametrize(
    "reference",
    [
        "/guide/first-steps",
        "guide/first-steps",
        "guide/first-steps.html",
        "guide/first-steps.md",
        "/guide/first-steps.md#oil-things",
        "/wick.txt",
        "/",
        "./",
    ],
)
def test_a_reference_of_markdown_leads_to_what_is_built(check: Callable[..., Any], reference: str) -> None:
    assert check(f"[x]({reference})")[reference] == ("", "ok", None)


@pytest.mark.parametrize(
    ("reference", "rule", "suggestion"),
    [
        ("/guide/frist-steps", "local/missing-file", "/guide/first-steps"),
        ("guide/frist-steps.html", "local/missing-file", "guide/first-steps.html"),
        ("guide/frist-steps.md", "local/missing-file", "guide/first-steps.md"),
        ("/Guide/first-steps", "local/wrong-case", "/guide/first-steps"),
        ("./Guide/first-steps/", "local/wrong-case", "./guide/first-steps"),  # with a slash, it leads to no page
        ("/guide/first-steps#oil-thing", "local/missing-fragment", "/guide/first-steps#oil-things"),
        ("/wock.txt", "local/missing-file", "/wick.txt"),
        ("/nowhere/at-all", "local/missing-file", None),
    ],
)
def test_what_is_not_built_is_missing_and_the_nearest_is_written_alike(
    check: Callable[..., Any], reference: str, rule: str, suggestion: str | None
) -> None:
    assert check(f"[x]({reference})")[reference] == (rule, "broken", suggestion)


def test_no_generator_changes_raw_html(check: Callable[..., Any]) -> None:
    text = '[x](/guide/first-steps)\n\n<a href="/guide/first-steps#oil-things">y</a> <a href="/lamps/guide/first-steps.html">z</a>\n'

    found = check(text.replace("[x](/guide/first-steps)", "[x](guide/first-steps)"))

    assert found["guide/first-steps"] == ("", "ok", None)
    assert found["/lamps/guide/first-steps.html"] == ("", "ok", None)
    assert found["/guide/first-steps#oil-things"][:2] == ("local/missing-file", "broken")


def test_what_leads_somewhere_for_the_other_readers_is_a_note(check: Callable[..., Any]) -> None:
    of_the_folder, of_the_site = "public/wick.txt", "/guide/first-steps"
    forge = "--published=https://github.com/ann/lamps/blob/main/"

    for_the_site = check(f"[x]({of_the_folder}) [y]({of_the_site})")
    for_the_forge = check(f"[x]({of_the_folder}) [y]({of_the_site})", forge)

    assert for_the_site[of_the_folder][0] == "local/other-reader"
    assert for_the_site[of_the_site] == ("", "ok", None)
    assert for_the_forge[of_the_folder] == ("", "ok", None)
    assert for_the_forge[of_the_site][0] == "local/other-reader"


def test_an_id_that_only_the_other_readers_have_is_a_note(check: Callable[..., Any]) -> None:
    forge = "--published=https://github.com/ann/lamps/blob/main/"
    on_the_forge, on_the_site = "guide/first-steps.md#ölige-dinge-oil-things", "guide/first-steps.md#oil-things"

    assert check(f"[x]({on_the_forge})")[on_the_forge][0] == "local/other-reader"
    assert check(f"[x]({on_the_site})")[on_the_site] == ("", "ok", None)
    assert check(f"[x]({on_the_forge})", forge)[on_the_forge] == ("", "ok", None)
    assert check(f"[x]({on_the_site})", forge)[on_the_site][0] == "local/other-reader"


def test_a_generator_that_is_turned_off_changes_nothing(check: Callable[..., Any], tmp_path: Path) -> None:
    config = tmp_path / "mirror" / "config.toml"
    config.parent.mkdir()
    config.write_text('[mirror]\ngenerator = "none"\n')

    assert check("[x](/guide/first-steps)", f"--config={config}")["/guide/first-steps"][0] == "local/missing-file"


@pytest.mark.parametrize("in_branch", [False, True], ids=["in a folder", "in a branch"])
def test_what_was_built_settles_what_only_the_generator_could_tell(
    in_branch: bool, run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    sources = {
        **SITE,
        "lists/[lamp].md": "# A lamp\n",
        "page.md": "[x](/lists/oil#wick) [y](/lists/gas) [z](/guide/gas)\n",
    }
    built = {"index.html": "<p>Lamps", "lists/oil.html": "<p>Oil"}
    root = write(sources)

    def git(*arguments: str) -> None:
        identity = "-c", "user.name=Ann", "-c", "user.email=ann@example.org"
        subprocess.run(["git", "-C", root, *identity, *arguments], check=True, capture_output=True)

    def errors() -> list[str]:
        report = run("check", root, "--offline", "--no-history", "--format", "json").report
        return [finding["reference"] for finding in report["findings"] if finding["level"] == "error"]

    before = errors()
    if in_branch:
        git("init", "-b", "gh-pages")
        write(built)
        git("add", *built)
        git("commit", "-m", "What was built")
        git("checkout", "--orphan", "main")
        git("rm", "-r", "-f", ".")
    else:
        write({f".vitepress/dist/{name}": text for name, text in built.items()})
    write(sources)
    if in_branch:
        git("add", ".")
        git("commit", "-m", "The sources")

    assert before == ["/guide/gas"]
    assert errors() == ["/lists/gas", "/guide/gas"]


def test_what_only_other_readers_find_is_one_line_of_the_terminal(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    root = write({**SITE, "page.md": "[x](public/wick.txt) [y](public/) [z](.vitepress/config.js)\n"})

    brief, whole = (run("check", root, "--offline", "--no-history", *more).out for more in ((), ("-v",)))

    assert brief.count("local/other-reader") == 1
    assert "3 targets" in brief
    assert whole.count("local/other-reader") == 3


def test_the_report_names_the_folder_that_most_errors_lead_below(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    pages = {f"web/pages/p{number}.md": "text\n" for number in range(30)}
    links = "".join(f"[{number}](/pages/p{number})\n" for number in range(40))
    root = write({**pages, "index.md": links})

    report = run("check", root, "--offline", "--no-history", "--format", "json").report
    terminal = run("check", root, "--offline", "--no-history").out

    assert report["hint"] in terminal
    assert report["hint"].startswith("30 errors of 40 with `/` in front would be found below web/")
    root.joinpath("index.md").write_text(links[: links.index("[15]")])
    assert "hint" not in run("check", root, "--offline", "--no-history", "--format", "json").report


def test_a_generator_that_is_none_is_an_error(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    root = write({**SITE, "config.toml": '[mirror]\ngenerator = "hugoo"\n'})

    result = run("check", "--config", root / "config.toml", "--offline")

    assert result.code == 2
    assert "[mirror] generator: 'hugoo' is none of auto, none, antora, " in result.err


def test_pages_outside_a_site_are_read_on_the_forge(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    root = write(
        {
            "mkdocs.yml": "site_url: https://lamps.example.org/docs/\n",
            "docs/index.md": "# Lamps\n",
            "docs/oil.md": "# Oil { #oil-lamp }\n",
            "README.md": "[a](docs/oil.md) [b](https://lamps.example.org/docs/oil/#oil-lamp) [c](/docs/oil.md)\n"
            "[d](https://lamps.example.org/docs/gas/) [e](oil/)\n",
        }
    )
    for arguments in (("init", "-q", "-b", "main"), ("remote", "add", "origin", "https://github.com/ann/lamps")):
        subprocess.run(["git", "-C", root, *arguments], check=True)

    report = run("check", root, "--offline", "--no-history", "--format", "json").report

    assert report["mirror"]["addresses"] == ["https://lamps.example.org/docs/", "https://github.com/ann/lamps"]
    assert [
        (finding["reference"], finding["rule"]) for finding in report["findings"] if finding["level"] == "error"
    ] == [
        ("https://lamps.example.org/docs/gas/", "local/missing-file"),
        ("oil/", "local/missing-file"),
    ]


@pytest.mark.parametrize("place", ["docs", "docs/oil.md"])
def test_a_part_of_the_sources_is_read_as_part_of_the_site(
    place: str, run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    root = write(
        {
            "mkdocs.yml": "",
            "docs/index.md": "[a](gas.md)",
            "docs/oil.md": "[b](../LICENSE) [c](index.md)",
            "LICENSE": "",
        }
    )
    subprocess.run(["git", "-C", root, "init", "-q"], check=True)

    report = run("check", root / place, "--offline", "--no-history", "--format", "json").report

    found = {(finding["page"], finding["rule"]) for finding in report["findings"]}
    assert ("docs/oil.md", "local/other-reader") in found
    assert (("docs/index.md", "local/missing-file") in found) is (place == "docs")


def test_the_next_run_remembers_no_page_whose_site_has_changed(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    root = write({**SITE, "page.md": "[x](/guide/first-steps)\n"})
    history = root.parent / "history.sqlite"
    errors = []

    for text in (SITE[".vitepress/config.js"], "export default { rewrites: { 'guide/first-steps.md': 'first.md' } }"):
        (root / ".vitepress/config.js").write_text(text)
        report = run("check", root, "--offline", "--history", history, "--format", "json").report
        errors.append([finding["page"] for finding in report["findings"] if finding["level"] == "error"])

    assert errors == [[], ["index.md", "page.md"]]


def test_a_forge_knows_for_whom_a_picture_is_shown(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    page = "[a](https://github.com/ann/lamps#gh-dark-mode-only) [b](https://github.com/ann/lamps#gh-mode-only)\n"
    root = write({"README.md": page})
    for arguments in (("init", "-q", "-b", "main"), ("remote", "add", "origin", "https://github.com/ann/lamps")):
        subprocess.run(["git", "-C", root, *arguments], check=True)

    report = run("check", root, "--offline", "--no-history", "--format", "json", "--fail-on", "never").report

    assert [each["reference"] for each in report["findings"] if each["level"] == "error"] == [
        "https://github.com/ann/lamps#gh-mode-only"
    ]
