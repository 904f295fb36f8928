"""A remote URL and what became of asking for it: redirects, status, or none; and whether its fragments are there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from hashlib import blake2b
from html import unescape
from typing import TYPE_CHECKING, NamedTuple

from checker.config.schema import RemoteTable
from checker.extract import Options, charset, extractor
from checker.fetch import Fault, Fetch, Request, Response, media_of
from checker.fetch.hosts import Hosts
from checker.fetch.redirects import PERMANENT, Chain, follow
from checker.fetch.retry import may_pass
from checker.model import Hop, Kind, Verdict
from checker.rules import RULES
from checker.rules.codes import Code
from checker.web import urls
from checker.web.globs import wildcard

if TYPE_CHECKING:
    from checker.verify.containers.flaw import Flaw

_REDIRECTED = frozenset(rule.name for rule in RULES.values() if rule.verdict is Verdict.REDIRECTED)
_GLANCE = 65_536  # bytes of a body in which a title or a challenge is looked for


class Answer(NamedTuple):
    """The verdict on a URL. `rule` is "" where all is well; else the rule that is broken, with the evidence."""

    rule: str = ""
    message: str = ""
    status: int | None = None
    hops: tuple[Hop, ...] = ()
    suggestion: str | None = None
    missing: tuple[str, ...] = ()  # fragments that the page does not have
    passing: bool = False  # another time it may be otherwise
    flaw: Flaw | None = None  # what is wrong with it as an asset, where pages embed it

    @property
    def is_there(self) -> bool:
        """Whether a page answers, perhaps from elsewhere."""
        return not self.rule or self.rule in _REDIRECTED


class Known(NamedTuple):
    """What was learnt of a URL, and what tells whether it still holds in a later run."""

    answer: Answer
    latency: float | None = None  # seconds
    media: str = ""
    read: bool = False  # whether its body was looked at, for the ids
    ids: frozenset[str] | None = None  # of its page; None: nothing that can lack one
    etag: str = ""
    modified: str = ""
    role: str = ""  # in which pages embed it, where it was looked at as an asset
    picture_hash: int = 0  # of a picture, by which two of them are the same; 0: not a picture

    def of(self, fragments: Iterable[str]) -> Answer:
        """The verdict on the URL and on fragments of it."""
        ids = self.ids
        if ids is None:
            return self.answer._replace(missing=())
        return self.answer._replace(missing=tuple(name for name in checkable(fragments) if name not in ids))

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        """Header fields of a conditional request, RFC 9110 section 13; empty where nothing can be asked."""
        if not (self.read and self.answer.is_there):
            return ()
        fields = (("If-None-Match", self.etag), ("If-Modified-Since", self.modified))
        return tuple(field for field in fields if field[1])


def checkable(fragments: Iterable[str]) -> tuple[str, ...]:
    """Those fragments that a page must have an id for: the others are a script's business."""
    return tuple(sorted(fragment for fragment in fragments if not _SCRIPTED.match(fragment)))


_RULES = {
    Fault.DNS: Code.REMOTE_DNS,
    Fault.RESOLVER: Code.REMOTE_RESOLVER,
    Fault.ROUTE: Code.REMOTE_NO_ROUTE,
    Fault.CONNECTION: Code.REMOTE_CONNECTION,
    Fault.PROXY: Code.REMOTE_PROXY,
    Fault.LIMITED: Code.REMOTE_RATE_LIMITED,
    Fault.TIMEOUT: Code.REMOTE_TIMEOUT,
    Fault.TLS: Code.REMOTE_TLS,
    Fault.PROTOCOL: Code.REMOTE_PROTOCOL,
    Fault.PRIVATE: Code.REMOTE_PRIVATE_ADDRESS,
}
_BY_STATUS = {
    401: (Code.REMOTE_BLOCKED, "asks for a login"),
    403: (Code.REMOTE_BLOCKED, "forbidden to us; people may well see it"),
    404: (Code.REMOTE_NOT_FOUND, "not found"),
    407: (Code.REMOTE_BLOCKED, "the proxy asks for a login"),
    408: (Code.REMOTE_TIMEOUT, "the server waited for the request in vain"),
    410: (Code.REMOTE_GONE, "gone for good"),
    429: (Code.REMOTE_RATE_LIMITED, "asks for fewer requests"),
    451: (Code.REMOTE_BLOCKED, "withheld for legal reasons"),
    999: (Code.REMOTE_BLOCKED, "refuses programs"),
}
# What a GET cannot change after a HEAD, but where it is said to be passing: no way to the server at all.
_FINAL_FAULTS = frozenset({Fault.DNS, Fault.TLS, Fault.PRIVATE})
_NO_HEAD = frozenset({405, 501})
_CHALLENGED = frozenset({200, 202, 403, 429, 503})
_CHALLENGE = re.compile(
    rb"<title>\s*(?:Just a moment\.\.\.|Attention Required!|DDoS-Guard|Access denied|Checking your browser)"
    rb"|/cdn-cgi/challenge-platform/|_Incapsula_Resource|window\.awsWafCookieDomainList|geo\.captcha-delivery\.com"
    rb"|id=[\"']challenge-(?:form|running)",
    re.I,
)
_TITLE = re.compile(rb"<title[^>]{0,200}>(.{0,400}?)</title", re.I | re.S)
_NOT_FOUND = re.compile(
    r"\b(?:404|410)\b|\b(?:page|file|document|site) (?:was |could )?(?:not|cannot|can't) (?:be )?found\b"
    r"|\bnot found\b|\bno longer (?:exists|available)\b|页面不存在|找不到|見つかりません|nicht gefunden|introuvable",
    re.I,
)
_LOGIN = re.compile(r"/(?:(?:users?|accounts?|auth|session|wp)[/_-])?(?:log-?in|sign-?in|sso|servicelogin)\b", re.I)
_HOME = re.compile(r"/(?:(?:index|default|home)(?:\.\w+)?|[a-z]{2}/|[a-z]{2}[-_][a-z]{2}/?)?", re.I)
_SCRIPTED = re.compile(r"[!/?]|[^=]*=|L\d+(?:-L?\d+)?$|(?:issue|discussion|note|pullrequest)[\w]*[-_]?r?\d+$", re.I)
_TEXT = frozenset({"text/html", "application/xhtml+xml"})
_TOLD = _TEXT | {""}  # types in which there are ids, a title or a challenge


class Examiner:
    """Asks for URLs through a `Fetch`, and judges what comes back."""

    def __init__(
        self,
        fetch: Fetch,
        once: Fetch,
        config: RemoteTable,
        hosts: Hosts,
        options: Options,
        *,
        decode: Callable[[bytes], Awaitable[Flaw | None]] | None = None,
    ) -> None:
        """`once` is `fetch` without retries; `decode`: assets are downloaded whole, and decoded by it."""
        self._fetch = fetch
        self._once = once
        self._config = config
        self._hosts = hosts
        self._options = options
        self._decode = decode
        self._headless: set[str] = set()  # hosts that do not answer HEAD
        self._strangers: dict[str, _Stranger | None] = {}  # by host
        self._asking: dict[str, asyncio.Task[_Stranger | None]] = {}
        self._allowed = [(wildcard(row.source), wildcard(row.to)) for row in config.redirect]

    async def examine(self, url: str, fragments: Iterable[str] = (), known: Known | None = None) -> Known:
        """The verdict on a URL and on the fragments that are asked of it: one page, however many fragments.

        `known`: what an earlier run learnt, which holds where the server says that nothing was modified.
        """
        asked = checkable(fragments)
        clock = asyncio.get_running_loop().time
        began = clock()
        if known is not None and asked and known.conditions:
            request = Request(url, "GET", self._config.max_body, headers=known.conditions)
            chain = await follow(self._fetch, request, self._config.max_redirects)
            if chain.response is not None and chain.response.status == 304:
                if chain.hops == known.answer.hops:
                    return known._replace(answer=known.of(asked), latency=clock() - began)
                chain = await self._chain(url, self._config.max_body)
        else:
            chain = await self._chain(url, self._config.max_body if asked else 0)
        latency = clock() - began
        answer = self._judge(url, chain)
        answer = await self._elsewhere(url, answer)
        response = chain.response
        if response is None or not 200 <= response.status < 300 or chain.fault:
            return Known(answer, latency)
        if answer.is_there and self._config.soft_404:
            answer = await self._soft(url, chain, answer)
        known = Known(answer, latency, media_of(response.headers)[0])
        if not (asked and answer.is_there):
            return known
        # A redirect's own fragment takes the place of the one that is asked for.
        ids = None if chain.fragment else self._ids(response)
        etag, modified = (_validator(response.headers.get(name, "")) for name in ("ETag", "Last-Modified"))
        known = known._replace(read=True, ids=ids, etag=etag, modified=modified)
        return known._replace(answer=known.of(asked))

    async def asset(self, url: str, role: str) -> Known:
        """The verdict on a URL that pages embed, and what it looks like."""
        from checker.verify import remote_asset  # two dozen containers that most runs have no use for

        clock = asyncio.get_running_loop().time
        began = clock()
        limit = self._config.max_redirects
        request = remote_asset.first_bytes(url, role)
        chain = await follow(self._fetch, request, limit)
        if chain.response is not None and remote_asset.received(chain.response) is None:
            chain = await follow(self._fetch, remote_asset.whole(url, role, request.body), limit)
        latency = clock() - began
        answer = self._judge(url, chain)
        answer = await self._elsewhere(url, answer)
        response = chain.response
        # Of what comes instead of a page of its own, a browser shows the home page alone.
        shown = answer.is_there or answer.rule == Code.REMOTE_REDIRECTED_HOME
        if response is None or chain.fault or not 200 <= response.status < 300 or not shown:
            return Known(answer, latency, role=role)
        flaw = remote_asset.look(response, role)
        if flaw is None and self._decode:
            if remote_asset.more(response, self._config.max_body):
                response = await self._download(response, role)
                flaw = await asyncio.to_thread(remote_asset.look, response, role)
            if flaw is None and remote_asset.is_whole(response):
                flaw = await self._decode(response.body)
        known = Known(answer, latency, media_of(response.headers)[0], role=role)
        if flaw is not None:
            return known._replace(answer=answer._replace(flaw=flaw, passing=bool(response.fault)))
        return known._replace(picture_hash=remote_asset.picture_hash(response) if role == "image" else 0)

    async def integrity(self, url: str, metadata: str) -> str:
        """How the bytes at a URL differ from what an `integrity` asks for; "" where they do not, or do not come."""
        from checker.verify import integrity, remote_asset

        request = remote_asset.whole(url, "script", self._config.max_body)
        response = (await follow(self._fetch, request, self._config.max_redirects)).response
        if response is None or not 200 <= response.status < 300 or not response.whole:
            return ""
        return await asyncio.to_thread(integrity.mismatch, response.body, metadata)

    async def _download(self, beginning: Response, role: str) -> Response:
        """All of an asset; its beginning where there is no more to be had."""
        from checker.verify import remote_asset

        request = remote_asset.whole(beginning.url, role, self._config.max_body)
        response = (await follow(self._fetch, request, 0)).response
        return beginning if response is None or not 200 <= response.status < 300 else response

    async def visit(
        self, url: str, media: frozenset[str], limit: int, role: str = ""
    ) -> tuple[Answer, Response | None]:
        """The verdict on a page of a live mirror, embedded in a role; and its answer where there is a page to read."""
        chain = await follow(self._fetch, Request(url, "GET", limit, media=media), self._config.max_redirects)
        answer = self._judge(url, chain)
        response = chain.response
        if response is None or chain.fault or not 200 <= response.status < 300 or not answer.is_there:
            return answer, None
        if role:
            if not response.body:  # of no page's type
                return (await self.asset(url, role)).answer, response
            from checker.verify import remote_asset

            return answer._replace(flaw=await asyncio.to_thread(remote_asset.look, response, role)), response
        if self._config.soft_404 and (await self._soft(url, chain, answer)).rule == Code.REMOTE_SOFT_404:
            return await self._soft(url, chain, answer), None
        return answer, response

    async def _chain(self, url: str, body: int) -> Chain:
        """HEAD, and GET before anything is called broken; GET at once where the body is wanted."""
        limit = self._config.max_redirects
        host = urls.authority(url)
        if not body and host not in self._headless:
            chain = await follow(self._once, Request(url), limit)
            if not self._doubtful(url, chain):
                return chain
            if chain.response is not None and chain.response.status in _NO_HEAD:
                self._headless.add(host)
        # What else there is may have no end: a film, a radio's sound, a stream of events.
        return await follow(self._fetch, Request(url, "GET", body or _GLANCE, media=_TOLD), limit)

    def _doubtful(self, url: str, chain: Chain) -> bool:
        """Whether a GET may be answered otherwise than this HEAD was."""
        if chain.error is not None:
            return chain.error.asked and (chain.error.passing or chain.error.fault not in _FINAL_FAULTS)
        if chain.response is None or not 200 <= chain.response.status < 300:
            return True
        return not self._moved(url, chain).is_there

    def _judge(self, url: str, chain: Chain) -> Answer:
        hops, response = chain.hops, chain.response
        if chain.error is not None:
            error = chain.error
            return Answer(_RULES[error.fault], error.message, None, hops, passing=error.passing)
        if response is None:
            return Answer(Code.REMOTE_PROTOCOL, "no answer", None, hops)
        status = response.status
        if chain.fault:
            return Answer(chain.fault, chain.message, status, hops)
        passing = may_pass(response)
        if _challenges(response):
            return Answer(Code.REMOTE_BLOCKED, "a challenge for browsers answers instead of the page", status, hops)
        if status in self._hosts.of(response.url).accept:
            return Answer("", "", status, hops)
        if 200 <= status < 300:
            return self._moved(url, chain)
        if status in _BY_STATUS:
            rule, message = _BY_STATUS[status]
        elif 500 <= status < 600:
            rule, message = Code.REMOTE_SERVER_ERROR, "the server fails"
        elif 400 <= status < 500:
            rule, message = Code.REMOTE_CLIENT_ERROR, "the server refuses the request"
        else:
            rule, message = Code.REMOTE_UNEXPECTED_STATUS, "no answer to a reader's request"
        return Answer(rule, f"{status}: {message}", status, hops, passing=passing)

    def _moved(self, url: str, chain: Chain) -> Answer:
        hops, response = chain.hops, chain.response
        if not hops or response is None:
            return Answer(status=response.status if response else None)
        status, final = response.status, hops[-1].url
        if any(source.fullmatch(url) and to.fullmatch(final) for source, to in self._allowed):
            return Answer("", "", status, hops)
        path, there = urls.host_and_path(url)[1], urls.host_and_path(final)[1]
        if _LOGIN.search(there) and not _LOGIN.search(path):
            return Answer(Code.REMOTE_BLOCKED, "a login answers instead of the page", status, hops)
        if _HOME.fullmatch(there.partition("?")[0]) and not _HOME.fullmatch(path.partition("?")[0]):
            return Answer(Code.REMOTE_REDIRECTED_HOME, "redirects to the home page", status, hops)
        permanent = 0
        while permanent < len(hops) and hops[permanent].status in PERMANENT:
            permanent += 1
        if not permanent:
            return Answer(Code.REMOTE_REDIRECTED, f"{hops[0].status}: {_class(url, final)}", status, hops)
        target = hops[permanent - 1].url
        return Answer(Code.REMOTE_MOVED, f"{hops[0].status}: {_class(url, target)}", status, hops, target)

    def _ids(self, response: Response) -> frozenset[str] | None:
        """The ids of an HTML page; None of what a viewer or a script makes sense of."""
        media, declared = media_of(response.headers)
        if media not in _TEXT or not response.whole:
            return None
        text = charset.decode(response.body, Kind.HTML, declared=declared).text
        ids = extractor(Kind.HTML).extract(text, self._options).ids
        return frozenset(ids | {name.removeprefix("user-content-") for name in ids})

    # --- soft 404s: what does the host answer for a path that cannot exist?

    async def _soft(self, url: str, chain: Chain, answer: Answer) -> Answer:
        response = chain.response
        if response is None or _HOME.fullmatch(urls.host_and_path(response.url)[1]):
            return answer
        media, _ = media_of(response.headers)
        if media and media not in _TEXT:
            return answer
        title = _title(response.body)
        if title and _NOT_FOUND.search(title):
            return answer._replace(rule=Code.REMOTE_SOFT_404, message=f"{response.status}, but its title is {title!r}")
        stranger = await self._stranger(response.url)
        if stranger is None:
            return answer
        if stranger.final:
            same = bool(chain.hops) and response.url == stranger.final
            message = "redirects to where any unknown path of this host does"
        else:
            if not response.body:
                response = (await self._chain(url, _GLANCE)).response
            same = response is not None and response.status == 200 and stranger.resembles(response)
            message = "the same page as for a path that cannot exist"
        return answer._replace(rule=Code.REMOTE_SOFT_404, message=message) if same else answer

    async def _stranger(self, url: str) -> _Stranger | None:
        """What a host makes of a path that cannot exist; None where it says so, as it should. Asked once a host."""
        host = urls.authority(url)
        if host not in self._strangers:
            task = self._asking.get(host)
            if task is None:
                task = self._asking[host] = asyncio.ensure_future(self._ask_stranger(url, host))
            self._strangers[host] = await asyncio.shield(task)
            self._asking.pop(host, None)
        return self._strangers[host]

    async def _ask_stranger(self, url: str, host: str) -> _Stranger | None:
        name = blake2b(host.encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()
        scheme = url.partition(":")[0]
        chain = await follow(self._once, Request(f"{scheme}://{host}/{name}.html", "GET", _GLANCE), 5)
        response = chain.response
        if response is None or chain.fault or response.status != 200:
            return None
        final = response.url if chain.hops else ""
        return _Stranger(final, _title(response.body), _words(response.body, name))

    # --- vantage points

    async def _elsewhere(self, url: str, answer: Answer) -> Answer:
        """Try through each vantage point what may only be amiss from here."""
        if not (answer.rule and RULES[answer.rule].from_here):
            return answer
        names = []
        for vantage in self._config.vantage:
            request = Request(url, "GET", _GLANCE, proxy=vantage.proxy)
            chain = await follow(self._once, request, self._config.max_redirects)
            if chain.response is not None and 200 <= chain.response.status < 300 and not chain.fault:
                message = f"{answer.message}; but it answers {vantage.name}"
                return answer._replace(rule=Code.REMOTE_UNREACHABLE_HERE, message=message, passing=False)
            if chain.error is None or chain.error.fault is not Fault.PROXY:  # which tells nothing
                names.append(vantage.name)
        if names:
            return answer._replace(message=f"{answer.message}; nor through {', '.join(names)}")
        return answer


class _Stranger(NamedTuple):
    """A host's answer to a path that cannot exist, when it is 200."""

    final: str  # the URL it redirects to, or ""
    title: str
    words: frozenset[bytes]

    def resembles(self, response: Response) -> bool:
        """Whether another of its pages is the same, but for what changes on every request."""
        if _title(response.body) != self.title:
            return False
        words = _words(response.body, "")
        return len(words & self.words) >= 0.95 * len(words | self.words)


def _words(body: bytes, without: str) -> frozenset[bytes]:
    return frozenset(word for word in body.split() if not without or without.encode() not in word)


def _validator(value: str) -> str:
    """A validator that can be sent back as it is."""
    return value if len(value) <= 1_000 and value.isascii() and value.isprintable() else ""


def _title(body: bytes) -> str:
    match = _TITLE.search(body)
    return " ".join(unescape(match[1].decode("utf-8", "replace")).split()) if match else ""


def _challenges(response: Response) -> bool:
    if response.headers.get("cf-mitigated", "").lower() == "challenge":
        return True
    return response.status in _CHALLENGED and _CHALLENGE.search(response.body) is not None


def _class(url: str, final: str) -> str:
    """How a URL moved, in words."""
    before, after = urls.host_and_path(url), urls.host_and_path(final)
    if before == after and url.partition(":")[0] != final.partition(":")[0]:
        return "from http to https" if final.startswith("https:") else "from https to http, which is not secure"
    if before == after:
        return "only the login changes"
    if before[1] == after[1]:
        hosts = {before[0].removeprefix("www."), after[0].removeprefix("www.")}
        return "only the www of the host changes" if len(hosts) == 1 else f"moved to the host {after[0]}"
    if before[0] == after[0] and before[1].rstrip("/") == after[1].rstrip("/"):
        return "only the slash at the end changes"
    return "leads elsewhere" if before[0] == after[0] else f"leads to the host {after[0]}"
