"""What a chain of redirects is given, and gives back: RFC 6265, section 5.2, and the limits of browsers."""

from __future__ import annotations

import pytest

from checker.fetch import Response
from checker.fetch.cookies import Jar

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
        (["a"], ""),
        (["=1"], ""),
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
