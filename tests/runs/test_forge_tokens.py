"""Private repositories of a forge: strangers get a 404 there, and the forge's API tells who has a token."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from lab.behaviours import HTML, says, to
from lab.process import running
from lab.server import Behaviour, Exchange, Lab

import reports

API_HOST = "127.0.0.2"
VALUE = "tok3n-0f-ann"
CONFIG = """
[remote]
allow_private = ["127.0.0.0/8"]
interval = 0.0
proxy = ""
retries = 0
soft_404 = false
[[remote.forge]]
host = "127.0.0.1:{port}"
token = "${{LAMP_TOKEN}}"
forge = "{forge}"
api = "{api}"
allow_http = true
"""
# What the API of a forge has of the private repository ann/lamp, on main and on feature/x: by path, then by ref.
NAME = {"github": "ann/lamp", "gitlab": "ann%2Flamp", "gitea": "ann/lamp"}
FIELD = {
    "github": ("authorization", f"Bearer {VALUE}"),
    "gitlab": ("private-token", VALUE),
    "gitea": ("authorization", f"token {VALUE}"),
}
ADDRESS = {"github": "/api/v3", "gitlab": "/api/v4", "gitea": "/api/v1"}
REPOSITORY = {"github": "/repos/ann/lamp", "gitlab": "/projects/ann%2Flamp", "gitea": "/repos/ann/lamp"}
FILES = {("main", "README.md"), ("main", "docs/ä b.md"), ("feature/x", "new.md")}
FOLDERS = {("main", "docs"), ("main", ""), ("feature/x", "")}
PAGES = {
    "github": {"/issues/7", "/commits/0123abc", "/releases/tags/v1.0"},
    "gitlab": {"/issues/7", "/merge_requests/8", "/repository/commits/0123abc", "/releases/v1.0"},
    "gitea": {"/issues/7", "/git/commits/0123abc", "/releases/tags/v1.0"},
}


def api(forge: str) -> Behaviour:
    """The API of a forge, as it answers who has the token."""

    async def answer(exchange: Exchange) -> None:
        asked = exchange.asked
        name, value = FIELD[forge]
        if asked.headers.get(name) != value:
            await exchange.answer(401, b'{"message":"Bad credentials"}')
            return
        path, _, query = asked.path.removeprefix(ADDRESS[forge]).partition("?")
        stated = {key: each[0] for key, each in parse_qs(query, keep_blank_values=True).items()}
        ref = stated.get("ref", "")
        repository = REPOSITORY[forge]
        below = path.removeprefix(repository)
        if not path.startswith(repository):
            there = False
        elif forge == "gitlab" and below.startswith("/repository/files/"):
            there = (ref, unquote(below.removeprefix("/repository/files/"))) in FILES
        elif forge == "gitlab" and below == "/repository/tree":
            there = (ref, stated["path"]) in FOLDERS
        elif below.startswith("/contents/"):
            there = (ref, unquote(below.removeprefix("/contents/"))) in FILES | FOLDERS
        else:
            there = not below or below in PAGES[forge]
        await exchange.answer(200 if there else 404, b"{}", ("Content-Type: application/json",))

    return answer


class Checked(NamedTuple):
    """A run that has ended."""

    report: dict[str, Any]
    said: str  # all that the run wrote anywhere
    lab: Lab

    @property
    def found(self) -> dict[str, str]:
        """The rules that links break, by the path of their URLs."""
        return {urlsplit(each["reference"]).path: each["rule"] for each in self.report["findings"]}

    @property
    def message(self) -> str:
        """That of the only finding."""
        [finding] = self.report["findings"]
        message: str = finding["message"]
        return message

    def of_api(self) -> list[str]:
        """What the API was asked for."""
        return [asked.path for asked in self.lab.log if asked.host == API_HOST]


@pytest.fixture
def checked(
    write: Callable[..., Path], run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Checked]:
    """Check a page with links to a forge of the lab."""

    def check(
        forge: str, *paths: str, tag: str = '<a href="{}">x</a>', web: dict[str, Behaviour] | None = None, **own: Any
    ) -> Checked:
        monkeypatch.setenv("LAMP_TOKEN", own.get("token", VALUE))
        behaviours = {f"{ADDRESS[forge]}/*": own.get("api", api(forge)), **(web or {})}
        with running(behaviours, [API_HOST]) as lab:
            page = "<!doctype html>" + "".join(tag.format(lab.url(path)) for path in paths)
            address = lab.url(ADDRESS[forge], API_HOST)
            config = CONFIG.format(port=lab.ports[""], forge=forge, api=address) + own.get("tables", "")
            root = write({"index.html": page, "config.toml": config})
            formats = [f"--format={name}={root / f'report.{name}'}" for name in reports.FORMATS if name != "json"]
            options = "--all", "-v", "--history", root / "h.sqlite", "--format", "json"
            result = run(
                "check", root / "index.html", "--config", root / "config.toml", *options[:2], *formats, *options[4:]
            )
            again = run("check", root, "--config", root / "config.toml", *options)
        written = [path.read_bytes().decode("latin-1") for path in root.rglob("*") if path.is_file()]
        everything = "".join((*written, result.out, result.err, again.out, again.err))
        return Checked(json.loads(result.out), everything, lab)

    return check


BLOB = {"github": "blob", "gitlab": "-/blob", "gitea": "src/branch"}
TREE = {"github": "tree", "gitlab": "-/tree", "gitea": "src/branch"}


@pytest.mark.parametrize("forge", NAME)
def test_what_a_private_repository_has_is_there_and_what_it_lacks_is_missing(
    forge: str, checked: Callable[..., Checked]
) -> None:
    blob, tree = f"/ann/lamp/{BLOB[forge]}", f"/ann/lamp/{TREE[forge]}"
    there = [
        "/ann/lamp",
        "/ann/lamp/",
        f"{blob}/main/README.md",
        f"{blob}/main/README.md?plain=1",
        f"{blob}/main/docs/%C3%A4%20b.md",
        f"{tree}/main/docs",
        f"{tree}/main",
        f"{blob}/feature/x/new.md",
        f"{tree}/feature/x/",
        f"{blob}/main/docs",
        "/ann/lamp/issues",
    ]
    gone = [f"{blob}/main/gone.md", f"{tree}/main/gone", f"{blob}/none/README.md", f"{blob}/feature/y/new.md"]
    run = checked(forge, *there, *gone, "/ann/other", "/bob/lamp/issues")

    lost = dict.fromkeys((*gone, "/ann/other", "/bob/lamp/issues"), "remote/not-found")
    assert run.found == lost
    messages = {urlsplit(each["reference"]).path: each["message"] for each in run.report["findings"]}
    assert messages[gone[0]] == "404: not found; the token shows its repository, but nothing there"
    assert messages["/ann/other"] == "404: not found; the token shows no such repository either"


@pytest.mark.parametrize(
    ("forge", "there", "gone"),
    [
        ("github", ["issues/7", "pull/7", "pull/7/files", "commit/0123abc", "releases/tag/v1.0"], ["issues/8"]),
        ("gitlab", ["-/issues/7", "-/merge_requests/8/diffs", "-/commit/0123abc", "-/releases/v1.0"], ["-/issues/8"]),
        ("gitea", ["issues/7", "pulls/7", "commit/0123abc", "releases/tag/v1.0"], ["releases/tag/v2"]),
    ],
)
def test_issues_commits_and_releases_are_asked_for_too(
    forge: str, there: list[str], gone: list[str], checked: Callable[..., Checked]
) -> None:
    other = "/ann/lamp/-/wikis/Secrets" if forge == "gitlab" else "/ann/lamp/wiki/Secrets"
    run = checked(forge, *(f"/ann/lamp/{each}" for each in (*there, *gone)), other)

    assert run.found == {
        **{f"/ann/lamp/{each}": "remote/not-found" for each in gone},
        other: "remote/blocked",  # the API does not tell
    }


@pytest.mark.parametrize("forge", NAME)
def test_the_token_is_shown_nowhere_and_goes_to_the_api_alone(forge: str, checked: Callable[..., Checked]) -> None:
    elsewhere = {"/ann/lamp/moved": to("http://127.0.0.1:1/x"), "/ann/lamp/back": to("{lab}/ann/lamp/issues")}
    blob = f"/ann/lamp/{BLOB[forge]}/main"
    run = checked(forge, "/ann/lamp", f"{blob}/gone.md#x", "/ann/lamp/moved", "/ann/lamp/back", web=elsewhere)

    assert VALUE not in run.said
    assert run.of_api()
    for asked in run.lab.log:
        told = any(VALUE in value for value in asked.headers.values())
        assert told is (asked.host == API_HOST), asked
        assert VALUE not in asked.path


@pytest.mark.parametrize("away", ["http://127.0.0.1:{port}/stolen", "/stolen", "//127.0.0.3/", "", "http://[/"])
def test_the_api_leads_the_token_nowhere_else(away: str, checked: Callable[..., Checked]) -> None:
    async def moved(exchange: Exchange) -> None:
        port = exchange.asked.headers["host"].rpartition(":")[2]
        await exchange.answer(302, b"", (f"Location: {away.format(port=port)}",))

    run = checked("github", "/ann/lamp", api=moved)

    assert run.found == {"/ann/lamp": "remote/blocked"}
    assert "where the token does not go" in run.message
    assert not [asked for asked in run.lab.log if "stolen" in asked.path]


def test_a_repository_that_was_renamed_is_there(checked: Callable[..., Checked]) -> None:
    async def renamed(exchange: Exchange) -> None:
        if exchange.asked.path.endswith("/repos/ann/lamp"):
            await exchange.answer(301, b"", ("Location: /api/v3/repositories/1",))
        else:
            await exchange.answer(200, b"{}")

    assert checked("github", "/ann/lamp", api=renamed).found == {}


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (says(401), "does not accept the token (401)"),
        (says(403), "does not tell (403)"),
        (says(500), "does not tell (500)"),
    ],
)
def test_an_api_that_does_not_tell_makes_nothing_broken(
    behaviour: Behaviour, said: str, checked: Callable[..., Checked]
) -> None:
    run = checked("github", "/ann/lamp/blob/main/README.md", api=behaviour)

    assert run.found == {"/ann/lamp/blob/main/README.md": "remote/blocked"}
    assert said in run.message


@pytest.mark.parametrize("status", [429, 403])
def test_who_asks_the_forge_too_much_is_told_by_the_api(status: int, checked: Callable[..., Checked]) -> None:
    limited = {"/ann/*": says(status, b"", *HTML, "Retry-After: 9999")}
    run = checked("github", "/ann/lamp/blob/main/README.md", web=limited)

    assert run.found == {}


def test_a_login_instead_of_the_page_is_what_gitlab_shows_to_strangers(checked: Callable[..., Checked]) -> None:
    closed = {"/ann/*": to("/users/sign_in", 302), "/users/sign_in": says(200, b"<input type=password>", *HTML)}
    run = checked("gitlab", "/ann/lamp/-/blob/main/README.md#a", "/ann/lamp/-/blob/main/gone.md", web=closed)

    assert run.found == {"/ann/lamp/-/blob/main/gone.md": "remote/not-found"}
    assert sum(run.report["totals"]["unchecked"].values()) == 1  # the fragment


def test_pictures_of_a_private_repository_are_there_too(checked: Callable[..., Checked]) -> None:
    raw = "/ann/lamp/raw/main"
    run = checked(
        "github",
        f"{raw}/README.md",
        f"{raw}/gone.png",
        tag='<img alt="" src="{}">',
        tables="[rules]\nselect=['remote']",
    )

    assert run.found == {f"{raw}/gone.png": "remote/not-found"}


def test_what_strangers_see_is_not_asked_of_the_api(checked: Callable[..., Checked]) -> None:
    web = {"/ann/lamp": says(200), "/ann/lamp/issues": says(410), "/ann/lamp/wiki": says(500)}
    run = checked("github", *web, "/about", web=web)

    assert run.of_api() == []
    assert run.found == {
        "/ann/lamp/issues": "remote/gone",
        "/ann/lamp/wiki": "remote/server-error",
        "/about": "remote/not-found",
    }


def test_a_repository_is_asked_for_once_and_a_ref_of_any_length_a_few_times(checked: Callable[..., Checked]) -> None:
    blob = "/ann/lamp/blob"
    run = checked("github", *(f"{blob}/main/{n}.md" for n in range(5)), f"{blob}/{'x/' * 500}y.md")

    asked = run.of_api()
    half = asked[: len(asked) // 2]  # the second run asks the same
    assert half.count("/api/v3/repos/ann/lamp") == 1
    assert len([path for path in half if "/contents/" in path and "ref=x" in path]) == 4


def test_a_path_that_climbs_out_of_its_repository_is_not_asked_for(checked: Callable[..., Checked]) -> None:
    run = checked("github", "/ann/lamp/blob/main/..%2F..%2F..%2F..%2Fuser", "/ann/lamp%2F..%2F..%2Fuser")

    assert set(run.found.values()) == {"remote/not-found"}
    assert {path for path in run.of_api() if "user" in path} == set()


def test_a_token_is_no_better_than_its_variable(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, write: Callable[..., Path]
) -> None:
    root = write({"index.html": "<a href=https://github.test/a/b>x</a>"})
    for text, said in {
        "token = 'ghp_written'\nhost = 'github.com'": "name the variable",
        "token = '${LAMP_NONE}'\nhost = 'github.com'": "[[remote.forge]] github.com: the environment has no LAMP_NONE",
        "token = '${LAMP}'\nhost = 'https://github.com'": "is not a host",
        "token = '${LAMP}'\nhost = 'x.test'\napi = 'http://x.test/api'": "would show the token",
        "token = '${LAMP}'\nhost = 'x.test'\napi = 'x.test/api'": "not the URL of an API",
        "token = '${LAMP}'\nhost = 'x.test'": "say which forge it is",
        "token = '${LAMP}'\nhost = 'github.com'": "is no token",
    }.items():
        monkeypatch.setenv("LAMP", "se cret")
        (root / "c.toml").write_text(f"[[remote.forge]]\n{text}\n")
        result = run("check", root, "--config", root / "c.toml", "--no-history")
        assert (result.code, said in result.err, "se cret" in result.err, "ghp_" in result.err) == (
            2,
            True,
            False,
            False,
        ), text


@pytest.mark.parametrize(
    ("said", "fits"), [("github.com=LAMP_TOKEN", True), ("github.com", False), ("github.com=ghp-x", False)]
)
def test_the_command_line_names_the_variable_too(
    said: str, fits: bool, run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    root = write({"index.html": "x"})
    result = run("check", root, "--forge-token", said, "--offline", "--no-history")

    assert result.code == 2
    assert ("the environment has no LAMP_TOKEN" if fits else "write 'HOST=NAME'") in result.err
