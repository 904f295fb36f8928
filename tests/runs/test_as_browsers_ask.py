"""Links are asked for as browsers ask, and what comes is judged by what it is, not by the words it holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab.behaviours import HTML, PAGE, resets, says, sends, to
from lab.process import running
from lab.server import Behaviour, Exchange, Lab

from checker.config.schema import HostTable, RemoteTable
from checker.extract import Options
from checker.model import Unchecked
from checker.run.frontier import Frontier
from checker.sweep.keys import remote_key
from checker.verify.known import Answer


async def ask(*asked: str, fragment: str = "", **settings: Any) -> list[Answer]:
    defaults = {"allow_private": ("127.0.0.0/8",), "interval": 0.0, "proxy": "", "second_pass": False, "retries": 0}
    async with Frontier(RemoteTable(**{**defaults, "soft_404": False, **settings}), Options()) as frontier:
        for url in asked:
            frontier.add(url, fragment)
        await frontier.finish()
    return [frontier.verdicts.answers.get(remote_key(url, fragment), Answer()) for url in asked]


async def to_browsers_only(exchange: Exchange) -> None:
    """A page for who looks like a browser, and nothing for programs."""
    sent = exchange.asked.headers
    browser = sent["user-agent"].startswith("Mozilla/") and "accept-language" in sent
    await exchange.answer(*((200, PAGE, HTML) if browser else (404, b"", HTML)))


async def to_who_asks_for_pages(exchange: Exchange) -> None:
    page = "text/html" in exchange.asked.headers.get("accept", "")
    await exchange.answer(*((200, PAGE, HTML) if page else (406, b"", HTML)))


@pytest.mark.asyncio
@pytest.mark.parametrize("fragment", ["", "here"])
async def test_before_a_page_is_called_missing_it_is_asked_for_as_browsers_do(fragment: str) -> None:
    own = {"/browsers": to_browsers_only, "/pages": to_who_asks_for_pages, "/lost": says(404)}
    async with Lab(own) as lab:
        answers = await ask(*map(lab.url, own), fragment=fragment)

        assert [answer.rule for answer in answers] == ["", "", "remote/not-found"]
        agents = [asked.headers["user-agent"] for asked in lab.log]
        assert all("mirrorcheck/" in agent for agent in agents)  # a browser's headers, and our name in them
        assert max(Counter(asked.path for asked in lab.log).values()) == 2


def to_browsers(otherwise: Behaviour) -> Behaviour:
    """A page for who looks like a browser."""

    async def do(exchange: Exchange) -> None:
        browser = exchange.asked.headers["user-agent"].startswith("Mozilla/")
        await (says(200) if browser else otherwise)(exchange)

    return do


@pytest.mark.asyncio
@pytest.mark.parametrize("fragment", ["", "here"])
async def test_what_fails_for_programs_alone_is_there(fragment: str) -> None:
    own = {
        "/fails": to_browsers(says(500)),
        "/busy": to_browsers(says(503)),
        "/closes": to_browsers(resets),
        "/fails-for-all": says(500),
        "/closes-for-all": resets,
    }
    async with Lab(own) as lab:
        answers = await ask(*map(lab.url, own), fragment=fragment)

        assert [answer.rule for answer in answers] == ["", "", "", "remote/server-error", "remote/connection"]
        assert max(Counter(asked.path for asked in lab.log).values()) == 2


@pytest.mark.asyncio
async def test_the_name_of_a_host_of_its_own_stays() -> None:
    async with Lab({"/lost": says(404)}) as lab:
        row = HostTable(host="127.0.0.1*", headers={"User-Agent": "Reader/2"}, allow_http=True)

        await ask(lab.url("/lost"), host=(row,))

        assert {asked.headers["user-agent"] for asked in lab.log} == {"Reader/2"}


def titled(title: str, text: str = "Words of its own, more than a few.") -> Behaviour:
    return says(200, f"<!doctype html><title>{title}</title><p id=here>{text}".encode(), *HTML)


async def names_what_is_lost(exchange: Exchange) -> None:
    name = exchange.asked.path.rpartition("/")[2].rpartition("=")[2]
    await titled(f"Article {name} not found - Lamps", f"No {name}. It is {exchange.count} o'clock.")(exchange)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "behaviours", "rule"),
    [
        pytest.param("/q/77", {"/q/77": titled("Why is my page 404? - Lamps")}, "", id="a-question"),
        pytest.param("/wiki/HTTP_404", {"/wiki/HTTP_404": titled("HTTP 404 - Lamps")}, "", id="a-subject"),
        pytest.param("/docs/seiten", {"/docs/seiten": titled("Modul nicht gefunden: was tun?")}, "", id="german"),
        pytest.param(
            "/search?q=404",
            {"/search?q=404": titled("404 - search"), "/search*": titled("Results - search", "many " * 30)},
            "",
            id="a-search",
        ),
        pytest.param(
            "/help/404",
            {"/help/404": titled("404 pages, and how to write them"), "*": titled("Page not found - Lamps")},
            "",
            id="a-subject-where-nothing-is-404",
        ),
        pytest.param("/a/12", {"/a/12": titled("404 Not Found")}, "remote/soft-404", id="nothing-but-the-words"),
        pytest.param("/a/12", {"/a/*": names_what_is_lost}, "remote/soft-404", id="a-part-of-the-host-is-soft"),
        pytest.param("/a?id=12", {"/a?*": names_what_is_lost}, "remote/soft-404", id="a-query-is-soft"),
    ],
)
async def test_words_of_a_title_alone_do_not_say_that_a_page_is_gone(
    path: str, behaviours: dict[str, Behaviour], rule: str
) -> None:
    async with Lab(behaviours) as lab:
        (answer,) = await ask(lab.url(path), fragment="here", soft_404=True)

        assert answer.rule == rule


LEFT_OUT = "<meta name='robots' content='noindex, follow'>"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "html",
    [
        "<title>Page not found | Lamps</title><h1>Page not found</h1>",
        "<title>Lamps – Seite nicht gefunden</title><h1 class=x> <span>Diese Seite</span> existiert nicht&nbsp;mehr</h1>",
        "<title>Page introuvable - Lampes</title><h1>Cette page n’existe plus</h1>",
        "<title>Página no encontrada · Lámparas</title><h1>Error 404: la página no existe</h1>",
        "<title>Страница не найдена | Лампы</title><h1>404 Страница не найдена</h1>",
        "<title>找不到页面 - 灯</title><h1>页面不存在</h1>",
        "<title>ページが見つかりません | 灯</title><h1>お探しのページは見つかりませんでした。</h1>",
        "<title>Sayfa bulunamadı - Lambalar</title><h1>Sayfa bulunamadı</h1>",
        f"{LEFT_OUT}<title>Lamps</title><h1>Sorry, we couldn't find that page!</h1>",
        f"{LEFT_OUT}<title>Not found | Lamps | Shop</title><h1>Lamps</h1>",
        "<meta content=noindex name=robots><title>404 - Page not found - Lamps</title>",
    ],
)
async def test_a_page_that_says_nothing_but_that_it_is_none_is_gone_whatever_stands_beside_it(html: str) -> None:
    async with Lab({"/a/12": says(200, f"<!doctype html>{html}<p id=here>".encode(), *HTML)}) as lab:
        (answer,) = await ask(lab.url("/a/12"), fragment="here", soft_404=True)

        assert answer.rule == "remote/soft-404"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "html"),
    [
        ("/Web/HTTP/Status/404", "<title>404 Not Found - HTTP | Docs</title><h1>404 Not Found</h1>"),
        ("/help/page-not-found", "<title>Page not found | Help</title><h1>Page not found</h1>"),
        ("/hilfe?q=Seite+nicht+gefunden", f"{LEFT_OUT}<title>Seite nicht gefunden - Suche</title><h1>Suche</h1>"),
        ("/es/p%C3%A1gina-no-encontrada", "<title>Página no encontrada | Ayuda</title><h1>Página no encontrada</h1>"),
        ("/q/7", "<title>Page not found in nginx | Lamps</title><h1>Page not found in nginx</h1>"),
        ("/q/8", f"{LEFT_OUT}<title>Why is my page not found? | Lamps</title><h1>Why is my page not found?</h1>"),
        ("/song/9", "<title>Not Found | Songs</title><h1>Not Found</h1>"),
        ("/song/10", "<title>Page Not Found - a song by Ann | Songs</title><h1>Page Not Found</h1>"),
        ("/film/11", f"{LEFT_OUT}<title>Gone | Films</title><h1>Gone</h1>"),
        ("/blog", "<title>Blog | Lamps</title><h1>Page not found</h1><h1>Another entry</h1>"),
        ("/blog/3", f"{LEFT_OUT}<title>Blog | Lamps</title><h1>Page not found</h1><h1>Another entry</h1>"),
        ("/news", "<title>Lamps</title><h1>Page not found</h1>"),
        ("/draft", f"{LEFT_OUT}<title>Draft | Lamps</title><h1>A draft</h1>"),
        ("/a/13", "<title>The page that could not be found | Tales</title><h1>The page that could not be found</h1>"),
    ],
)
async def test_a_page_about_what_is_not_found_is_no_such_page(path: str, html: str) -> None:
    async with Lab({path: says(200, f"<!doctype html>{html}<p id=here>".encode(), *HTML)}) as lab:
        (answer,) = await ask(lab.url(path), fragment="here", soft_404=True)

        assert answer.rule == ""


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "location", "rule"),
    [
        pytest.param(302, "/a/start", "remote/redirected", id="led-for-now"),
        pytest.param(301, "/a/start", "remote/soft-404", id="moved-to-what-is-gone"),
    ],
)
async def test_a_host_that_leads_from_one_path_alone_knows_it(status: int, location: str, rule: str) -> None:
    async with Lab({"/a/page": to(location, status), "*": titled("Lamps")}) as lab:
        (answer,) = await ask(lab.url("/a/page"), soft_404=True)

        assert answer.rule == rule


@pytest.mark.asyncio
async def test_a_fragment_beyond_what_was_read_is_unchecked() -> None:
    long = b"<!doctype html><p id=early>" + b"x" * 20_000 + b"<p id=late>"
    async with Lab({"/long": says(200, long, *HTML), "/cut": sends(CUT)}) as lab:
        config = RemoteTable(allow_private=("127.0.0.1",), interval=0.0, proxy="", soft_404=False, max_body=10_000)
        async with Frontier(config, Options()) as frontier:
            for fragment in ("early", "late", "nowhere"):
                frontier.add(lab.url("/long"), fragment)
            frontier.add(lab.url("/cut"), "nowhere")
            await frontier.finish()

        assert frontier.verdicts.answers == {}
        assert frontier.verdicts.unchecked == {Unchecked.UNREAD: 3}
        left = {("/long", "late"), ("/long", "nowhere"), ("/cut", "nowhere")}
        assert frontier.verdicts.left == {remote_key(lab.url(path), fragment) for path, fragment in left}


CUT = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<p id=here>"
PASSWORD = b"<!doctype html><title>Hello</title><form><input name=who><input name=p type='password'></form>"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "location", "body", "rule"),
    [
        pytest.param(301, "/docs/login", PAGE, "remote/moved", id="moved-to-a-page-about-logins"),
        pytest.param(302, "/blog/sign-in-with-lamps/", PAGE, "remote/redirected", id="a-word-in-a-title"),
        pytest.param(302, "/new?via=/login", PAGE, "remote/redirected", id="a-word-in-a-query"),
        pytest.param(302, "/login-form-howto.html", PAGE, "remote/redirected", id="a-word-in-a-name"),
        pytest.param(301, "/accounts/login/", PASSWORD, "remote/blocked", id="it-asks-for-a-password"),
        pytest.param(301, "/sso/start?return_to=%2Fa", PAGE, "remote/blocked", id="it-says-where-to-return-to"),
        pytest.param(302, "/users/sign_in", PAGE, "remote/blocked", id="for-now"),
        pytest.param(302, "/wp-login.php", PASSWORD, "remote/blocked", id="a-file"),
    ],
)
async def test_a_login_is_known_by_what_it_asks_for(status: int, location: str, body: bytes, rule: str) -> None:
    async with Lab({"/a/page": to(location, status), "*": says(200, body, *HTML)}) as lab:
        (answer,) = await ask(lab.url("/a/page"))

        assert answer.rule == rule


@pytest.mark.asyncio
async def test_a_host_that_is_silent_to_head_alone_is_not_given_up() -> None:
    async def hears_get(exchange: Exchange) -> None:
        if exchange.asked.method == "HEAD":
            await exchange.left()
        else:
            await exchange.answer(200, PAGE, HTML)

    async with Lab({"/ok/*": hears_get}) as lab:
        answers = await ask(*[lab.url(f"/ok/{n}") for n in range(20)], timeout=0.5)

        assert {answer.rule for answer in answers} == {""}
        assert sum(asked.method == "HEAD" for asked in lab.log) <= 8  # those in flight at first


WALL = b"<!doctype html><title>Lamps</title><p>To discuss automated access to our data please write to us."


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "body", "rule"),
    [
        pytest.param(503, WALL, "remote/blocked", id="a-shop"),
        pytest.param(503, PAGE, "remote/server-error", id="a-failure"),
        pytest.param(404, WALL, "remote/not-found", id="a-404-may-say-what-it-likes"),
        pytest.param(200, b"<title>Access denied errors, and why</title>" + PAGE, "", id="a-page-about-walls"),
        pytest.param(
            200, b"<script src=/cdn-cgi/challenge-platform/scripts/jsd/main.js></script>" + PAGE, "", id="a-whole-page"
        ),
        pytest.param(200, b"<title>Just a moment...</title>", "remote/blocked", id="a-challenge"),
    ],
)
async def test_walls_against_programs_are_no_broken_pages(status: int, body: bytes, rule: str) -> None:
    async with Lab({"/a/page": says(status, body, *HTML)}) as lab:
        (answer,) = await ask(lab.url("/a/page"), fragment="here")

        assert answer.rule == rule


def test_what_is_only_sent_to_may_refuse_to_be_asked_for(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    allow = says(405, b"", "Allow: POST")
    picky = {f"/picky/{status}": says(status, b"") for status in (400, 411, 415, 422, 501)}
    own = {
        **picky,
        "/send": allow,
        "/xmlrpc.php": allow,
        "/form": allow,
        "/link": allow,
        "/closes": allow,
        "/gone": says(404),
    }
    with running(own) as lab:
        page = """<!doctype html><title>x</title><link rel=pingback href={lab}/xmlrpc.php>
<form method=post action={lab}/send></form>
<form method=post action={lab}/gone></form>
<form action={lab}/form></form>
<form method=dialog action={lab}/closes></form>
<a href={lab}/link>x</a><a href={lab}/send>y</a>
""" + "".join(f"<form method=post action={{lab}}{path}></form>" for path in picky)
        config = '[remote]\nallow_private = true\ninterval = 0.0\nproxy = ""\n'
        root = write({"index.html": page.replace("{lab}", lab.url("")), "config.toml": config})
        out = run("check", root, "--config", root / "config.toml", "--format", "json", "--no-history").out

        assert "/closes" not in {asked.path for asked in lab.log}
    errors = {(each["line"], each["rule"]) for each in json.loads(out)["findings"] if each["level"] == "error"}
    refused = "remote/client-error"
    assert errors == {(3, "remote/not-found"), (4, refused), (6, refused)}


@pytest.mark.parametrize("live", [False, True], ids=["a-folder", "a-walk"])
def test_remote_ids_are_compared_as_written_first(
    live: bool, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    doc = '<!doctype html><p id="caf%C3%A9">1<p id="a%20b">2<p id="x%2Fy">3<p id="plain/\u00e9">4'
    names = ("caf%C3%A9", "a%20b", "x%2Fy", "plain/%C3%A9", "plain%2F%c3%a9", "nowhere%2F")
    behaviours = {"/doc": says(200, doc.encode(), *HTML)}
    with running(behaviours) as lab:
        page = "<!doctype html>" + "".join(f'<a href="{lab.url("/doc")}#{name}">x</a>' for name in names)
        behaviours["/"] = says(200, page.encode(), *HTML)
        config = '[remote]\nallow_private = true\ninterval = 0.0\nproxy = ""\n'
        root = write({"index.html": page, "config.toml": config})
        source = lab.url("/") if live else root
        out = run("check", source, "--config", root / "config.toml", "--format", "json", "--no-history").out

    wrong = [each["reference"].partition("#")[2] for each in json.loads(out)["findings"] if each["rule"] == MISSING]
    assert wrong == ["nowhere%2F"]


MISSING = "remote/missing-fragment"


@pytest.mark.parametrize("live", [False, True], ids=["a-folder", "a-walk"])
def test_a_page_that_sends_its_readers_on_lacks_no_place(
    live: bool, write: Callable[..., Path], run: Callable[..., Any]
) -> None:
    behaviours = {
        "/stub": says(200, b'<meta http-equiv=refresh content="0; url=/page">', *HTML),
        "/slow": says(200, b'<meta http-equiv=refresh content="300; url=/slow">', *HTML),
        "/page": says(200),
    }
    with running(behaviours) as lab:
        page = "".join(f'<a href="{lab.url(path)}#place">x</a>' for path in behaviours)
        behaviours["/"] = says(200, page.encode(), *HTML)
        config = '[remote]\nallow_private = true\ninterval = 0.0\nproxy = ""\n'
        root = write({"index.html": page, "config.toml": config})
        source = lab.url("/") if live else root
        out = run("check", source, "--config", root / "config.toml", "--format", "json", "--no-history").out

    wrong = [each["reference"].rpartition("/")[2] for each in json.loads(out)["findings"] if each["rule"] == MISSING]
    assert wrong == ["slow#place", "page#place"]


def test_a_walk_follows_a_refresh_header(write: Callable[..., Path], run: Callable[..., Any]) -> None:
    own = {
        "/": says(200, b"<!doctype html><a href=/moving>x</a>", *HTML),
        "/moving": says(200, b"<!doctype html><p>moving", "Refresh: 0; url='new?x=1#there'", *HTML),
        "/new?x=1": says(200, b"<!doctype html><p id=there><a href=/lost>x</a>", *HTML),
    }
    with running(own) as lab:
        root = write({"config.toml": '[remote]\nallow_private = true\ninterval = 0.0\nproxy = ""\n'})
        out = run("check", lab.url("/"), "--config", root / "config.toml", "--format", "json", "--no-history").out

    assert [each["reference"] for each in json.loads(out)["findings"] if each["level"] == "error"] == ["/lost"]
