"""`mirrorcheck fix` where only the network tells what to write: redirects, https, copies at an archive."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lab.behaviours import HTML, Do, by_method, resets, says, sends, to
from lab.certificates import contexts
from lab.process import ALLOWED, both, nobody, running, through
from lab.server import Exchange, Lab

Write = Callable[..., Path]
RunCommand = Callable[..., Any]

LOGIN = b"<title>Sign in to Lab</title><form><input type=password name=p></form>"
MISSING = b"<title>Page not found</title><h1>Page not found</h1>"
SHELL = says(200, b"<title>App</title>shell", *HTML)
MOVED = ("--select", "remote/moved", "--fail-on", "never")


def page(*references: str) -> str:
    return "".join(f'<p><a href="{each}">x</a>\n' for each in references)


def mirror(write: Write, text: str, pages: dict[str, bytes] | None = None, *, more: str = "") -> Path:
    """A mirror that may ask the lab."""
    return write({"index.html": text, "config.toml": f"{ALLOWED}second_pass = false\n{more}", **(pages or {})})


def fixed(run: RunCommand, root: Path, *options: str) -> Any:
    return run("fix", "--config", root / "config.toml", root, *options)


def hrefs(root: Path) -> list[str]:
    return re.findall('href="([^"]*)"', (root / "index.html").read_text())


def only_with_a_cookie(there: Do, other: Do) -> Do:
    async def do(exchange: Exchange) -> None:
        await (there if "seen=yes" in exchange.asked.headers.get("cookie", "") else other)(exchange)

    return do


LED: dict[str, tuple[dict[str, Do], str, str]] = {  # what the lab does -> the reference, and what it becomes
    "to-a-page": ({"/old": to("/new")}, "/old", "/new"),
    "308": ({"/old": to("/new", 308)}, "/old", "/new"),
    "in-steps": ({"/old": to("/mid"), "/mid": to("/new", 308)}, "/old", "/new"),
    "not-behind-what-is-for-now": (
        {"/old": to("/mid"), "/mid": to("/now", 302), "/now": to("/new")}, "/old", "/mid"
    ),
    "for-now": ({"/old": to("/new", 302)}, "/old", "/old"),
    "the-fragment-stays": ({"/old": to("/new")}, "/old#here", "/new#here"),
    "the-redirects-own-fragment": ({"/old": to("/new#there")}, "/old#here", "/new#there"),
    "the-last-stated-fragment": ({"/old": to("/mid#there"), "/mid": to("/new")}, "/old#here", "/new#there"),
    "an-empty-fragment": ({"/old": to("/new#")}, "/old#here", "/new#"),
    "no-fragment-from-behind": ({"/old": to("/mid"), "/mid": to("/new#there", 302)}, "/old#here", "/mid#here"),
    "the-query-is-the-redirects": ({"/old?a=1": to("/new?b=2")}, "/old?a=1", "/new?b=2"),
    "what-is-the-same-stays-spelt": (
        {"/%E4%B8%AD%E6%96%87": to("/%E4%B8%AD%E6%96%87/"), "/%E4%B8%AD%E6%96%87/": says(200)}, "/中文", "/中文/"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LED)
def test_a_redirect_is_followed_as_far_as_it_is_for_good(run: RunCommand, write: Write, case: str) -> None:
    behaviours, before, now = LED[case]
    with running({"/new": says(200), "/new?b=2": says(200), **behaviours}) as lab:
        root = mirror(write, page(lab.url(before)))
        result = fixed(run, root, *MOVED, "--write")
        again = fixed(run, root, *MOVED, "--write")

    assert hrefs(root) == [lab.url(now)]
    assert ("mended 1 finding" in result.err) == (before != now)
    assert "nothing to mend" in again.err


ASTRAY: dict[str, tuple[dict[str, Do], str]] = {  # what the lab does -> the rule that the reference breaks
    "an-error-page": ({"/new": by_method(says(200), says(404))}, "remote/not-found"),
    "a-soft-404-by-its-title": ({"/new": by_method(says(200), says(200, MISSING, *HTML))}, "remote/soft-404"),
    "a-soft-404-like-any-path": ({"/new": SHELL, "/*": SHELL}, "remote/soft-404"),
    "a-login-by-its-name": ({"/old": to("/login?next=x"), "/login?next=x": says(200)}, "remote/blocked"),
    "a-login-by-its-text": ({"/new": says(200, LOGIN, *HTML)}, "remote/moved"),
    "the-home-page": ({"/old": to("/"), "/": says(200)}, "remote/redirected-home"),
    "the-home-page-on-the-way": (
        {"/old": to("/"), "/": to("/welcome.html", 302), "/welcome.html": says(200)}, "remote/moved"
    ),
    "a-challenge": ({"/new": by_method(says(200), says(403, b"", "cf-mitigated: challenge"))}, "remote/blocked"),
    "what-fails-now": ({"/new": by_method(says(200), says(503))}, "remote/server-error"),
    "further-without-the-cookie": (
        {"/old": to("/new", 301, "Set-Cookie: seen=yes"), "/more": says(200), "/new": only_with_a_cookie(says(200), to("/more"))}, "remote/moved"
    ),
    "a-script": ({"/old": to("javascript:alert(1)")}, "remote/bad-redirect"),
    "another-program": ({"/old": to("mailto:a@b.test")}, "remote/redirected"),
    "a-login-in-the-url": ({"/old": to("http://ann:secret@{host}/new")}, "remote/moved"),
    "a-url-without-end": ({"/old": to("/" + "x" * 3_000), "/x*": says(200)}, "remote/moved"),
}  # fmt: skip


@pytest.mark.parametrize("case", ASTRAY)
def test_readers_are_not_sent_astray(run: RunCommand, write: Write, case: str) -> None:
    behaviours, rule = ASTRAY[case]
    with running({"/old": to("/new"), "/new": says(200), **behaviours}) as lab:
        root = mirror(write, page(lab.url("/old")))
        report = run("check", "--config", root / "config.toml", root, "--no-history", "--format", "json").report
        result = fixed(run, root, *MOVED, "--write")

    assert [(each["rule"], each["suggestion"]) for each in report["findings"]] == [(rule, None)]
    assert "secret" not in str(report)
    assert hrefs(root) == [lab.url("/old")]
    assert "nothing to mend" in result.err


def test_reports_and_fix_say_the_same(run: RunCommand, write: Write) -> None:
    with running({"/old": to("/mid"), "/mid": to("/new#there"), "/new": says(200)}) as lab:
        root = mirror(write, page(lab.url("/old")))
        report = run("check", "--config", root / "config.toml", root, "--no-history", "--format", "json").report
        diff = fixed(run, root, *MOVED)

    (finding,) = report["findings"]
    assert (finding["suggestion"], finding["grade"]) == (lab.url("/new#there"), "certain")
    assert diff.code == 1
    assert f'+<p><a href="{finding["suggestion"]}">' in diff.out


def test_a_redirect_is_not_mended_unasked(run: RunCommand, write: Write) -> None:
    with running({"/old": to("/new"), "/new": says(200)}) as lab:
        root = mirror(write, page(lab.url("/old")))
        assert "nothing to mend" in fixed(run, root, "--write").err
        assert lab.log == []
        assert "nothing to mend" in fixed(run, root, *MOVED, "--write", "--offline").err
        assert lab.log == []


def test_a_login_never_crosses_a_host(run: RunCommand, write: Write) -> None:
    async def leaves(exchange: Exchange) -> None:
        port = exchange.asked.headers["host"].rpartition(":")[2]
        await exchange.answer(301, b"", (f"Location: http://127.0.0.2:{port}/new",))

    with running({"/away": leaves, "/within": to("/new"), "/new": says(200)}, hosts=["127.0.0.2"]) as lab:
        base = lab.url("").removeprefix("http://")
        root = mirror(write, page(f"http://ann:secret@{base}/away", f"http://ann:secret@{base}/within"))
        result = fixed(run, root, *MOVED)
        assert "secret" not in result.out + result.err
        fixed(run, root, *MOVED, "--write")
        asked = [each for each in lab.log if each.host == "127.0.0.2"]

    assert hrefs(root) == [lab.url("/new", host="127.0.0.2"), f"http://ann:secret@{base}/new"]
    assert asked
    assert not [each for each in asked if "authorization" in each.headers]


def test_a_picture_is_where_it_went_only_if_it_is_one(run: RunCommand, write: Write) -> None:
    text = '<img src="{0}"> <img src="{1}">\n'
    site = {
        "/old.svg": to("/new.svg"),
        "/new.svg": says(200, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Content-Type: image/svg+xml"),
        "/lost.svg": to("/error.svg"),
        "/error.svg": says(200),
    }
    with running(site) as lab:
        root = mirror(write, text.format(lab.url("/old.svg"), lab.url("/lost.svg")))
        fixed(run, root, *MOVED, "--write")

    assert (root / "index.html").read_text() == text.format(lab.url("/new.svg"), lab.url("/lost.svg"))


def test_only_the_url_changes_in_whatever_page(run: RunCommand, write: Write) -> None:
    pages = {
        "a.md": "[a]({0} 'title') [b][r]\n\n[r]: <{0}#here>\n\nbare {0} and `{1}`\n",
        "b.html": "<meta charset=gbk>\r\n<p>中文<a href={0}>中</a> <a href='{0}#&eacute;'>",  # an entity stays one
    }
    with running({"/old": to("/new?a=1&b=2"), "/new?a=1&b=2": says(200)}) as lab:
        old, new = lab.url("/old"), lab.url("/new?a=1&b=2")
        root = mirror(write, "", {name: text.format(old, old).encode("gbk") for name, text in pages.items()})
        fixed(run, root, *MOVED, "--write")

    assert (root / "a.md").read_bytes().decode("gbk") == pages["a.md"].format(new, old)
    assert (root / "b.html").read_bytes().decode("gbk") == (
        f"<meta charset=gbk>\r\n<p>中文<a href={new}>中</a> <a href='{new.replace('&', '&amp;')}#&eacute;'>"
    )


def test_without_a_network_fix_says_so(run: RunCommand, write: Write) -> None:
    with nobody() as proxy:
        root = write({"index.html": page("http://gone.example/"), "config.toml": through(proxy)})
        result = fixed(run, root, *MOVED, "--write")

    assert result.code == 2
    assert "no network here" in result.err


# --- https


def by_scheme(plain: Do, secure: Do) -> Do:
    """Answer http: in one way and https: in another."""

    async def do(exchange: Exchange) -> None:
        await (secure if exchange.secure else plain)(exchange)

    return do


def to_https(status: int = 301) -> Do:
    async def do(exchange: Exchange) -> None:
        location = f"Location: https://{exchange.asked.headers['host']}{exchange.asked.path}"
        await exchange.answer(status, b"", (location,))

    return do


def drawing(words: str) -> Do:
    body = f"<svg xmlns='http://www.w3.org/2000/svg'><title>{words}</title></svg>"
    return says(200, body.encode(), "Content-Type: image/svg+xml")


async def clock(exchange: Exchange) -> None:
    """A picture that is never the same."""
    await drawing(str(exchange.count))(exchange)


MIXED = ("--select", "asset/mixed-content", "--fail-on", "never", "--published", "https://mirror.example/")
PICTURE, OTHER = drawing("a"), drawing("b")
SCRIPT = "Content-Type: text/javascript"
FRAMED = "<title>A frame</title>{}"


class Hosted(NamedTuple):
    """A host that has both schemes, and the mirror that embeds from it."""

    lab: Lab
    host: str  # HOST:PORT
    root: Path

    @property
    def text(self) -> str:
        return (self.root / "index.html").read_text().replace(self.host, "HOST")


@pytest.fixture
def hosted(write: Write, tmp_path: Path) -> Iterator[Callable[[dict[str, Do], str], Hosted]]:
    made, authority = contexts(tmp_path)
    with ExitStack() as stack:

        def opened(behaviours: dict[str, Do], text: str, pages: dict[str, str] | None = None) -> Hosted:
            lab = stack.enter_context(running(behaviours, contexts={"valid": made["valid"]}))
            host = stack.enter_context(both(lab, "valid"))
            more = {name: each.replace("HOST", host).encode() for name, each in (pages or {}).items()}
            root = mirror(write, text.replace("HOST", host), more, more=f'ca_file = "{authority}"\n')
            return Hosted(lab, host, root)

        yield opened


ALIKE: dict[str, tuple[Do, str]] = {  # what both schemes answer -> how it is embedded
    "the-same-bytes": (PICTURE, "<img src='{}'>"),
    "http-leads-to-https": (by_scheme(to_https(), PICTURE), "<img src='{}'>"),
    "never-the-same": (clock, "<img src='{}'>"),
    "a-script": (says(200, b"let a", SCRIPT), "<script src='{}'></script>"),
    "a-frame": (says(200, FRAMED.format("x").encode(), *HTML), "<iframe src='{}'></iframe>"),
}


@pytest.mark.parametrize("case", ALIKE)
def test_what_answers_alike_is_embedded_over_https(run: RunCommand, hosted: Callable[..., Hosted], case: str) -> None:
    do, element = ALIKE[case]
    site = hosted({"/x": do}, element.format("http://HOST/x"))
    check = run("check", "--config", site.root / "config.toml", site.root, "--no-history", *MIXED, "--format", "json")
    result = fixed(run, site.root, *MIXED, "--write")
    again = fixed(run, site.root, *MIXED, "--write")

    assert [each["suggestion"] for each in check.report["findings"]] == [f"https://{site.host}/x"]
    assert site.text == element.format("https://HOST/x")
    assert "mended 1 finding on 1 page" in result.err
    assert "nothing to mend" in again.err


UNLIKE: dict[str, Do] = {
    "other-bytes": by_scheme(PICTURE, OTHER),
    "another-type": by_scheme(PICTURE, says(200, b"GIF89a", "Content-Type: image/gif")),
    "an-error-page": by_scheme(PICTURE, says(200)),
    "not-found": by_scheme(PICTURE, says(404)),
    "back-to-http": by_scheme(PICTURE, to("http://{host}/x", 302)),
    "both-error-pages": says(200),
    "neither": says(404),
    "a-login": by_scheme(PICTURE, to("/login?next=x", 302)),
    "silence-of-http": by_scheme(resets, PICTURE),
    "no-tls": by_scheme(PICTURE, resets),
    "cut": by_scheme(PICTURE, sends(b"HTTP/1.1 200 OK\r\nContent-Type: image/svg+xml\r\nContent-Length: 999\r\n\r\n<svg")),
}  # fmt: skip


@pytest.mark.parametrize("case", UNLIKE)
def test_what_answers_otherwise_stays_at_http(run: RunCommand, hosted: Callable[..., Hosted], case: str) -> None:
    text = "<img src='http://HOST/x'>"
    site = hosted({"/x": UNLIKE[case], "/login?next=x": says(200, LOGIN, *HTML)}, text)
    result = fixed(run, site.root, *MIXED, "--write")

    assert site.text == text
    assert "nothing to mend" in result.err


def test_a_host_without_a_certificate_stays_at_http(run: RunCommand, write: Write) -> None:
    with running({"/x": PICTURE}) as lab:
        root = mirror(write, f"<img src='{lab.url('/x')}'>")
        assert "nothing to mend" in fixed(run, root, *MIXED, "--write").err


def test_every_place_is_mended_and_each_url_asked_once(run: RunCommand, hosted: Callable[..., Hosted]) -> None:
    text = '<img src="http://HOST/a"><img src="http://HOST/a"><img srcset="http://HOST/b 2x"><a href="http://HOST/a">'
    css = "a { background: url(http://HOST/a) }\n"
    site = hosted(
        {"/a": PICTURE, "/b": PICTURE, "/gone": says(404)},
        text,
        {"b.css": css, "c.md": "![](http://HOST/gone)\n\n![](http://HOST/a)\n"},
    )
    result = fixed(run, site.root, *MIXED, "--write")
    asked = Counter(each.path for each in site.lab.log)
    again = fixed(run, site.root, *MIXED, "--write")

    assert "mended 5 findings on 3 pages" in result.err
    assert "nothing to mend" in again.err
    https = text.replace("http:", "https:").replace('<a href="https:', '<a href="http:')
    assert site.text == https
    assert (site.root / "b.css").read_text() == css.replace("http:", "https:").replace("HOST", site.host)
    assert f"(http://{site.host}/gone)" in (site.root / "c.md").read_text()
    assert f"(https://{site.host}/a)" in (site.root / "c.md").read_text()
    assert asked["/a"] == asked["/b"] == 2  # over https: and over http:


def test_offline_and_unasked_nothing_is_asked(run: RunCommand, hosted: Callable[..., Hosted]) -> None:
    site = hosted({"/x": PICTURE}, "<img src='http://HOST/x'>")
    unasked = fixed(run, site.root, "--published", "https://mirror.example/", "--write")
    offline = fixed(run, site.root, *MIXED, "--write", "--offline")

    assert "nothing to mend" in unasked.err
    assert "nothing to mend" in offline.err
    assert site.lab.log == []


def test_only_what_may_be_mended_is_asked(run: RunCommand, hosted: Callable[..., Hosted]) -> None:
    site = hosted({"/x": PICTURE, "/link": says(200)}, "<img src='http://HOST/x'><a href='http://HOST/link'>")
    fixed(run, site.root, *MIXED)

    assert {each.path for each in site.lab.log} == {"/x"}
