"""Logins: user names and passwords in URLs. They are never shown, and are sent only to the origin they were given for.

Browsers decide what a login is: https://url.spec.whatwg.org/#url-parsing. They drop leading control characters, and
tabs and line breaks anywhere. After the schemes of the web they accept any number of slashes and backslashes, and the
login reaches to the last `@` of the authority. A login that only a person would recognise is hidden as well: after
another scheme (`view-source:`, `feed:`), in a query, percent-encoded, or in text that no browser can parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple
from urllib.parse import unquote

HIDDEN = "***"

_DROPPED = re.compile(r"[\t\n\r]")
_AT = "(?=@|%(?:25)*40)"
_SLASH = r"(?:[/\\]|%(?:25)*(?:2f|5c))"
_WEB = "(?:https?|wss?|ftp):"
_SCHEME = r"[a-z][a-z0-9+.\-]*:"


@cache  # compiled when there is first a text that may hold a login
def _pattern(start: str, anything: str, excluded: str, allowed: str) -> re.Pattern[str]:
    """Return a pattern of logins; the last group that matches is the login.

    A reference begins at `start` and holds `anything`. Its login holds no character of the class `excluded`, except
    in a match of `allowed`.
    """
    authority = rf"(?:[^/?\#\\{excluded}]|{allowed})*"
    within = rf"((?:[^/?\#\\\s\"'<>]|{allowed})*){_AT}"
    # A password with a slash in it stands where a port is expected, so no browser can parse the reference.
    port = r"[0-9]*(?:[/?\#\\]|\Z)"
    broken = (
        rf"(?:{authority}@)?[^][/?\#\\@:\ ]*:(?!\ |{port})[^/?\#\\@{excluded}]*[/?\#\\{excluded}]{anything}(?<!/)(?=@)"
    )
    return re.compile(
        rf"""
        {start}(?:
            (?:(?:{_SCHEME})*?{_WEB}[/\\]*|[/\\]{{2,}}|(?:%5c|%2f){{2,}})(?:({broken})|({authority}){_AT})
            |(?:{_SCHEME})*?(?!{_WEB}){_SCHEME}//(?!/)([^/?\#{excluded}]*){_AT}
        )
        |(?:(?<=http)|(?<=https)|(?<=ws)|(?<=wss)|(?<=ftp)):[/\\]{{2,}}{within}
        |(?<=[a-z0-9+.\-]):[/\\]{{2}}(?![/\\]){within}
        |(?:(?<==)/|(?<=[a-z0-9+.\-]):)/(?!/)([^/?\#\\:\s\"'<>]*:[^/?\#\\\s\"'<>]*){_AT}
        |(?:%(?:25)*3a|:(?=[/\\]?%)){_SLASH}{{2}}(?!{_SLASH})((?:(?!%(?:25)*(?:2f|5c|3f|23|26))[^/?\#&\\\s\"'<>])*){_AT}
        """,
        re.I | re.S | re.X,
    )


_REFERENCE = (r"\A[\x00-\x20]*", r".*", "", "(?!)")
# Prose may quote a reference as Python's `repr` does.
_PROSE = (r"(?<![^\s'\"(\[<{=,`])", r".{0,500}", r"\ ", r"\\[tnr]")


class Login(NamedTuple):
    """The login that was given with an origin. It is valid for all URLs of the origin: RFC 7617 section 2.2."""

    origin: str = ""  # "https://mirror.example/"
    named: str = ""  # "https://user:password@mirror.example/"

    def given(self, url: str) -> str:
        """Add the login to a serialised URL, if the URL is of this origin and has no login of its own."""
        return self.named + url[len(self.origin) :] if self.named and url.startswith(self.origin) else url

    def taken(self, url: str) -> str:
        """Remove the login from a serialised URL."""
        return self.origin + url[len(self.named) :] if self.named and url.startswith(self.named) else url


def split(url: str) -> tuple[str, Login]:
    """Split a serialised http(s) URL into the URL without its login, and the login."""
    scheme, _, rest = url.partition("//")
    authority, _, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    origin = f"{scheme}//{host}/"
    return origin + path, Login(origin, f"{scheme}//{user}@{host}/") if at else Login()


def hidden(reference: str, known: Iterable[str] = ()) -> str:
    """A URL or a reference as it may be shown: each login is replaced by `***`. `known` are further logins to hide."""
    return _hidden(_pattern(*_REFERENCE), reference, known) if known or _possible(reference) else reference


def hidden_in(text: str, known: Iterable[str] = ()) -> str:
    """The same for a text that may name URLs, each on one line or broken over several."""
    if not may_be_in(text):
        return text
    text = _hidden(_pattern(*_PROSE), text, known)
    return "\n".join([_hidden(_pattern(*_PROSE), line, ()) for line in text.split("\n")]) if "\n" in text else text


def of(reference: str) -> tuple[str, ...]:
    """The logins of a reference as written, without tabs and line breaks."""
    if not _possible(reference):
        return ()
    text = _DROPPED.sub("", reference)
    found = (text[start:end] for start, end in _spans(_pattern(*_REFERENCE), text))
    return tuple(login for login in found if login not in {"", HIDDEN})


def may_be_in(text: str) -> bool:
    """Whether a text may hold a login; the quickest test, which most texts fail."""
    return "@" in text or ("40" in text and "%" in text)


# Most references with an `@`: they have no colon after the host, and so no second authority with a login.
_WITHOUT = re.compile(
    r"(?:mailto:(?![/\\]{2})|https?://[a-z0-9.-]+(?::[0-9]+)?(?=[/?#])|(?![\x00-\x20]|[/\\]{2}))[^:%\t\n\r]*", re.I
)


def _possible(reference: str) -> bool:
    """Whether a reference may hold a login; a quick test."""
    return may_be_in(reference) and _WITHOUT.fullmatch(reference) is None


def _hidden(pattern: re.Pattern[str], text: str, known: Iterable[str]) -> str:
    for login in known:
        text = _repeated(login).sub(HIDDEN, text)
    if _DROPPED.search(text) is None:
        kept: Sequence[int] = range(len(text) + 1)
        spans = _spans(pattern, text)
    else:
        kept = [at for at, character in enumerate(text) if character not in "\t\n\r"]
        spans = _spans(pattern, "".join([text[at] for at in kept]))
    parts: list[str] = []
    done = 0
    for start, end in spans:
        parts += text[done : kept[start]], HIDDEN
        done = kept[end]
    return "".join((*parts, text[done:])) if parts else text


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """The spans of the logins."""
    return (match.span(match.lastindex or 0) for match in pattern.finditer(text))


def _repeated(login: str) -> re.Pattern[str]:
    """Return a pattern that finds a known login before an `@`, percent-encoded or not."""
    spelt = []
    for character in unquote(login):
        encoded = "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
        spelt.append(f"(?:{re.escape(character)}|{encoded})")
    return re.compile(rf"(?:(?<!\w)|(?<=%[0-9a-f]{{2}})){''.join(spelt)}{_AT}", re.I)
