"""What the text of a remote page says of itself: that it is a challenge, a login, or that there is no such page."""

from __future__ import annotations

import re
from html import unescape
from itertools import islice

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
_WORD = re.compile(r"[\w'’]+")
# What says nothing but that there is no page, each word with a blank after it; the group says that it is one of a page.
_NOTHING_ELSE = re.compile(
    r"(?:http )?(?:error |status )?(?:code )?(?:404 |410 )?(?:error )?(?:(?:we'?re )?sorry |o+ps )?"
    r"(?:410 gone |(?P<page>"
    # English
    r"(?:the |this |that )?(?:requested )?(?:web ?)?(?:page |file |document |site |article |post |content |url )"
    r"(?:(?:that )?you (?:requested|(?:are|were|'?re) looking for) )?"
    r"(?:(?:was |is |were |could |can )?(?:not|cannot|can't|couldn't|wasn't) (?:be )?found "
    r"|(?:does not|doesn't|no longer) exists? |is no longer available |is(?: not|n't) available )"
    r"|(?:we )?(?:can't|cannot|couldn't|could not) find (?:the|that|this) page "
    # German, Dutch, Swedish, Danish, Norwegian
    r"|(?:die |diese )?(?:angeforderte |gesuchte )?seite (?:(?:wurde |konnte )?nicht gefunden (?:werden )?"
    r"|existiert nicht (?:mehr )?)"
    r"|(?:deze |de )?pagina (?:is )?niet gevonden |(?:deze )?pagina bestaat niet (?:meer )?"
    r"|sidan (?:hittades inte |kunde inte hittas |finns inte )"
    r"|siden (?:blev |ble )?ikke fun(?:det|net) |siden findes ikke "
    # French, Spanish, Portuguese, Italian
    r"|(?:la |cette )?page (?:demandée )?(?:est )?(?:introuvable |non trouvée |n['’]existe (?:pas|plus) )"
    r"|(?:la |esta )?página (?:no (?:fue |ha sido )?encontrada |no existe )"
    r"|(?:a |esta )?página não (?:foi )?encontrada |pagina non trovata "
    # Polish, Czech, Russian, Ukrainian, Finnish, Hungarian, Turkish
    r"|nie znaleziono strony |strona nie (?:została znaleziona |istnieje )|stránka (?:nebyla )?nenalezena "
    r"|страница не (?:найдена|существует) |сторінку не знайдено |sivua ei löyd(?:y|etty) |sivua ei löytynyt "
    r"|az oldal nem található |sayfa bulunamadı "
    # Chinese, Japanese, Korean
    r"|(?:您|你)?(?:访问的|訪問的)?(?:页面|頁面|网页|網頁)(?:不存在|未找到|没有找到|找不到了?) "
    r"|找不到(?:该|該|此)?(?:页面|頁面|网页|網頁) "
    r"|(?:お探しの)?ページ(?:が|は)見つかりません(?:でした)? |페이지를 찾을 수 없습니다 "
    r")|(?:not found )|(?:(?:was |could |is )(?:not|cannot|can't) (?:be )?found ))",
    re.I,
)
_BAR = re.compile(r"\s+[|\-–—·•»«:]{1,2}\s+")  # between a page's title and its site's
_TAG = re.compile(rb"<[^<>]*>")
_META = re.compile(rb"<meta\b([^<>]*)>", re.I)
_LONGEST = 1000  # bytes of a heading
_METAS = 200  # that are looked at
_APART = re.compile(r"[-_+.=&?]+")  # between the words of an address
_SEGMENT = re.compile(
    r"(?:wp[-_])?(?:log-?in|log_in|sign-?in|sign_in|sso|servicelogin)(?:\.(?:php|html?|aspx?|jsp|jsf|cgi|do|action))?",
    re.I,
)
_PASSWORD = re.compile(rb"<input\b[^>]{0,1000}\btype\s*=\s*[\"']?password", re.I)
_LOGIN = re.compile(
    r"\b(?:(?:log|sign)[ -]?(?:in|on)|anmeld(?:en|ung)|einloggen|inloggen|logga in|logg inn|log ind|connexion"
    r"|connecte(?:r|z)|iniciar sesi[oó]n|acceder|entrar|accedi|zaloguj|přihl[aá]\w+|вход|войти|увійти)\b"
    r"|登[录錄入陆陸]|ログイン|로그인",
    re.I,
)
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
    return _says_missing(title) is not None


def _says_missing(text: str) -> re.Match[str] | None:
    return _NOTHING_ELSE.fullmatch("".join(f"{word} " for word in _WORD.findall(text)))


def missing_by(url: str, response: Response) -> str:
    """What on a page says that it is none, though it has a title or a site's name besides; "" if nothing does.

    Title and heading must say nothing else, or one of them on a page that search engines are asked to leave out. A page
    about such errors has more to say, or says so in its address.
    """
    address = urls.decode(urls.host_and_path(url)[1])
    words = [_APART.sub(" ", part) for part in address.split("/")]
    if any(map(is_about_missing, words)) or any(map(_says_missing, words)):
        return ""
    body = response.body[:GLANCE]
    heading = _heading(body)
    parts = _BAR.split(title_of(body))
    titled = next(filter(None, map(_says_missing, parts)), None)
    headed = _says_missing(heading)
    if not (titled or headed):
        return ""
    unlisted = _is_unlisted(response, body)
    alike = titled and headed and titled["page"] and headed["page"] and len(parts) == 2
    if not (unlisted or alike):
        return ""
    return f"its heading is {heading!r}" if headed else f"its title is {title_of(body)!r}"


def _heading(body: bytes) -> str:
    """The text of the only heading of the first level; "" where there is none, or several."""
    lower = body.lower()
    start = lower.find(b"<h1")
    end = lower.find(b"</h1", start)
    if start < 0 or end < 0 or lower.find(b"<h1", end) >= 0:
        return ""
    text = body[lower.find(b">", start) + 1 : end][:_LONGEST]
    return " ".join(unescape(_TAG.sub(b" ", text).decode("utf-8", "replace")).split())


def _is_unlisted(response: Response, body: bytes) -> bool:
    """Whether search engines are asked to leave a page out."""
    if "noindex" in response.headers.get("X-Robots-Tag", "").lower():
        return True
    metas = (match[1].lower() for match in islice(_META.finditer(body), _METAS))
    return any(b"robots" in meta and b"noindex" in meta for meta in metas)


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


def shows_login(body: bytes) -> bool:
    """Whether a page is a login: it asks for a password, and its title says what for."""
    return _PASSWORD.search(body) is not None and _LOGIN.search(title_of(body)) is not None


def _is_named_login(url: str) -> bool:
    path = urls.host_and_path(url)[1].partition("?")[0]
    return any(map(_SEGMENT.fullmatch, path.split("/")))
