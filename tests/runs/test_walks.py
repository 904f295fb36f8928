"""Whole walks of live sites: where a start leads, what is read twice, what is never asked for, and what is left."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lab import PATIENCE
from lab.behaviours import HTML, says, sends, to
from lab.process import ALLOWED, found, html, running, started
from lab.server import Behaviour, Exchange, Lab

from checker.model import Unchecked

NONE: dict[str, Behaviour] = {"/robots.txt": says(404), "/sitemap.xml": says(404), "/favicon.ico": says(404)}


class Walk(NamedTuple):
    """A walk that has ended."""

    code: int
    report: dict[str, Any]
    err: str
    lab: Lab

    @property
    def asked(self) -> set[str]:
        """The paths that the server was asked for."""
        return {asked.path for asked in self.lab.log}


Walked = Callable[..., Walk]


@pytest.fixture
def walked(write: Callable[..., Path]) -> Walked:
    """Walk a site of the lab from a path on."""

    def walk(
        site: Mapping[str, Behaviour], *options: str, start: str = "/", host: str = "127.0.0.1", tables: str = ""
    ) -> Walk:
        with running({**NONE, **site}, ["127.0.0.2"]) as lab:
            root = write({"config.toml": f"{ALLOWED}{tables}\n[history]\nfile = ''\n"})
            process = started("check", lab.url(start, host), "--format", "json", *options, cwd=root)
            out, err = process.communicate(timeout=PATIENCE)
        return Walk(process.returncode, json.loads(out) if out else {}, err, lab)

    return walk


# --- what is wrong with a page itself


def test_a_page_of_no_bytes_and_one_that_was_never_unpacked_are_told(walked: Walked) -> None:
    async def packed(exchange: Exchange) -> None:
        await exchange.answer(200, gzip.compress(b"<!doctype html><a href=/gone>x</a>"), ("Content-Type: text/html",))

    walk = walked({"/": html("/none", "/packed"), "/none": says(200, b"", *HTML), "/packed": packed})

    told = {(row["rule"], row["page"].rpartition("/")[2]) for row in walk.report["findings"]}
    assert told == {("local/empty", "none"), ("local/unreadable", "packed")}, walk.err


def test_a_map_is_sought_on_the_page_that_was_read(walked: Walked) -> None:
    page = b'<!doctype html><map name="m"></map><img src="data:," usemap="#m"><img src="data:," usemap="#n">'
    walk = walked({"/": says(200, page, *HTML)})

    assert found(walk.report) == [("remote/missing-fragment", "#n")], walk.err


# --- what is excluded


def test_what_is_excluded_is_never_asked_for_on_the_walked_site_either(walked: Walked) -> None:
    site = {"/": html("/a", "/logout", "/item/delete?id=1"), "/a": html("/logout", "/gone")}
    walk = walked(site, "--exclude", "logout", "--exclude", "/delete")

    assert found(walk.report) == [("remote/not-found", "/gone")], walk.err
    assert not {path for path in walk.asked if "logout" in path or "delete" in path}
    assert walk.report["totals"]["unchecked"] == {"excluded by the configuration": 2}


def test_no_redirect_leads_to_what_is_excluded_or_not_allowed(walked: Walked) -> None:
    robots = says(200, b"User-agent: *\nDisallow: /inner\n", "Content-Type: text/plain")
    site = {
        "/": html("/a", "/leave", "/enter", "/on"),
        "/a": html("/gone"),
        "/leave": to("/over", 302),
        "/over": to("/logout", 301),
        "/enter": to("/inner/room", 302),
        "/on": to("/a", 302),
        "/robots.txt": robots,
    }
    walk = walked(site, "--exclude", "logout")

    assert found(walk.report) == [("remote/not-found", "/gone"), ("remote/redirected", "/on")], walk.err
    assert not {path for path in walk.asked if "logout" in path or "inner" in path}
    assert "/over" in walk.asked
    unchecked = {"excluded by the configuration": 1, "not allowed by robots.txt": 1}
    assert walk.report["totals"]["unchecked"] == unchecked


def test_pictures_and_downloads_that_robots_txt_forbids_are_not_asked_for(walked: Walked) -> None:
    page = "<!doctype html><img src=/no/a.png alt=a><a href=/no/b.pdf>b</a><a href=/no/b.pdf#p>b</a><a href=/gone.pdf>c</a>"
    robots = says(200, b"User-agent: *\nDisallow: /no/", "Content-Type: text/plain")
    walk = walked({"/": says(200, page.encode(), *HTML), "/robots.txt": robots})

    assert found(walk.report) == [("remote/not-found", "/gone.pdf")], walk.err
    assert not {path for path in walk.asked if path.startswith("/no/")}
    assert walk.report["totals"]["unchecked"] == {"not allowed by robots.txt": 2}


# --- pages that are not read to their end


def test_a_fragment_that_may_stand_where_a_page_was_not_read_is_unchecked(walked: Walked) -> None:
    long = b"<!doctype html><title>x</title><p id=first>" + b"<p>word" * 2000 + b"<p id=last>"
    cut = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n<title>x</title><p id=first>"
    names = ("/long#first", "/long#last", "/long#none", "/cut#first", "/cut#last", "/whole#none")
    site = {"/": html(*names), "/long": says(200, long), "/cut": sends(cut), "/whole": html()}
    walk = walked(site, "--all", tables="\n[pages]\nmax_bytes = 5000\n")

    assert [row for row in found(walk.report) if row[0] == MISSING] == [(MISSING, "/whole#none")], walk.err
    verdicts = {row["reference"]: row["verdict"] for row in walk.report["references"] if row["reference"] in names}
    assert verdicts == {
        "/long#first": "ok",
        "/long#last": "unchecked",
        "/long#none": "unchecked",
        "/cut#first": "ok",
        "/cut#last": "unchecked",
        "/whole#none": "broken",
    }
    assert walk.report["totals"]["unchecked"][Unchecked.UNREAD] == 3


MISSING = "remote/missing-fragment"


# --- fragments that programs read


def test_a_route_is_unchecked_where_its_page_has_a_program_to_read_it(walked: Walked) -> None:
    site = {
        "/": html("/app#/a", "/app#!b", "/app#c", "/plain#/d"),
        "/app": says(200, b"<p id=a>x</p><script>start()</script>"),
        "/plain": html(),
    }
    walk = walked(site)

    assert found(walk.report) == [("remote/missing-fragment", "/app#c"), ("remote/missing-fragment", "/plain#/d")]
    assert walk.report["totals"]["unchecked"] == {"for a script of its page (#/…, #!…, #a=b)": 2}


def test_a_script_of_the_site_itself_needs_no_crossorigin(walked: Walked) -> None:
    signed = "integrity='sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"

    async def page(exchange: Exchange) -> None:
        scripts = (
            f"<script src=/own.js {signed}></script><script src={exchange.lab.url('/its.js', '127.0.0.2')} {signed}>"
        )
        await exchange.answer(200, f"<!doctype html>{scripts}</script>".encode(), HTML)

    script = says(200, b"", "Content-Type: text/javascript")
    walk = walked({"/": page, "/own.js": script, "/its.js": script})

    lacking = [row["reference"] for row in walk.report["findings"] if row["rule"] == "asset/crossorigin-missing"]
    assert lacking == [walk.lab.url("/its.js", "127.0.0.2")], walk.err


# --- what leads to a home page


def test_a_home_page_to_which_a_redirect_leads_is_read(walked: Walked) -> None:
    site = {
        "/": html("/de", "/old"),
        "/de": to("/de/", 301),
        "/de/": html("/de/gone"),
        "/old": to("/fr/", 302),
        "/fr/": html("/fr/gone"),
    }
    walk = walked(site)

    assert found(walk.report) == [
        ("remote/moved", "/de"),
        ("remote/not-found", "/de/gone"),
        ("remote/not-found", "/fr/gone"),
        ("remote/redirected-home", "/old"),
    ], walk.err


@pytest.mark.parametrize("reason", ["excluded by the configuration", "not allowed by robots.txt"])
def test_a_start_that_leads_to_what_is_not_asked_for_is_an_error_that_says_so(reason: str, walked: Walked) -> None:
    robots = says(200, b"User-agent: *\nDisallow: /inner", "Content-Type: text/plain")
    where = "/inner/" if "robots" in reason else "/logout/"
    walk = walked({"/": to(where, 302), "/robots.txt": robots}, "--exclude", "logout")

    assert walk.code == 2
    assert f"it leads to what is {reason}" in walk.err


# --- the same bytes


def test_the_same_bytes_in_another_folder_refer_to_other_pages(walked: Walked) -> None:
    page = html("next.html", "?page=2", "/gone")
    site = {
        "/": html("/v1/a.html", "/v2/a.html"),
        "/v1/a.html": page,
        "/v2/a.html": page,
        **dict.fromkeys(("/v1/next.html", "/v1/a.html?page=2", "/v2/a.html?page=2"), html()),
    }
    walk = walked(site)

    assert found(walk.report) == [
        ("remote/not-found", "/gone"),
        ("remote/not-found", "/gone"),
        ("remote/not-found", "next.html"),
    ]


def test_the_same_bytes_that_refer_to_the_same_are_told_of_once(walked: Walked) -> None:
    page = html("/gone", "#there")
    site = {"/": html(*(f"/session/{n}" for n in range(9))), **{f"/session/{n}": page for n in range(9)}}
    walk = walked(site)

    assert walk.report["totals"]["pages"] == 10


def test_a_site_with_one_answer_to_all_is_left_and_that_is_counted(walked: Walked) -> None:
    site = {"/": html("/x/1"), "/x/*": html("a/", "b/")}
    walk = walked(site, tables="soft_404 = false")

    assert walk.report["totals"]["unchecked"]["not read: the same bytes as 50 pages before"] > 0
    assert walk.report["totals"]["pages"] <= 52


# --- sitemaps


@pytest.mark.parametrize("media", ["application/gzip", "application/octet-stream", "text/xml"])
def test_a_sitemap_that_is_a_gzip_file_is_read_whatever_its_type(media: str, walked: Walked) -> None:
    async def packed(exchange: Exchange) -> None:
        body = f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{exchange.lab.url("/hidden")}</loc></url></urlset>'
        await exchange.answer(200, gzip.compress(body.encode()), (f"Content-Type: {media}",))

    async def robots(exchange: Exchange) -> None:
        await exchange.answer(200, f"Sitemap: {exchange.lab.url('/map')}".encode(), ("Content-Type: text/plain",))

    async def index(exchange: Exchange) -> None:
        body = f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{exchange.lab.url("/part.xml.gz")}</loc></sitemap></sitemapindex>'
        await exchange.answer(200, gzip.compress(body.encode()), (f"Content-Type: {media}",))

    walk = walked({"/": html(), "/robots.txt": robots, "/map": index, "/part.xml.gz": packed, "/hidden": html("/gone")})

    assert found(walk.report) == [("remote/not-found", "/gone")], walk.err


def test_what_an_index_names_is_a_sitemap_under_any_name_and_one_may_be_a_list(walked: Walked) -> None:
    def listing(element: str, *paths: str) -> Behaviour:
        async def do(exchange: Exchange) -> None:
            places = "".join(f"<x><loc>{exchange.lab.url(path)}</loc></x>" for path in paths)
            body = f'<{element} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</{element}>'.encode()
            await exchange.answer(200, gzip.compress(body), ("Content-Type: binary/octet-stream",))

        return do

    async def robots(exchange: Exchange) -> None:
        lines = "".join(f"Sitemap: {exchange.lab.url(path)}\n" for path in ("/all.gz", "/list.txt.gz"))
        await exchange.answer(200, lines.encode(), ("Content-Type: text/plain",))

    async def lines(exchange: Exchange) -> None:
        body = gzip.compress(exchange.lab.url("/c").encode())
        await exchange.answer(200, body, ("Content-Type: application/gzip",))

    site = {
        "/": html("/backup.gz"),
        "/robots.txt": robots,
        "/all.gz": listing("sitemapindex", "/1.gz", "/2"),
        "/1.gz": listing("urlset", "/a"),
        "/2": listing("urlset", "/b"),
        "/list.txt.gz": lines,
        "/backup.gz": listing("urlset", "/not-a-page"),
        **{f"/{name}": html(f"/gone-{name}") for name in "abc"},
    }
    walk = walked(site)

    assert found(walk.report) == [("remote/not-found", f"/gone-{name}") for name in "abc"], walk.err
    assert "/not-a-page" not in walk.asked


# --- where the start leads


def elsewhere(path: str = "/", host: str = "") -> Behaviour:
    """Redirect to another port of the lab, or another of its hosts."""

    async def do(exchange: Exchange) -> None:
        await exchange.answer(301, b"", (f"Location: {exchange.lab.url(path, host or '127.0.0.1')}",))

    return do


def test_a_start_that_leads_to_another_site_is_an_error_that_names_it(walked: Walked) -> None:
    walk = walked({"/": elsewhere("/home", "127.0.0.2"), "/home": html("/gone")})

    assert walk.code == 2
    assert f"leads to another site: {walk.lab.url('/home', '127.0.0.2')}" in walk.err
    assert not walk.report


@pytest.mark.parametrize("field", [False, True], ids=["meta", "header"])
def test_a_start_that_only_sends_its_readers_on_is_no_site(field: bool, walked: Walked) -> None:
    def sends_on(place: str, host: str, more: str = "") -> Behaviour:
        async def do(exchange: Exchange) -> None:
            wish = f"0; url={exchange.lab.url(place, host)}"
            body = "<!doctype html><title>x</title>" if field else f'<meta http-equiv=refresh content="{wish}">'
            await exchange.answer(200, (body + more).encode(), (*HTML, *([f"Refresh: {wish}"] if field else [])))

        return do

    elsewhere = walked({"/": sends_on("/home", "127.0.0.2"), "/home": html("/gone")})
    assert elsewhere.code == 2
    assert f"leads to another site: {elsewhere.lab.url('/home', '127.0.0.2')}" in elsewhere.err

    within = walked({"/docs/": sends_on("/manual/", "127.0.0.1"), "/manual/": html("/manual/gone")}, start="/docs/")
    assert found(within.report) == [("remote/not-found", "/manual/gone")], within.err

    link = '<a href="/gone">g</a>'
    with_pages = walked({"/": sends_on("/home", "127.0.0.2", link), "/home": html()})
    assert found(with_pages.report) == [("remote/not-found", "/gone")], with_pages.err


def test_a_start_that_leads_to_another_folder_is_walked_there(walked: Walked) -> None:
    site = {
        "/docs/": to("/manual/en/"),
        "/manual/en/": html("a", "../de/"),
        "/manual/en/a": html("/gone"),
        "/manual/de/": html("/not-of-the-walk"),
    }
    walk = walked(site, start="/docs/")

    assert found(walk.report) == [("remote/not-found", "/gone")], walk.err
    assert walk.report["totals"]["pages"] == 2
    assert walk.report["mirror"]["addresses"] == [walk.lab.url("/manual/en/")]


@pytest.mark.parametrize("start", ["/docs/", "/manual/"])
def test_the_terminal_says_that_another_address_was_walked(start: str, write: Callable[..., Path]) -> None:
    with running({**NONE, "/docs/": to("/manual/"), "/manual/": html()}) as lab:
        root = write({"config.toml": ALLOWED})
        process = started("check", lab.url(start), "--no-history", cwd=root)
        out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, err
    assert (f"the address leads elsewhere: {lab.url('/manual/')} was checked" in out) is (start == "/docs/")


# --- the visitor's cookies


def test_the_cookies_of_the_site_go_from_page_to_page_and_to_no_other_host(walked: Walked) -> None:
    async def member(exchange: Exchange) -> None:
        known = "visit=1" in exchange.asked.headers.get("cookie", "")
        await exchange.answer(200 if known else 403, b"<a href=/gone>x</a>", HTML)

    async def home(exchange: Exchange) -> None:
        other = exchange.lab.url("/other", "127.0.0.2")
        await exchange.answer(
            200, f"<a href=/in>x</a><a href={other}>y</a>".encode(), (*HTML, "Set-Cookie: visit=1; Path=/")
        )

    walk = walked({"/": to("/home", 302, "Set-Cookie: first=1"), "/home": home, "/in": member, "/other": says(200)})

    assert found(walk.report) == [("remote/not-found", "/gone")], walk.err
    sent = {asked.path: asked.headers.get("cookie", "") for asked in walk.lab.log}
    assert "first=1" in sent["/in"]
    assert sent["/other"] == ""


# --- what was not read


FORBIDDEN = says(200, b"User-agent: *\nDisallow: /p/\n", "Content-Type: text/plain")


def test_a_walk_that_may_read_one_page_of_many_has_failed(walked: Walked) -> None:
    site = {"/": html(*(f"/p/{n}" for n in range(20))), "/p/*": html("/gone"), "/robots.txt": FORBIDDEN}
    walk = walked(site)

    assert walk.code == 2
    assert "robots.txt forbids 20 pages, and 1 could be read" in walk.err
    assert walk.report["totals"]["unchecked"] == {"not allowed by robots.txt": 20}


def test_the_owner_of_a_site_may_walk_what_robots_txt_forbids(walked: Walked) -> None:
    walk = walked({"/": html("/p/1"), "/p/*": html("/gone"), "/robots.txt": FORBIDDEN}, tables="[site]\nrobots = false")

    assert found(walk.report) == [("remote/not-found", "/gone")], walk.err
    assert walk.code == 1


@pytest.mark.parametrize(("site", "clean"), [("max_pages = 2", False), ("max_pages = 9", True)])
def test_a_quiet_walk_says_what_it_did_not_read(site: str, clean: bool, write: Callable[..., Path]) -> None:
    with running({**NONE, "/": html("/1", "/2", "/3"), "/1": html(), "/2": html("/1"), "/3": html("/2")}) as lab:
        root = write({"config.toml": f"{ALLOWED}[site]\n{site}\n"})
        process = started("check", lab.url("/"), "-q", "--no-history", cwd=root)
        out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, err
    assert ("not read: more than 2 pages ([site] max_pages)" in out) is not clean
    assert (out == "") is clean


def test_the_texts_of_a_site_are_read_too(walked: Walked) -> None:
    async def text(exchange: Exchange) -> None:
        await exchange.answer(200, f"see {exchange.lab.url('/gone')}.".encode(), ("Content-Type: text/plain",))

    walk = walked({"/": html("/notes.txt", "/raw"), "/notes.txt": text, "/raw": text})

    assert [(finding["rule"], finding["page"].rpartition("/")[2]) for finding in walk.report["findings"]] == [
        ("remote/not-found", "notes.txt")
    ]


def test_a_walk_may_bring_the_cookie_of_a_login(walked: Walked) -> None:
    async def member(exchange: Exchange) -> None:
        sent = exchange.asked.headers.get("cookie", "").split("; ")
        await exchange.answer(200 if {"login=me", "seen=1"} <= {*sent} else 403, b"<a href=/gone>x</a>", HTML)

    async def home(exchange: Exchange) -> None:
        known = "login=me" in exchange.asked.headers.get("cookie", "")
        await exchange.answer(200 if known else 403, b"<a href=/in>x</a>", (*HTML, "Set-Cookie: seen=1; Path=/"))

    walk = walked({"/": home, "/in": member}, "--header", "http://127.0.0.1:* Cookie: login=me")

    assert found(walk.report) == [("remote/not-found", "/gone")], walk.err


# --- what a response's header refers to


def headed(*fields: str, body: bytes = b"<!doctype html><title>x</title><p>x") -> Behaviour:
    return says(200, body, *HTML, *fields)


def test_a_link_in_the_header_is_a_reference_of_its_page(walked: Walked) -> None:
    links = "</gone.css>; rel=stylesheet, <next?p=2>; rel=next", '<gone.png>; rel="icon"; sizes=any'
    site = {
        "/": html("/a/"),
        "/a/": headed(*(f"Link: {each}" for each in links), "Refresh: 9; url=gone-too#x"),
        "/a/next?p=2": html("/a/lost"),
    }
    walk = walked(site)

    assert found(walk.report) == [
        ("remote/not-found", "/a/lost"),
        ("remote/not-found", "/gone.css"),
        ("remote/not-found", "gone-too#x"),
        ("remote/not-found", "gone.png"),
    ], walk.err
    told = {each["reference"]: each for each in walk.report["findings"]}
    assert (told["/gone.css"]["role"], told["gone.png"]["role"]) == ("stylesheet", "icon")
    assert told["/gone.css"]["message"] == "404: not found (named by the header field Link)"
    assert told["gone-too#x"]["message"] == "404: not found (named by the header field Refresh)"
    assert told["/a/lost"]["message"] == "404: not found"


def test_a_link_in_the_header_resolves_against_the_response_and_not_by_the_base_of_its_page(walked: Walked) -> None:
    body = b"<!doctype html><base href=/elsewhere/><a href=gone>x</a>"
    site = {
        "/": html("/old/page"),
        "/old/page": to("/new/page"),
        "/new/page": headed('Link: <gone>; rel=next, <#top>; rel="https://x.example/rel"', body=body),
    }
    walk = walked(site)

    targets = [each["target"].partition("/new/")[2] for each in walk.report["findings"] if "header" in each["message"]]
    assert targets == ["gone"], walk.report["findings"]
    assert {"/new/gone", "/elsewhere/gone"} <= walk.asked


def test_a_reference_of_the_page_and_of_its_header_has_its_place_on_the_page(walked: Walked) -> None:
    body = b"<!doctype html>\n<link rel=stylesheet href=/gone.css>"
    walk = walked({"/": headed("Link: </gone.css>; rel=stylesheet", body=body)})

    [finding] = walk.report["findings"]
    assert (finding["line"], finding["column"], finding["message"]) == (2, 27, "404: not found")


def test_a_header_of_nothing_but_faults_changes_nothing(walked: Walked) -> None:
    faults = "</gone", "/gone; rel=next", "</gone>; title=x", "<https://cdn.example>; rel=preconnect", '"' * 5_000
    walk = walked({"/": headed(*(f"Link: {each}" for each in faults))})

    assert (found(walk.report), walk.report["totals"]["references"]) == ([], 0)


def test_a_header_with_thousands_of_links_is_read_like_a_page_with_as_many(walked: Walked) -> None:
    many = ", ".join(f"</n/{n}>; rel=item" for n in range(2_500))
    walk = walked({"/": headed(f"Link: {many}"), "/n/*": html()}, tables="soft_404 = false\n[site]\nmax_pages = 20")

    assert walk.report["totals"]["references"] == 2_500
    assert walk.report["totals"]["pages"] == 20


def test_broken_and_odd_urls_of_a_header_are_told_as_those_of_a_page(walked: Walked) -> None:
    links = "Link: <http://[/>; rel=next, <gopher2://x/>; rel=next, <tel:1>; rel=author, <\\gone>; rel=next"
    walk = walked({"/": headed(links)}, "--ignore", "remote")

    assert found(walk.report) == [
        ("url/invalid", "http://[/"),
        ("url/repaired-by-browsers", "\\gone"),
        ("url/unknown-scheme", "gopher2://x/"),
    ]


# --- cookies of a file


def cookies(*lines: str) -> str:
    return "# Netscape HTTP Cookie File\n" + "".join(line.replace(" ", "\t") + "\n" for line in lines)


def test_a_walk_sends_the_cookies_of_a_file_to_the_hosts_that_they_name_and_shows_none(
    write: Callable[..., Path],
) -> None:
    async def members(exchange: Exchange) -> None:
        sent = {*exchange.asked.headers.get("cookie", "").split("; ")}
        status = 200 if {"login=s3cret"} <= sent else 403
        port = exchange.asked.headers["host"].rpartition(":")[2]
        body = f'<!doctype html><a href="in">x</a><a href="http://127.0.0.2:{port}/out">x</a><a href="http://127.0.0.3:{port}/to">'
        await exchange.answer(status, body.encode(), (*HTML, "Set-Cookie: seen=1; Path=/"))

    async def leads(exchange: Exchange) -> None:
        port = exchange.asked.headers["host"].rpartition(":")[2]
        await exchange.answer(302, b"", (f"Location: http://127.0.0.2:{port}/end", "Set-Cookie: chain=1"))

    site = {**NONE, "/": members, "/in": members, "/out": says(404), "/to": leads, "/end": says(404)}
    with running(site, ["127.0.0.2", "127.0.0.3"]) as lab:
        root = write({"config.toml": ALLOWED + "soft_404 = false\n"})
        (root / "own.txt").write_text(
            cookies("127.0.0.1 FALSE / FALSE 0 login s3cret", "#HttpOnly_127.0.0.2 FALSE /out FALSE 0 other 0ther")
        )
        options = "--format", "json", "--all", "-v", "--history", "h.sqlite", "--cookies", "own.txt"
        process = started("check", lab.url("/"), *options, cwd=root)
        out, err = process.communicate(timeout=PATIENCE)
        sent = {(asked.host, asked.path): asked.headers.get("cookie", "") for asked in lab.log}

    rules = {rule for rule, _ in found(json.loads(out))}
    assert rules == {"remote/not-found"}, err  # no page of the site is closed
    assert sent["127.0.0.1", "/"] == "login=s3cret"
    assert sent["127.0.0.1", "/in"] == "login=s3cret; seen=1"
    assert sent["127.0.0.2", "/out"] == "other=0ther"
    assert sent["127.0.0.2", "/end"] == sent["127.0.0.3", "/to"] == ""
    assert "s3cret" not in out + err + (root / "h.sqlite").read_bytes().decode("latin-1")


def test_what_a_walked_site_sets_replaces_what_the_file_gave(walked: Walked, tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text(cookies("127.0.0.1 FALSE / FALSE 0 login old", "127.0.0.1 FALSE / FALSE 0 x 1"))
    renews = says(
        200, b"<a href=/in>x</a>", *HTML, "Set-Cookie: login=new; Path=/", "Set-Cookie: x=; Path=/; Max-Age=0"
    )
    walk = walked({"/": renews, "/in": html()}, "--cookies", str(tmp_path / "own.txt"))

    assert [asked.headers.get("cookie") for asked in walk.lab.log if asked.path == "/in"] == ["login=new"]
