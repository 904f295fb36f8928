"""User names and passwords in URLs: shown nowhere, and sent to no origin but the one they were named with.

What a login is, is for browsers to say: https://url.spec.whatwg.org/#url-parsing. They drop control characters in front
and tabs and line ends anywhere, take any number of slashes in either direction behind the schemes of the web, and all
up to the last `@` of the authority. Where they see none, but a person meant one, it is hidden as well: behind another
scheme (`view-source:`, `feed:`), in a query, percent-encoded, and in what no browser can parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

HIDDEN = "***"

_DROPPED = re.compile(r"[\t\n\r]")
_AT = "(?=@|%(?:25)*40)"
_SLASH = r"(?:[/\\]|%(?:25)*(?:2f|5c))"
_WEB = "(?:https?|wss?|ftp):"
_SCHEME = r"[a-z][a-z0-9+.\-]*:"


def _pattern(begin: str, any_: str, but: str, more: str) -> re.Pattern[str]:
    """A pattern of logins, in its last group. A reference stands at `begin` and is made of `any_`; its login holds no
    character of the class `but`, and yet what is `more`.
    """
    authority = rf"(?:[^/?\#\\{but}]|{more})*"
    within = rf"((?:[^/?\#\\\s\"'<>]|{more})*){_AT}"
    # What should be a port is none: a password with a slash in it, which no browser can parse.
    port = r"[0-9]*(?:[/?\#\\]|\Z)"
    broken = rf"(?:{authority}@)?[^][/?\#\\@:\ ]*:(?!\ |{port})[^/?\#\\@{but}]*[/?\#\\{but}]{any_}(?<!/)(?=@)"
    return re.compile(
        rf"""
        {begin}(?:
            (?:(?:{_SCHEME})*?{_WEB}[/\\]*|[/\\]{{2,}}|(?:%5c|%2f){{2,}})(?:({broken})|({authority}){_AT})
            |(?:{_SCHEME})*?(?!{_WEB}){_SCHEME}//(?!/)([^/?\#{but}]*){_AT}
        )
        |(?:(?<=http)|(?<=https)|(?<=ws)|(?<=wss)|(?<=ftp)):[/\\]{{2,}}{within}
        |(?<=[a-z0-9+.\-]):[/\\]{{2}}(?![/\\]){within}
        |(?:(?<==)/|(?<=[a-z0-9+.\-]):)/(?!/)([^/?\#\\:\s\"'<>]*:[^/?\#\\\s\"'<>]*){_AT}
        |(?:%(?:25)*3a|:(?=[/\\]?%)){_SLASH}{{2}}(?!{_SLASH})((?:(?!%(?:25)*(?:2f|5c|3f|23|26))[^/?\#&\\\s\"'<>])*){_AT}
        """,
        re.I | re.S | re.X,
    )


_REFERENCE = _pattern(r"\A[\x00-\x20]*", r".*", "", "(?!)")
_PROSE = _pattern(
    r"(?<![^\s'\"(\[<{=,`])", r".{0,500}", r"\ ", r"\\[tnr]"
)  # which may quote a reference as Python does


class Login(NamedTuple):
    """The login that an origin was named with. It holds for all URLs of the origin: RFC 7617 section 2.2."""

    origin: str = ""  # "https://mirror.example/"
    named: str = ""  # "https://user:password@mirror.example/"

    def given(self, url: str) -> str:
        """A serialised URL with the login, where it is for it; one that has its own keeps it."""
        return self.named + url[len(self.origin) :] if self.named and url.startswith(self.origin) else url

    def taken(self, url: str) -> str:
        """A serialised URL without the login."""
        return self.origin + url[len(self.named) :] if self.named and url.startswith(self.named) else url


def split(url: str) -> tuple[str, Login]:
    """A serialised http(s) URL without its login, and that."""
    scheme, _, rest = url.partition("//")
    authority, _, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    origin = f"{scheme}//{host}/"
    return origin + path, Login(origin, f"{scheme}//{user}@{host}/") if at else Login()


def hidden(reference: str, known: Iterable[str] = ()) -> str:
    """A URL or a reference as it may be shown: each login is `***`, all else as it was. `known`: what else is one."""
    return _hidden(_REFERENCE, reference, known) if known or _possible(reference) else reference


def hidden_in(text: str, known: Iterable[str] = ()) -> str:
    """The same for a text that may name URLs: in a line, or broken by line ends."""
    if not _has_at(text):
        return text
    text = _hidden(_PROSE, text, known)
    return "\n".join([_hidden(_PROSE, line, ()) for line in text.split("\n")]) if "\n" in text else text


def of(reference: str) -> tuple[str, ...]:
    """The logins of a reference, as they stand in it but for the tabs and line ends."""
    if not _possible(reference):
        return ()
    text = _DROPPED.sub("", reference)
    found = (text[start:end] for start, end in _spans(_REFERENCE, text))
    return tuple(login for login in found if login not in {"", HIDDEN})


def _has_at(text: str) -> bool:
    return "@" in text or ("40" in text and "%" in text)


# What most references with an `@` are: without a colon behind the host, and so without a second authority.
_NONE = re.compile(
    r"(?:mailto:(?![/\\]{2})|https?://[a-z0-9.-]+(?::[0-9]+)?(?=[/?#])|(?![\x00-\x20]|[/\\]{2}))[^:%\t\n\r]*", re.I
)


def _possible(reference: str) -> bool:
    """Whether there may be a login: a quick look."""
    return _has_at(reference) and _NONE.fullmatch(reference) is None


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
    """Where logins begin and end."""
    return (match.span(match.lastindex or 0) for match in pattern.finditer(text))


def _repeated(login: str) -> re.Pattern[str]:
    """A pattern of a login that stands again, percent-encoded or not, in front of an `@`."""
    spelt = []
    for character in unquote(login):
        encoded = "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
        spelt.append(f"(?:{re.escape(character)}|{encoded})")
    return re.compile(rf"(?:(?<!\w)|(?<=%[0-9a-f]{{2}})){''.join(spelt)}{_AT}", re.I)
