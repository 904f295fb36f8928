"""What a chain of redirects is given, and gives back: RFC 6265, section 5.2, and the limits of browsers."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.fetch import Response
from checker.fetch.cookies import Jar, together
from checker.model import ConfigError

HERE, THERE = "http://a.test/x", "http://b.test/"


def given(*headers: str, jar: Jar | None = None) -> Jar:
    jar = jar or Jar()
    jar.keep(Response(HERE, 302, {}, headers))
    return jar


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        (["a=1"], "a=1"),
        (["a=1; Path=/; HttpOnly", "b=2"], "a=1; b=2"),
        (["a=1", "a=2"], "a=2"),
        (["a=1", "b=2", "a=3"], "a=3; b=2"),
        ([" a \t= 1 ; x"], "a=1"),
        (['a="quoted \\" and; not'], 'a="quoted \\" and'),
        (["a=b=c=="], "a=b=c=="),
        (["a="], "a="),
        (["a"], "a"),  # browsers take it for the value of a cookie without a name
        (["=1"], "1"),
        (["a", "=1"], "1"),
        (["=a=1", "="], ""),
        (["__Host-a=1; Path=/", "__Secure-b=1", "__host-c=1; Secure"], ""),
        ([""], ""),
        (["; a=1"], ""),
        (["a=\x00", "b=\x7f", "c=\x1b"], ""),
        (["a=1\tb"], "a=1\tb"),
        (["ключ=\udce9"], "ключ=\udce9"),
        (["[odd]@name=1"], "[odd]@name=1"),  # browsers send it back
        (["a=" + "x" * 4095], "a=" + "x" * 4095),
        (["a=" + "x" * 4096], ""),
    ],
)
def test_what_is_set_is_sent_back(headers: list[str], sent: str) -> None:
    assert given(*headers).header(HERE) == sent


def test_a_cookie_goes_to_its_host_only() -> None:
    assert given("a=1").header(THERE) == ""


def test_a_host_has_180_cookies_of_which_the_oldest_go_first() -> None:
    sent = given(*(f"n{number}=" for number in range(200))).header(HERE).split("; ")

    assert sent == [f"n{number}=" for number in range(20, 200)]


def test_a_request_carries_8_kilobytes_of_cookies_and_no_part_of_one() -> None:
    sent = given(*(f"{name}={'x' * 3000}" for name in "abc"), "small=1").header(HERE)

    assert [pair.partition("=")[0] for pair in sent.split("; ")] == ["a", "b", "small"]
    assert len(sent) <= 8192


@pytest.mark.parametrize(
    ("header", "url", "sent"),
    [
        ("a=1; Path=/; Domain=site.test", "http://www.site.test/", "a=1"),
        ("a=1; Path=/; Domain=.Site.test", "http://site.test/", "a=1"),
        ("a=1; Path=/", "http://www.id.site.test/", ""),
        ("a=1; Path=/; Domain=id.site.test", "http://www.site.test/", ""),
        ("a=1; Path=/; Domain=test", "http://www.site.test/", ""),
        ("a=1; Path=/; Domain=other.test", "http://other.test/", ""),
        ("a=1; Path=/shop", "http://id.site.test/shop/x", "a=1"),
        ("a=1; Path=/shop", "http://id.site.test/shopping", ""),
        ("a=1", "http://id.site.test/in/again?x", "a=1"),  # the folder of the page that set it
        ("a=1", "http://id.site.test/", ""),
        ("a=1; Path=nonsense", "http://id.site.test/in/", "a=1"),
        ("a=1; Path=/", "http://id.site.test:8080/", "a=1"),
        ("a=1; Path=/; Secure", "https://id.site.test/", ""),  # set over http
    ],
)
def test_a_cookie_goes_to_the_hosts_and_paths_it_is_for(header: str, url: str, sent: str) -> None:
    jar = Jar()
    jar.keep(Response("http://id.site.test/in/start", 302, {}, (header,)))

    assert jar.header(url) == sent


def test_no_address_has_a_domain() -> None:
    jar = Jar()
    jar.keep(Response("http://192.0.2.7/", 302, {}, ("a=1; Domain=2.7", "b=2")))

    assert jar.header("http://192.0.2.7/") == "b=2"
    assert jar.header("http://198.51.2.7/") == ""


@pytest.mark.parametrize(
    ("end", "sent"),
    [
        ("Max-Age=0", ""),
        ("Max-Age=-1", ""),
        ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""),
        ("expires=Thu, 01-Jan-1970 00:00:01 GMT", ""),
        ("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=gone"),
        ("Max-Age=soon", "a=gone"),
        ("Expires=Fri, 01 Jan 2999 00:00:00 GMT", "a=gone"),
        ("Expires=never", "a=gone"),
        # Section 5.1.1: the parts stand in any order; a date without one of them is none.
        ("Expires=01-Jan-1970 00:00:01 GMT", ""),
        ("Expires=00:00:00 1970 01 Jan", ""),
        ("Expires=Thursday, 31-December-98 23:59:59", ""),
        ("Expires=Thu Jan  1 00:00:00 1970", ""),
        ("Expires=1 Jan 1970", "a=gone"),
        ("Expires=1970-01-01 00:00:00", "a=gone"),
        ("Expires=31 Feb 1970 00:00:00", "a=gone"),
        ("Expires=31 Dec 69 23:59:59", "a=gone"),
        ("Path=/other; Max-Age=0", "a=1"),  # another cookie
    ],
)
def test_a_cookie_that_is_taken_back_is_not_sent(end: str, sent: str) -> None:
    assert given(f"a=gone; {end}", jar=given("a=1")).header(HERE) == sent


# --- a file in Netscape's format

SOON = "4102444800"  # 2100-01-01


def of_file(folder: Path, *lines: str) -> Jar:
    file = folder / "cookies.txt"
    file.write_text("# Netscape HTTP Cookie File\n" + "".join(f"{line}\n" for line in lines), "utf-8")
    jar = Jar()
    jar.read(file)
    return jar


@pytest.mark.parametrize(
    ("line", "to", "notto"),
    [
        (f"a.test\tFALSE\t/\tFALSE\t{SOON}\tn\tv", ["http://a.test/", "https://a.test:8/x"], ["http://b.a.test/"]),
        (f".a.test\tTRUE\t/\tFALSE\t{SOON}\tn\tv", ["http://a.test/", "http://b.a.test/"], ["http://ba.test/"]),
        (f"a.test\tTRUE\t/\tFALSE\t{SOON}\tn\tv", ["http://a.test/", "http://c.b.a.test/"], ["http://test/"]),
        (f".a.test\tFALSE\t/\tFALSE\t{SOON}\tn\tv", ["http://b.a.test/"], []),  # the dot says it too
        (f"#HttpOnly_a.test\tFALSE\t/\tFALSE\t{SOON}\tn\tv", ["http://a.test/"], []),
        (f"A.Test\tFALSE\t/\tFALSE\t{SOON}\tn\tv", ["http://a.test/"], []),
        (f"bücher.test\tFALSE\t/\tFALSE\t{SOON}\tn\tv", ["http://xn--bcher-kva.test/"], []),
        (f"127.0.0.1\tFALSE\t/\tFALSE\t{SOON}\tn\tv", ["http://127.0.0.1:9/"], ["http://127.0.0.2/"]),
        (f"a.test\tFALSE\t/x\tFALSE\t{SOON}\tn\tv", ["http://a.test/x", "http://a.test/x/y?z"], ["http://a.test/xy"]),
        (f"a.test\tFALSE\t/\tTRUE\t{SOON}\tn\tv", ["https://a.test/"], ["http://a.test/"]),
        ("a.test\tFALSE\t/\tFALSE\t0\tn\tv", ["http://a.test/"], []),  # of a session
        ("a.test\tFALSE\t/\tFALSE\t\tn\tv", ["http://a.test/"], []),
        ("a.test\tFALSE\t/\tFALSE\t1700000000.5\tn\tv", [], ["http://a.test/"]),  # it is over
        (f".test\tTRUE\t/\tFALSE\t{SOON}\tn\tv", [], ["http://a.test/"]),  # the world's
    ],
)
def test_a_cookie_of_a_file_goes_where_it_says(line: str, to: list[str], notto: list[str], tmp_path: Path) -> None:
    jar = of_file(tmp_path, line)

    assert {url: jar.header(url) for url in (*to, *notto)} == dict.fromkeys(to, "n=v") | dict.fromkeys(notto, "")


def test_an_empty_value_may_lack_its_tab(tmp_path: Path) -> None:
    assert of_file(tmp_path, "", "# x", f"a.test\tFALSE\t/\tFALSE\t{SOON}\tn").header("http://a.test/") == "n="


@pytest.mark.parametrize(
    "line",
    [
        "secret",
        "a.test FALSE / FALSE 0 n secret",
        "a.test\tno\t/\tFALSE\t0\tn\tsecret",
        "a.test\tFALSE\tx\tFALSE\t0\tn\tsecret",
        "a.test\tFALSE\t/\tFALSE\tsoon\tn\tsecret",
        "a.test\tFALSE\t/\tFALSE\t0\t\tsecret",
        "a.test\tFALSE\t/\tFALSE\t0\tn\tsecret\x01",
        "a.test\tFALSE\t/\tFALSE\t0\tn\tsecret\tx",
        "[\tFALSE\t/\tFALSE\t0\tn\tsecret",
        '{"cookies": "secret"}',
    ],
)
def test_what_is_no_cookie_is_named_by_its_line_and_not_shown(line: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cookies\.txt:2: no cookie in Netscape's format") as caught:
        of_file(tmp_path, line)

    assert "secret" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"\xff")
    for name in ("none", "latin", "."):
        with pytest.raises(ConfigError, match="cannot be read"):
            Jar().read(tmp_path / name)


def test_what_a_chain_sets_replaces_what_was_given() -> None:
    assert together("a=1; b=2", "b=3; c=4") == "a=1; b=3; c=4"
    assert together("a=1", "") == together("", "a=1") == "a=1"
