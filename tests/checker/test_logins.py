"""What a browser, or a person, takes for a login in a URL is hidden; what is none stays as it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import StringIO

import pytest
from ada_url import URL, join_url
from hypothesis import given, settings
from hypothesis import strategies as st

import reports
from checker import logins
from checker.model import Checked, Finding, Hop, Level, Report, Role, Totals, Verdict

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("https://user:secret@example.test/x", "https://***@example.test/x"),
        ("https://user@example.test/x", "https://***@example.test/x"),
        ("//user:secret@example.test/x", "//***@example.test/x"),
        (" HTTPS:\\\\user:secret@example.test", " HTTPS:\\\\***@example.test"),
        ("https:user:secret@example.test", "https:***@example.test"),
        ("https:/user:secret@example.test", "https:/***@example.test"),
        ("wss:////user:secret@example.test", "wss:////***@example.test"),
        ("\\\\user:secret@example.test/", "\\\\***@example.test/"),
        ("/\\user:secret@example.test/", "/\\***@example.test/"),
        ("gopher://user:secret@example.test", "gopher://***@example.test"),
        ("foo://user:sec\\ret@example.test", "foo://***@example.test"),
        ("ht\ntp://user:secret@example.test/", "ht\ntp://***@example.test/"),
        ("h\tttp:/\r/user:sec\n\tret@example.test/\t", "h\tttp:/\r/***@example.test/\t"),
        ("\x01\x1f http://user:secret@example.test/", "\x01\x1f http://***@example.test/"),
        ("h\x01ttp://user:secret@example.test/", "h\x01ttp://***@example.test/"),
        ("http://user:sec ret@example.test/", "http://***@example.test/"),
        ("http://user:secret@other:word@example.test/", "http://***@example.test/"),
        ("http://user:secret@[2001:db8::1]:8080/@x", "http://***@[2001:db8::1]:8080/@x"),
        ("http://user:secret@example.test:99999/", "http://***@example.test:99999/"),
        ("http://user:sec/r@t@example.test/", "http://***@example.test/"),
        ("http://user@corp.test:sec/ret@example.test/", "http://***@example.test/"),
        ("http://user:sec?r#et@example.test", "http://***@example.test"),
        ("http://user%3Asecret%40example.test/", "http://***%40example.test/"),
        ("view-source:http://user:secret@example.test/", "view-source:http://***@example.test/"),
        ("view-source:http:user:secret@example.test/", "view-source:http:***@example.test/"),
        ("feed:https://user:secret@example.test/", "feed:https://***@example.test/"),
        ("blob:http://user:secret@example.test/1", "blob:http://***@example.test/1"),
        ("javascript:open('http://user:secret@example.test')", "javascript:open('http://***@example.test')"),
        ("https://a.test/?to=http://user:secret@b.test/", "https://a.test/?to=http://***@b.test/"),
        ("https://a.test/?to=//user:secret@b.test/", "https://a.test/?to=//***@b.test/"),
        ("https://a.test/?to=http%3A%2F%2Fuser%3Asecret%40b.test", "https://a.test/?to=http%3A%2F%2F***%40b.test"),
        ("?to=http%253A%252F%252Fuser%253Asecret%2540b.test", "?to=http%253A%252F%252F***%2540b.test"),
        ("https://archive.test/2020/http://user:secret@b.test/", "https://archive.test/2020/http://***@b.test/"),
    ],
)
def test_a_login_is_hidden_and_all_else_stays(reference: str, expected: str) -> None:
    assert logins.hidden(reference) == expected
    assert logins.hidden(expected) == expected


@pytest.mark.parametrize(
    "reference",
    [
        "mailto:someone@example.test",
        "MailTo:someone@example.test?subject=a@b",
        "page@2.html",
        "npm:package@1",
        "sip:someone@example.test",
        "git@example.test:owner/repository.git",
        "data:text/plain,a:b@c",
        "https://example.test/@x",
        "https://example.test/a:b@c",
        "https://example.test/x?m=a@b",
        "https://example.test?m=a:b@c",
        "https://example.test#a:b@c",
        "https://example.test:8080/a:b@c",
        "https://[2001:db8::1]:8080/@x",
        "https://example.test\\a:b@c",
        "https://example.test/a//b@1/c",
        "https://a.test/?to=https://b.test/c@1",
        "https://a.test/?to=https%3A%2F%2Fb.test%2Fc%401.2",
        "http://localhost:PORT/@vite/client",
        "//cdn.test/x@1.2",
        "/x:y@z",
        "file:///x@1.2/y",
        "foo:///x@y",
        "?q=a:b@c",
        "#a:b@c",
        "",
    ],
)
def test_what_is_no_login_is_not_hidden(reference: str) -> None:
    assert logins.hidden(reference) == reference
    assert logins.hidden_in(reference) == reference
    assert logins.of(reference) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'http:/user:secret@a.test': no folder", "'http:/***@a.test': no folder"),
        ("http:user:secret@a.test: no folder", "http:***@a.test: no folder"),
        ("'http://user:sec ret@a.test' is no URL", "'http://***@a.test' is no URL"),
        ("'http://user:sec\\nret@a.test' is no URL", "'http://***@a.test' is no URL"),
        ("git:/user:secret@a.test/x: as a path has it", "git:/***@a.test/x: as a path has it"),
        ("see http://a.test and write to me@b.test", "see http://a.test and write to me@b.test"),
        ("http://a.test: write to me@b.test", "http://a.test: write to me@b.test"),
    ],
)
def test_logins_are_hidden_in_prose(text: str, expected: str) -> None:
    assert logins.hidden_in(text) == expected


def test_a_path_that_repeats_the_login_of_its_reference_hides_it_too() -> None:
    """`http:/user:secret@host` is a path for a browser whose page is http, and a login on any other."""
    target = "http://mirror.test/user:s%65cret@example.test/"
    checked = Checked("p", Role.LINK, "http:/us\ner:secret@example.test/", target, Verdict.OK)

    assert checked.target == "http://mirror.test/***@example.test/"


@pytest.mark.parametrize(
    ("url", "bare", "given", "other"),
    [
        ("http://ann:pw@a.test:81/x?y", "http://a.test:81/x?y", "http://ann:pw@a.test:81/", "https://a.test:81/"),
        ("https://ann@a.test/", "https://a.test/", "https://ann@a.test/", "https://a.test:81/"),
        ("https://a.test/@x", "https://a.test/@x", "https://a.test/", "http://ann:pw@a.test/"),
    ],
)
def test_the_login_of_an_origin_goes_to_it_and_to_no_other(url: str, bare: str, given: str, other: str) -> None:
    without, login = logins.split(url)

    assert without == bare
    assert login.given(bare) == url
    assert login.taken(url) == bare
    assert login.given(given) == given  # it has one
    assert login.given(other) == login.taken(other) == other


_SECRET = "s3cret"  # noqa: S105 - of nothing
_NOISE = st.text("\t\n\r", max_size=2)
_BASES = (
    "http://mirror.test/a/b.html",
    "https://mirror.test/",
    "ftp://mirror.test/x",
    "foo://mirror.test/x",
    "file:///x",
)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """A reference with a login, as odd as it can be, in which a browser may see it."""
    scheme = draw(
        st.sampled_from(["", "http:", "https:", "HTTPS:", "ws:", "ftp:", "foo:", "file:", "view-source:http:"])
    )
    slashes = draw(st.text("/\\", max_size=4))
    user = draw(st.text(" ab.:@%é=&'\"([{<>,;|^`*\\", max_size=4))
    password = draw(st.text("ab:@%é=&'\"()[]{}<> ,;|^`*\\*", max_size=3))
    host = draw(st.sampled_from(["example.test", "192.0.2.1:8080", "[2001:db8::1]", "例え.test"]))
    path = draw(st.text("/?#@:a.\\ *", max_size=5))
    around = draw(st.sampled_from(["", " ", "\x00\x1f"]))
    text = f"{scheme}{slashes}{user}:{_SECRET}{password}@{host}{path}"
    at = draw(st.integers(0, len(text)))
    return f"{around}{text[:at]}{draw(_NOISE)}{text[at:]}"


@settings(deadline=None, max_examples=300)
@given(spellings(), st.sampled_from(_BASES))
def test_no_format_shows_what_a_browser_takes_for_a_login(reference: str, base: str) -> None:
    try:
        joined = join_url(base, reference)
    except ValueError:
        return
    url = URL(joined)
    if _SECRET not in url.username + url.password:
        return
    report = _report(reference, joined)

    for name in reports.FORMATS:
        stream = StringIO()
        reports.write(name, report, stream, reports.View(verbose=True))
        assert _SECRET not in stream.getvalue()


_PARTS = (
    "http://",
    "https://h.test",
    "mailto:",
    "/",
    "\\",
    "@",
    "u",
    ":",
    "?",
    "=",
    "#",
    "%40",
    "\x01",
    " ",
    "\t",
    "//",
)


@given(st.lists(st.sampled_from(_PARTS), max_size=8).map("".join))
def test_the_quick_look_overlooks_nothing(reference: str) -> None:
    """With a colon at its end, any reference is looked at closely."""
    assert logins.hidden(reference) == logins.hidden(f"{reference}?:").removesuffix("?:")


@given(st.one_of(spellings(), st.text("htp:/\\@%40au.*\t\n #?'")))
def test_what_is_hidden_stays_so(text: str) -> None:
    """A record is made anew with other fields, and a report is read back from the history."""
    assert logins.hidden(logins.hidden(text)) == logins.hidden(text)


def _report(reference: str, target: str) -> Report:
    finding = Finding(
        "remote/moved", Level.ERROR, target, 1, 1, f"leads to {target}", Role.LINK, reference, target,
        hops=(Hop(301, target),), suggestion=target, fingerprint="f",
    )  # fmt: skip
    checked = (Checked(target, Role.LINK, reference, target, Verdict.OK),)
    moment = "2026-01-01T00:00:00Z"
    return Report("1", moment, moment, target, "", (target,), Totals(), (finding,), checked)


@pytest.mark.parametrize(
    "part",
    ["http://a:b/", "://", "a:", "%25", "%3a%2f%2f", "'http://a:b", "a:b@", "http://a:b\t@", "//", "http:", "=/a:"],
)
@pytest.mark.parametrize("hide", [logins.hidden, logins.hidden_in, logins.of])
def test_hiding_takes_no_more_than_linear_time(hide: Callable[[str], object], part: str) -> None:
    def seconds(times: int) -> float:
        text = "@" + part * times
        began = time.process_time()
        hide(text)
        return time.process_time() - began

    small, large = (min(seconds(times) for _ in range(3)) for times in (4_000, 32_000))
    assert large < 24 * small + 0.01  # quadratic: 64 times
