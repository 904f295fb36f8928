"""A walk that logs in by a form first: what is sent where, what fails loudly, and what nobody gets to see."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import pytest
from lab import PATIENCE
from lab.behaviours import HTML, says, to
from lab.process import ALLOWED, found, html, running, started
from lab.server import Behaviour, Exchange, Lab

import reports

VALUE = "pä&ss w=rd"
FORM = """<!doctype html><form action=/search><input name=q></form>
<form action="{action}" method={method}><input type=hidden name=csrf value="a&amp;b"><input name=user>
<input type=password name=password><input type=checkbox name=keep value=yes><button name=do value=in>x</button></form>"""
LOGIN = """
[site.login]
url = "{url}"
allow_http = true
{more}
[site.login.fields]
user = "ann"
password = "${{LAMP_PASSWORD}}"
"""


def form(action: str = "/session", method: str = "post") -> bytes:
    return FORM.format(action=action, method=method).encode()


class Site:
    """A site that shows its pages to who is logged in, and its form to others."""

    def __init__(self, pages: dict[str, Behaviour] | None = None, *, most: int = 10**9) -> None:
        """`most`: how many pages a login shows before it ends. `pages`: others, and other behaviours, by name."""
        self.sent: list[tuple[str, str]] = []
        self.left = most
        self.pages = pages or {}

    def closed(self, inside: Behaviour) -> Behaviour:
        async def answer(exchange: Exchange) -> None:
            known = "sid=1" in exchange.asked.headers.get("cookie", "").split("; ") and self.left > 0
            if known:
                self.left -= 1
                await inside(exchange)
            else:
                await exchange.answer(302, b"", ("Location: /login?next=x",))

        return answer

    async def session(self, exchange: Exchange) -> None:
        self.sent = parse_qsl(exchange.asked.body.decode(), keep_blank_values=True)
        right = dict(self.sent) == {"csrf": "a&b", "user": "ann", "password": VALUE, "do": "in"}
        token = "form=7" in exchange.asked.headers.get("cookie", "")
        if right and token and exchange.asked.method == "POST":
            await exchange.answer(303, b"", ("Location: /home", "Set-Cookie: sid=1; Path=/; HttpOnly"))
        else:
            await exchange.answer(200, form(), HTML)

    async def logout(self, exchange: Exchange) -> None:
        self.left = 0
        await exchange.answer(200, b"bye", HTML)

    def behaviours(self) -> dict[str, Behaviour]:
        own: dict[str, Behaviour] = {
            "/": self.closed(html("/a", "/b", "/logout", "/x?action=log-out", "/gone")),
            "/a": self.closed(html("/c")),
            "/b": self.closed(html("/c")),
            "/c": self.closed(html("/gone-too")),
            "/home": self.closed(html("/a")),
            "/login": says(200, form(), *HTML, "Set-Cookie: form=7"),
            "/login?next=x": says(200, form(), *HTML),
            "/session": self.session,
            "/logout": self.logout,
            "/x?action=log-out": self.logout,
            "/robots.txt": says(404),
            "/sitemap.xml": says(404),
            "/favicon.ico": says(404),
        }
        return own | {f"/{name}": behaviour for name, behaviour in self.pages.items()}


class Walk(NamedTuple):
    """A walk that has ended."""

    code: int
    report: dict[str, Any]
    err: str
    said: str  # all that the walk wrote anywhere
    lab: Lab


@pytest.fixture
def walked(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Walk]:
    def walk(site: Site, more: str = "", *, password: str = VALUE, at: str = "/login", login: str = LOGIN) -> Walk:
        monkeypatch.setenv("LAMP_PASSWORD", password)
        with running(site.behaviours(), ["127.0.0.2"]) as lab:
            root = write({"config.toml": ALLOWED + "soft_404 = false\n" + login.format(url=lab.url(at), more=more)})
            formats = [f"--format={name}=report.{name}" for name in reports.FORMATS]
            process = started("check", lab.url("/"), "--all", "-v", "--history", "h.sqlite", *formats, cwd=root)
            out, err = process.communicate(timeout=PATIENCE)
        (root / "config.toml").unlink()
        said = out + err + "".join(path.read_bytes().decode("latin-1") for path in root.iterdir() if path.is_file())
        report = root / "report.json"
        return Walk(process.returncode, json.loads(report.read_text()) if report.exists() else {}, err, said, lab)

    return walk


def test_a_walk_behind_a_login_reads_what_members_see(walked: Callable[..., Walk]) -> None:
    site = Site()
    walk = walked(site)

    assert found(walk.report) == [("remote/not-found", "/gone"), ("remote/not-found", "/gone-too")], walk.err
    assert (walk.code, walk.report["totals"]["pages"]) == (1, 4)
    assert [name for name, _ in site.sent] == ["csrf", "user", "password", "do"]
    assert [asked.path for asked in walk.lab.log].count("/session") == 1
    [sent] = [asked for asked in walk.lab.log if asked.path == "/session"]
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert sent.headers["referer"] == walk.lab.url("/login")


def test_what_ends_the_login_is_not_asked_for_and_counted(walked: Callable[..., Walk]) -> None:
    walk = walked(Site())

    assert not {asked.path for asked in walk.lab.log} & {"/logout", "/x?action=log-out"}
    assert walk.report["totals"]["unchecked"] == {"it would end the login": 2}


def test_a_login_shows_nothing_of_itself_and_goes_to_its_own_site_alone(walked: Callable[..., Walk]) -> None:
    async def out(exchange: Exchange) -> None:
        port = exchange.asked.headers["host"].rpartition(":")[2]
        await html(f"http://127.0.0.2:{port}/other", f"http://127.0.0.2:{port}/moved")(exchange)

    walk = walked(Site({"b": out, "other": says(404), "moved": to("/other")}))

    for secret in (VALUE, "sid=1", "form=7", "p%C3%A4", "p\u00c3\u00a4&ss"):
        assert secret not in walk.said
    strangers = [asked for asked in walk.lab.log if asked.host == "127.0.0.2"]
    assert strangers
    assert not any("cookie" in asked.headers or asked.body for asked in strangers)


@pytest.mark.parametrize(
    ("pages", "more", "password", "said"),
    [
        ({}, "", "wrong", "the login fails: 200, the form is there again"),
        ({"session": says(403)}, "", VALUE, "the login fails: 403, an error"),
        ({}, 'check = "Log out"', VALUE, "the page lacks 'Log out'"),
        ({"login": says(200, b"<form method=post><input name=q>", *HTML)}, "", VALUE, "no form there has the fields user, password"),
        ({"login": says(404)}, "", VALUE, "404: no form"),
        ({"login": says(200, form(method="get"), *HTML)}, "", VALUE, "by GET"),
        ({"login": says(200, form("http://127.0.0.2:1/steal"), *HTML)}, "", VALUE, "its form is sent to 127.0.0.2:1"),
        ({"login": says(200, form("http://[/"), *HTML)}, "", VALUE, "not a URL"),
        ({"session": to("http://127.0.0.2:1/steal", 307)}, "", VALUE, "its form is sent to 127.0.0.2:1"),
        ({"session": to("/session", 308)}, "", VALUE, "leads nowhere"),
        ({"login": to("http://127.0.0.1:1/login")}, "", VALUE, "the connection is refused"),
    ],
)  # fmt: skip
def test_a_login_that_fails_is_an_error_that_says_why(
    pages: dict[str, Behaviour], more: str, password: str, said: str, walked: Callable[..., Walk]
) -> None:
    walk = walked(Site(pages), more, password=password)

    assert (walk.code, walk.report) == (2, {})
    assert said in walk.err
    assert "[site.login] http://127.0.0.1:" in walk.err
    assert VALUE not in walk.said
    assert not {asked.path for asked in walk.lab.log} & {"/", "/a", "/steal"}


def test_a_login_page_that_leads_to_another_origin_gets_no_password(walked: Callable[..., Walk]) -> None:
    async def away(exchange: Exchange) -> None:
        port = exchange.asked.headers["host"].rpartition(":")[2]
        await exchange.answer(302, b"", (f"Location: http://127.0.0.2:{port}/fake",))

    walk = walked(Site({"login": away, "fake": says(200, form(), *HTML)}))

    assert walk.code == 2
    assert "its form is sent to 127.0.0.2" in walk.err
    assert not [asked for asked in walk.lab.log if asked.method == "POST"]


def test_a_login_that_is_lost_in_the_middle_of_a_walk_is_said_loudly(walked: Callable[..., Walk]) -> None:
    walk = walked(Site(most=3))

    assert walk.code == 2
    assert "the login was lost during the walk: http://127.0.0.1:" in walk.err
    assert walk.report["totals"]["pages"] < 4
    assert walk.report["totals"]["unchecked"]["not read: what only members see, since the login was lost"] == 1


def test_a_page_that_asks_members_for_more_is_not_a_lost_login(walked: Callable[..., Walk]) -> None:
    walk = walked(Site({"a": to("/login?next=x", 302)}))

    assert walk.code == 1, walk.err
    assert ("remote/blocked", "/a") in found(walk.report)


def test_a_check_proves_the_login_by_what_the_page_says(walked: Callable[..., Walk]) -> None:
    site = Site()
    site.pages["home"] = site.closed(says(200, b"Hello <b>Ann</b>" + form(), *HTML))
    walk = walked(site, 'check = "Hello .*Ann"')

    assert walk.code == 1, walk.err


@pytest.mark.parametrize(
    ("login", "said"),
    [
        (LOGIN.replace("${{LAMP_PASSWORD}}", "written"), "password is a password; name a variable"),
        (LOGIN.replace("LAMP_PASSWORD", "LAMP_NONE"), "the environment has no LAMP_NONE"),
        (LOGIN.replace("allow_http = true", ""), "http: would show the login"),
        (LOGIN.replace("{url}", "/login"), "not the URL of a page with a form"),
        (LOGIN.partition("[site.login.fields]")[0], "name the fields"),
        (LOGIN.replace("{more}", "check = '('"), "not a regular expression"),
    ],
)
def test_a_login_that_is_written_wrong_is_an_error(login: str, said: str, walked: Callable[..., Walk]) -> None:
    walk = walked(Site(), login=login)

    assert walk.code == 2
    assert said in walk.err
    assert not [asked for asked in walk.lab.log if asked.method == "POST"]
