"""Which configuration holds: by its name, and whether it is ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BROKEN = '<!doctype html><a href="gone.html">g</a>'
OURS = "[rules]\nignore = ['local']\n"
PYPROJECT = "[project]\nname = 'lamp'\nversion = '1'\n[tool.mirrorcheck.rules]\nignore = ['local']\n"

# config.toml of other programs, some with tables that bear our tables' names
OTHERS = {
    "hugo": 'baseURL = "https://lamps.test/"\n[params]\nauthor = "Ann"\n',
    "zola": 'base_url = "https://lamps.test"\n[markdown]\nhighlight_code = true\n',
    "a table of ours that is a string": 'site = "lamps"\n[params]\n',
    "tables of ours among others": "[remote]\nurl = 'x'\n[engine]\nkind = 'steam'\n[servers]\n",
    "a mirror that is something else": "[mirror]\nupstream = 'x'\n[cache]\nsize = 1\n",
    "a table of ours with other keys": "[remote]\nurl = 'x'\nbranch = 'main'\n[history]\nlimit = 3\n",
    "no TOML": "<<<<<<< HEAD\n[params]\n=======\n",
    "no text": b"\xff\xfe\x00\x01",
}


@pytest.fixture
def folder(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str | bytes]], Path]:
    """A working folder with one broken page and these files."""

    def make(files: dict[str, str | bytes]) -> Path:
        root = write({"index.html": BROKEN, **files})
        monkeypatch.chdir(root)
        return root

    return make


def test_without_a_configuration_the_working_folder_is_checked(
    folder: Callable[..., Path], run: Callable[..., Any]
) -> None:
    folder({})

    result = run("check", "--offline", "--format", "json")

    assert (result.code, result.err) == (1, "")
    assert [finding["reference"] for finding in result.report["findings"]] == ["gone.html"]


def test_an_empty_working_folder_is_an_error(
    tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run("check", "--offline")

    assert result.code == 2
    assert "no page to check" in result.err


@pytest.mark.parametrize(
    ("name", "text"),
    [("mirrorcheck.toml", OURS), (".mirrorcheck.toml", OURS), ("pyproject.toml", PYPROJECT), ("config.toml", OURS)],
)
def test_a_configuration_is_found_by_its_name(
    name: str, text: str, folder: Callable[..., Path], run: Callable[..., Any]
) -> None:
    folder({name: text})

    assert run("check", "--offline").code == 0


def test_the_first_name_beats_the_others(folder: Callable[..., Path], run: Callable[..., Any]) -> None:
    folder(
        {"mirrorcheck.toml": "[rules]\n", ".mirrorcheck.toml": OURS, "pyproject.toml": PYPROJECT, "config.toml": OURS}
    )

    assert run("check", "--offline").code == 1


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("mirrorcheck.toml", "[mirror]\nrot = 1\n", "mirrorcheck.toml:2: [mirror] no key is called 'rot'"),
        ("mirrorcheck.toml", "[mirror\n", "mirrorcheck.toml: not valid TOML"),
        ("mirrorcheck.toml", b"\xff", "mirrorcheck.toml: cannot be read: it is not UTF-8"),
        ("config.toml", "[mirror]\nrot = 1\n", "config.toml:2: [mirror] no key is called 'rot'"),
        ("config.toml", "[mirror]\nroot = '.'\n[sight]\n", "config.toml:3: no key is called 'sight'"),
        ("config.toml", "[mirror]\nroot = .\n", "config.toml: not valid TOML"),
        (
            "pyproject.toml",
            "[tool.mirrorcheck.mirror]\nrot = 1\n",
            "pyproject.toml:2: [tool.mirrorcheck.mirror] no key",
        ),
        ("config.toml", "[remote]\ntimout = '1s'\n", "no key is called 'timout'; did you mean 'timeout'?"),
        (
            "pyproject.toml",
            "[project]\n\n[tool.mirrorcheck.reports]\nfail_on = 'always'\n",
            "pyproject.toml:4: reports.fail_on: 'always' is not one of error, warning, note, never",
        ),
    ],
)
def test_a_mistake_in_a_configuration_of_ours_is_an_error(
    name: str, text: str | bytes, message: str, folder: Callable[..., Path], run: Callable[..., Any]
) -> None:
    folder({name: text})

    result = run("check", "--offline")

    assert result.code == 2
    assert message in result.err


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_the_configuration_of_another_program_is_left_alone(
    text: str | bytes, folder: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = folder({"config.toml": text})
    before = (root / "config.toml").read_bytes()

    assert run("check", "--offline").code == 1
    made = run("init")

    assert (made.code, (root / "config.toml").read_bytes()) == (0, before)
    assert "wrote mirrorcheck.toml" in made.err
    assert run("check", "--offline").code == 1
    assert "--force" in run("init").err


@pytest.mark.parametrize("name", ["config.yaml", "config.yml", "config.json", "config/_default/hugo.toml"])
def test_init_does_not_shadow_the_settings_of_hugo(
    name: str, folder: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = folder({name: ""})

    assert "wrote mirrorcheck.toml" in run("init").err
    assert not (root / "config.toml").exists()


def test_init_says_what_it_found_and_what_shows_it(folder: Callable[..., Path], run: Callable[..., Any]) -> None:
    folder({"CNAME": "lamps.test\n", "a.md": "a\n", "b.md": "b\n", ".nojekyll": ""})

    said = run("init").err.splitlines()

    assert said == [
        "pages: 2 Markdown, 1 HTML",
        "published at: https://lamps.test/ (CNAME)",
        "layout: github-pages (.nojekyll; CNAME)",
        "wrote config.toml; next: mirrorcheck check --offline",
    ]


def test_init_says_that_nothing_shows_an_address(folder: Callable[..., Path], run: Callable[..., Any]) -> None:
    folder({})

    assert "published at: nothing here shows it" in run("init").err


@pytest.mark.parametrize("files", [{}, {"main.py": "print()\n", "data.json": "{}"}])
def test_init_writes_nothing_in_a_folder_that_is_no_mirror(
    files: dict[str, str], write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    root = write(files)

    result = run("init", root)

    assert result.code == 2
    assert "not a mirror" in result.err
    assert sorted(path.name for path in root.iterdir()) == sorted(files)


def test_init_does_not_write_into_a_pyproject(folder: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = folder({"pyproject.toml": PYPROJECT})

    for arguments in ([], ["--force"]):
        result = run("init", *arguments)

        assert result.code == 2
        assert "pyproject.toml [tool.mirrorcheck] exists already" in result.err
    assert (root / "pyproject.toml").read_text() == PYPROJECT


@pytest.mark.parametrize("name", ["example.org", "www.example.org/docs/", "localhost:8000", "mirror.example:8080/a"])
def test_an_address_without_its_scheme_is_told_as_such(name: str, run: Callable[..., Any]) -> None:
    result = run("page", name)

    assert result.code == 2
    assert f"{name}: no such file or folder; if a site is meant, write https://{name}" in result.err


@pytest.mark.parametrize("name", ["gone.html", "docs/gone.md", "folder", "a b.org", "./x"])
def test_a_file_that_is_missing_is_no_address(name: str, run: Callable[..., Any]) -> None:
    assert "if a site is meant" not in run("page", name).err


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("[remote]\nexclude = ['(']\n", [], ":2: remote.exclude: '(' is not a regular expression"),
        ("[site]\ninclude = ['[']\n", [], ":2: site.include: '[' is not a regular expression"),
        ("[pages]\ninclude = ['!']\n", [], ":2: pages.include: '!' is not a pattern of gitignore"),
        ("[pages]\nexclude = ['[z-a]']\n", [], ":2: pages.exclude: '[z-a]' is not a pattern of gitignore"),
        ("[[rules.path]]\npath = 'a\\'\nignore = []\n", [], ":2: rules.path.path: 'a\\\\' is not a pattern"),
        ("[remote]\nproxy = 'proxy.test:3128'\n", [], ":2: remote.proxy: not a proxy's URL"),
        ("[[remote.vantage]]\nname = 'x'\nproxy = 'ftp://x:1'\n", [], ":3: remote.vantage.proxy: not a proxy's URL"),
        ("[remote]\nallow_private = ['10.0.0.1/8']\n", [], ":2: remote.allow_private: '10.0.0.1/8' is neither"),
        ("[history]\nconfirm = 'soon'\n", [], ":2: history.confirm: 'soon' is not a duration"),
        ("[history.fresh]\nok = '1y'\n", [], ":2: history.fresh.ok: '1y' is not a duration"),
        ("[remote]\nconcurrency = 0\n", [], ":2: remote.concurrency: Expected `int` >= 1"),
        ("[remote]\ninterval = inf\n", [], ":2: remote.interval: Expected `float` <= "),
        ("[remote]\ntimeout = nan\n", [], ":2: remote.timeout: Expected `float` "),
        ("[remote]\naccept = [2000]\n", [], ":2: remote.accept: Expected `int` <= 599"),
        ("[remote]\nuser_agent = 'a\\u0001'\n".replace("'", '"'), [], ":2: remote.user_agent: it holds characters"),
        (
            "[[remote.host]]\nhost = 'x'\nheaders = { 'A B' = 'c' }\n",
            [],
            ":3: remote.host.headers: 'A B' is not a valid HTTP header",
        ),
        ("[[remote.host]]\nhost = 'x'\nauth = '${LAMP_NONE}'\n", [], "x: the environment has no LAMP_NONE"),
        ("", ["--confirm", "soon"], "--confirm: 'soon' is not a duration"),
        ("", ["--exclude", "("], "--exclude: '(' is not a regular expression"),
        ("", ["--format", "json=no/such/folder.json"], "no/such"),
        ("", ["--format", "json=."], "is a folder"),
        ("", ["--fail-on", "always"], "'error', 'warning', 'note', 'never'"),
    ],
)
def test_what_cannot_be_used_is_told_before_the_run_and_without_the_network(
    text: str, arguments: list[str], message: str, folder: Callable[..., Path], run: Callable[..., Any]
) -> None:
    folder({"c.toml": text})

    result = run("check", "--offline", "--no-history", "--config", "c.toml", *arguments)

    assert result.code == 2
    assert message in result.err
    assert result.out == ""


def test_a_start_that_failed_is_not_taken_up_by_the_next(folder: Callable[..., Path], run: Callable[..., Any]) -> None:
    root = folder({})
    arguments = ("check", "--offline", "--history", "h.sqlite")
    (root / "index.html").rename(root / "index.png")

    failed = run(*arguments)
    (root / "index.png").rename(root / "index.html")
    after = run(*arguments)

    assert (failed.code, after.code) == (2, 1)
    assert "no page to check" in failed.err
    assert "takes up" not in after.err
    assert len(run("history", "list", "--history", "h.sqlite").out.splitlines()) == 1
