"""What the text of a remote page says of itself: that it is a challenge, a login, or that there is no such page."""

from __future__ import annotations

import re
from html import unescape

from checker.fetch import Response
from checker.web import urls

GLANCE = 65_536  # bytes of a body in which a title, a challenge or a login is looked for
_TITLE = re.compile(rb"<title[^>]{0,200}>(.{0,400}?)</title", re.I | re.S)

# What stands on challenges only, whatever the status. Cloudflare puts scripts of its own on whole pages too.
_CHALLENGE = re.compile(
    rb"<title>\s*(?:Just a moment\.\.\.|Attention Required! \| Cloudflare|DDoS-Guard|Access denied"
    rb"|Checking your browser[^<]{0,100})\s*</title"
    rb"|/cdn-cgi/challenge-platform/[^\"'\s]{0,200}/orchestrate/|_Incapsula_Resource[^>]{0,400}SWUDNSAI"
    rb"|window\.awsWafCookieDomainList|geo\.captcha-delivery\.com|id=[\"']challenge-(?:form|running)",
    re.I,
)
# What walls against programs say where a page would have another status.
_WALL = re.compile(
    rb"<title>\s*(?:Just a moment\.\.\.|Attention Required!|Access denied|Robot Check)|/cdn-cgi/challenge-platform/"
    rb"|_Incapsula_Resource|captcha|automated (?:access|queries|requests|traffic)|unusual traffic|\brobot check\b"
    rb"|\b(?:not|are you) a robot\b|\byou are (?:a )?human\b|\bbot (?:detection|protection)\b|__jsl_clearance"
    rb"|mod_security|document\.cookie\s*=",
    re.I,
)
_CHALLENGED = frozenset({200, 202})
_HONEST = frozenset({404, 410})  # whose pages may hold any script

_NOT_FOUND = re.compile(
    r"\b(?:404|410)\b|\b(?:page|file|document|site) (?:was |could )?(?:not|cannot|can't) (?:be )?found\b"
    r"|\bnot found\b|\bno longer (?:exists|available)\b|页面不存在|找不到|見つかりません|nicht gefunden|introuvable",
    re.I,
)
_WORD = re.compile(r"[\w']+")
_NOTHING_ELSE = re.compile(  # of a title, each word with a blank after it
    r"(?:http )?(?:error |status )?(?:404 |410 )?(?:error )?(?:sorry |oops )?(?:the )?(?:requested )?"
    r"(?:(?:page |file |document |site )?(?:was |could |is )?(?:not|cannot|can't) (?:be )?found "
    r"|gone |页面不存在 |seite nicht gefunden |page introuvable )",
    re.I,
)
_SEGMENT = re.compile(
    r"(?:wp[-_])?(?:log-?in|log_in|sign-?in|sign_in|sso|servicelogin)(?:\.(?:php|html?|aspx?|jsp|jsf|cgi|do|action))?",
    re.I,
)
_PASSWORD = re.compile(rb"<input\b[^>]{0,1000}\btype\s*=\s*[\"']?password", re.I)
_RETURN = re.compile(
    r"(?:^|&)(?:[\w.-]*(?:next|return|redirect|continue|back|goto|dest|target|service|forward|from|origin|ref|url|uri)"
    r"[\w.-]*|r|to)=",
    re.I,
)


def title_of(body: bytes) -> str:
    """The title of a page, in one line; "" where there is none."""
    match = _TITLE.search(body)
    return " ".join(unescape(match[1].decode("utf-8", "replace")).split()) if match else ""


def challenges(response: Response) -> bool:
    """Whether something for browsers to solve, or for people, answers instead of a page."""
    if response.headers.get("cf-mitigated", "").lower() == "challenge":
        return True
    if response.status in _CHALLENGED:
        return _CHALLENGE.search(response.body) is not None
    return response.status >= 400 and response.status not in _HONEST and _WALL.search(response.body) is not None


def is_about_missing(title: str) -> bool:
    """Whether a title holds words that error pages have, and pages about such errors too."""
    return _NOT_FOUND.search(title) is not None


def is_missing(title: str) -> bool:
    """Whether a title says that there is no page, and nothing else."""
    return _NOTHING_ELSE.fullmatch("".join(f"{word} " for word in _WORD.findall(title))) is not None


def may_be_login(url: str, final: str) -> bool:
    """Whether a redirect leads to what the address calls a login: that alone proves nothing."""
    return _is_named_login(final) and not _is_named_login(url)


def is_login(final: str, body: bytes, *, for_good: bool) -> bool:
    """Whether what may be a login is one, to which readers are sent instead of the page.

    A page that moved `for_good` may be about logins; a login asks for a password, or says where to return to.
    """
    path, _, query = urls.host_and_path(final)[1].partition("?")
    if _RETURN.search(query) or _PASSWORD.search(body):
        return True
    return not for_good and _SEGMENT.fullmatch(path.rstrip("/").rpartition("/")[2]) is not None


def _is_named_login(url: str) -> bool:
    path = urls.host_and_path(url)[1].partition("?")[0]
    return any(map(_SEGMENT.fullmatch, path.split("/")))
