"""`mirrorcheck fix` where only the network tells what to write: redirects, https, copies at an archive."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab.behaviours import HTML, Do, by_method, says, to
from lab.process import ALLOWED, nobody, running, through
from lab.server import Exchange

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
