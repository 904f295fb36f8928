"""Verdicts on remote URLs: by the redirects, the status and the errors of a request, and by the ids of the page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from checker.config.schema import RemoteTable
from checker.extract import Options, charset, extractor, refreshes
from checker.fetch import Fault, Fetch, Request, Response, media_of
from checker.fetch.hosts import Hosts
from checker.fetch.redirects import PERMANENT, Chain, follow, leading
from checker.fetch.retry import may_pass
from checker.model import Kind
from checker.rules import RULES
from checker.rules.codes import Code
from checker.verify import moved, remote_text
from checker.verify.remote_text import GLANCE
from checker.verify.strangers import Strangers
from checker.web import urls
from checker.web.globs import wildcard

if TYPE_CHECKING:
    from checker.verify.containers.flaw import Flaw
from checker.verify.known import Answer, Known, checkable, lacking, validator

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
    403: (Code.REMOTE_BLOCKED, "forbidden to programs; people may be able to see it"),
    404: (Code.REMOTE_NOT_FOUND, "not found"),
    406: (Code.REMOTE_BLOCKED, "refuses the media types that browsers accept; sites refuse programs with it"),
    407: (Code.REMOTE_BLOCKED, "the proxy asks for a login"),
    408: (Code.REMOTE_TIMEOUT, "the server did not get the request in time"),
    410: (Code.REMOTE_GONE, "gone for good"),
    412: (Code.REMOTE_BLOCKED, "a condition fails that was not sent; sites refuse programs with it"),
    429: (Code.REMOTE_RATE_LIMITED, "asks for fewer requests"),
    451: (Code.REMOTE_BLOCKED, "withheld for legal reasons"),
    999: (Code.REMOTE_BLOCKED, "refuses programs"),
}
# After these faults of a HEAD, a GET would fail as well, unless the fault may be temporary.
_FINAL_FAULTS = frozenset({Fault.DNS, Fault.TLS, Fault.PRIVATE})
_NO_HEAD = frozenset({405, 501})
_SAME_TO_ALL = frozenset(
    {401, 403, 407, 408, 416, 425, 429, 451}
)  # 4xx that no other header of a request changes, or may
# https://www.iana.org/assignments/http-status-codes; 418 is there, and means nothing.
_REGISTERED = frozenset({*range(400, 418), 421, 422, 423, 424, 425, 426, 428, 429, 431, 451})
_FROM_CLOUDFLARE = 521  # its own status for a server that is down
_TEXT = frozenset({"text/html", "application/xhtml+xml"})
_READABLE = _TEXT | {""}  # media types of bodies that may have ids, a title or a challenge


class Examiner:
    """Asks for URLs through a `Fetch`, and judges the answers."""

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
        """`once` is `fetch` without retries. With `decode`, assets are downloaded whole and decoded with it."""
        self._fetch = fetch
        self._once = once
        self._config = config
        self._hosts = hosts
        self._options = options
        self._decode = decode
        self._headless: set[str] = set()  # hosts that do not answer HEAD
        self._strangers = Strangers(once)
        self._members = None
        if config.forge:
            from checker.verify.members import Members  # loads the grammar of forges

            self._members = Members(fetch, config.forge)
        self._allowed = [(wildcard(row.source), wildcard(row.to)) for row in config.redirect]

    async def examine(self, url: str, fragments: Iterable[str] = (), known: Known | None = None) -> Known:
        """The verdict on a URL and on its fragments. The page is fetched once for all of them.

        `known`: what an earlier run learnt. It still counts if the server says that the page was not modified.
        """
        asked = checkable(fragments)
        clock = asyncio.get_running_loop().time
        began = clock()
        if known is not None and asked and known.conditions:
            request = Request(url, "GET", self._config.max_body, headers=known.conditions)
            chain = await self._got(request)
            if chain.response is not None and chain.response.status == 304:
                if chain.hops == known.answer.hops:
                    return known._replace(answer=known.of(asked), latency=clock() - began)
                chain = await self._chain(url, self._config.max_body)
        else:
            chain = await self._chain(url, self._config.max_body if asked else 0)
        latency = clock() - began
        answer = self._judge(url, chain)
        answer = await self._elsewhere(url, answer)
        if self._members and (told := await self._members.told(url, answer)) is not answer:
            return Known(told._replace(unread=asked if told.is_there else ()), latency)
        response = chain.response
        if response is None or not 200 <= response.status < 300 or chain.fault:
            return Known(answer, latency)
        if answer.is_there and self._config.soft_404:
            answer = await self._soft(url, chain, answer)
        answer = await self._believed(url, answer)
        known = Known(answer, latency, media_of(response.headers)[0])
        if not (asked and answer.is_there):
            return known
        # A fragment in the redirect replaces the one of the reference.
        ids = None if chain.fragment else self._ids(response)
        etag, modified = (validator(response.headers.get(name, "")) for name in ("ETag", "Last-Modified"))
        if ids is not None and not response.whole:
            return known._replace(answer=answer._replace(unread=lacking(asked, ids)))
        known = known._replace(read=True, ids=ids, etag=etag, modified=modified)
        return known._replace(answer=known.of(asked))

    async def asset(self, url: str, role: str) -> Known:
        """The verdict on a URL that pages embed, and the hash of its picture."""
        from checker.verify import remote_asset  # loads two dozen containers, which most runs do not need

        clock = asyncio.get_running_loop().time
        began = clock()
        limit = self._config.max_redirects
        request = remote_asset.first_bytes(url, role)
        chain = await self._got(request)
        if chain.response is not None and remote_asset.received(chain.response) is None:
            chain = await follow(self._fetch, remote_asset.whole(url, role, request.body), limit)
        latency = clock() - began
        answer = self._judge(url, chain, embedded=True)
        answer = await self._elsewhere(url, answer)
        if self._members and (told := await self._members.told(url, answer)) is not answer:
            return Known(told, latency, role=role)
        response = chain.response
        # A browser also shows what it gets after a redirect to the home page.
        shown = answer.is_there or answer.rule == Code.REMOTE_REDIRECTED_HOME
        if response is None or chain.fault or not 200 <= response.status < 300 or not shown:
            return Known(answer, latency, role=role)
        answer = await self._believed(url, answer, role)
        flaw = remote_asset.look(response, role)
        if flaw is None and self._decode:
            if remote_asset.more(response, self._config.max_body):
                response = await self._download(response, role)
                flaw = await asyncio.to_thread(remote_asset.look, response, role)
            if flaw is None and remote_asset.is_whole(response):
                flaw = await self._decode(response.body)
        known = Known(answer, latency, media_of(response.headers)[0], role=role)
        if flaw is not None:
            return known._replace(answer=answer._replace(flaw=flaw, suggestion=None, passing=bool(response.fault)))
        return known._replace(picture_hash=remote_asset.picture_hash(response) if role == "image" else 0)

    async def integrity(self, url: str, metadata: str) -> str:
        """The evidence that the bytes at a URL lack the hash that an `integrity` states.

        "" if they have the hash, or could not be fetched.
        """
        from checker.verify import integrity, remote_asset

        request = remote_asset.whole(url, "script", self._config.max_body)
        response = (await follow(self._fetch, request, self._config.max_redirects)).response
        if response is None or not 200 <= response.status < 300 or not response.whole:
            return ""
        return await asyncio.to_thread(integrity.mismatch, response.body, metadata)

    async def _download(self, first: Response, role: str) -> Response:
        """The whole asset of which `first` has the first bytes; `first` itself if the download fails."""
        from checker.verify import remote_asset

        request = remote_asset.whole(first.url, role, self._config.max_body)
        response = (await follow(self._fetch, request, 0)).response
        return first if response is None or not 200 <= response.status < 300 else response

    async def visit(
        self, url: str, media: frozenset[str], limit: int, role: str = ""
    ) -> tuple[Answer, Response | None]:
        """The verdict on a page of a live mirror, and its response if there is a page to read.

        `role`: the role in which other pages embed it, if they do.
        """
        chain = await self._got(Request(url, "GET", limit, media=media))
        answer = self._judge(url, chain, embedded=bool(role))
        response = chain.response
        led_home = answer.rule == Code.REMOTE_REDIRECTED_HOME and not role  # a home page is a page
        if response is None or chain.fault or not 200 <= response.status < 300 or not (answer.is_there or led_home):
            return answer, None
        if led_home:
            return answer, response
        if role:
            if not response.body:  # its media type is not that of a page
                return (await self.asset(url, role)).answer, response
            from checker.verify import remote_asset

            return answer._replace(flaw=await asyncio.to_thread(remote_asset.look, response, role)), response
        if self._config.soft_404:
            soft = await self._soft(url, chain, answer)
            if soft.rule == Code.REMOTE_SOFT_404:
                return soft, None
        if answer.suggestion and moved.doubt(url, answer.suggestion, response):
            answer = answer._replace(suggestion=None)
        return answer, response

    async def _chain(self, url: str, body: int) -> Chain:
        """Send a HEAD, and after it a GET before anything is called broken. If the body is wanted, send only a GET."""
        host = urls.authority(url)
        silent = refused = False
        if not body and host not in self._headless:
            chain = await follow(self._once, Request(url), self._config.max_redirects)
            if not self._doubtful(url, chain):
                return chain
            silent, refused = _hears_no_head(chain), self._refused(chain)
        # Bodies of other media types may be endless: a film, a radio station, a stream of events.
        chain = await self._got(Request(url, "GET", body or GLANCE, media=_READABLE), refused=refused)
        if silent and chain.response is not None:
            self._headless.add(host)
        return chain

    async def _got(self, request: Request, *, refused: bool = False) -> Chain:
        """Send a GET, and if it is refused one with a browser's headers; only that one if a HEAD was `refused`."""
        limit = self._config.max_redirects
        fetch = self._fetch
        if not refused:
            chain = await follow(fetch, request, limit)
            if not self._refused(chain):
                return chain
            fetch = self._once  # there were several attempts
        return await follow(fetch, request._replace(browses=True), limit)

    def _refused(self, chain: Chain) -> bool:
        """Whether the server may answer a browser otherwise: many answer 404, 406 or 500 to programs, or not at all."""
        response = chain.response
        if chain.error is not None:
            return chain.error.fault is Fault.CONNECTION and chain.error.asked
        if response is None or chain.fault or response.status in _SAME_TO_ALL:
            return False
        return 400 <= response.status < 600 and response.status not in self._hosts.of(response.url).accept

    def _doubtful(self, url: str, chain: Chain) -> bool:
        """Whether a GET may get another answer than this HEAD."""
        if chain.error is not None:
            if not chain.error.asked:
                return chain.error.fault is Fault.TIMEOUT  # a host that is given up may be silent to HEAD alone
            return chain.error.passing or chain.error.fault not in _FINAL_FAULTS
        if chain.response is None or not (200 <= chain.response.status < 300 or chain.scheme):
            return True
        if chain.scheme:
            return False
        if chain.hops and remote_text.may_be_login(url, chain.hops[-1].url):
            return True
        return not self._moved(url, chain).is_there

    def _judge(self, url: str, chain: Chain, *, embedded: bool = False) -> Answer:
        hops, response = chain.hops, chain.response
        if chain.error is not None:
            error = chain.error
            return Answer(_RULES[error.fault], error.message, None, hops, passing=error.passing)
        if response is None:
            return Answer(Code.REMOTE_PROTOCOL, "no answer", None, hops)
        status = response.status
        if chain.fault:
            return Answer(chain.fault, chain.message, status, hops)
        if chain.scheme and embedded:
            message = f"the redirect leads to a {chain.scheme}: URL, which is not fetched"
            return Answer(Code.REMOTE_BAD_REDIRECT, message, status, hops)
        if chain.scheme:
            return Answer(Code.REMOTE_REDIRECTED, f"{status}: leads to a {chain.scheme}: URL", status, hops)
        if remote_text.challenges(response):
            return Answer(Code.REMOTE_BLOCKED, "the server sends a challenge for browsers, not the page", status, hops)
        if 200 <= status < 300 and status not in self._hosts.of(response.url).accept:
            return self._moved(url, chain)
        return self._judge_status(response)._replace(hops=hops)

    def _judge_status(self, response: Response) -> Answer:
        """The verdict on an answer that is the last of its chain, by its status alone."""
        status = response.status
        if 200 <= status < 300 or status in self._hosts.of(response.url).accept:
            return Answer(status=status)
        if status == _FROM_CLOUDFLARE and "cloudflare" not in response.headers.get("Server", "").lower():
            rule, message = Code.REMOTE_BLOCKED, "refuses programs"
        elif status in _BY_STATUS:
            rule, message = _BY_STATUS[status]
        elif 500 <= status < 600:
            rule, message = Code.REMOTE_SERVER_ERROR, "the server fails"
        elif 400 <= status < 500 and status not in _REGISTERED:
            rule, message = (
                Code.REMOTE_BLOCKED,
                "a status that HTTP does not define; sites refuse programs with it",
            )
        elif 400 <= status < 500:
            rule, message = Code.REMOTE_CLIENT_ERROR, "the server refuses the request"
        else:
            rule, message = Code.REMOTE_UNEXPECTED_STATUS, "a status that does not suit a request for a page"
        return Answer(rule, f"{status}: {message}", status, passing=may_pass(response))

    def _moved(self, url: str, chain: Chain) -> Answer:
        hops, response = chain.hops, chain.response
        if not hops or response is None:
            return Answer(status=response.status if response else None)
        status, final = response.status, hops[-1].url
        if final == url or any(source.fullmatch(url) and to.fullmatch(final) for source, to in self._allowed):
            return Answer("", "", status, hops)
        permanent = leading(hops)
        if remote_text.may_be_login(url, final) and remote_text.is_login(
            final, response.body, for_good=permanent == len(hops)
        ):
            return Answer(Code.REMOTE_BLOCKED, "redirects to a login", status, hops)
        if moved.is_home(final) and not moved.is_home(url) and not moved.is_same_path(url, final):
            return Answer(Code.REMOTE_REDIRECTED_HOME, "redirects to the home page", status, hops)
        if not permanent:
            return Answer(Code.REMOTE_REDIRECTED, f"{hops[0].status}: {moved.difference(url, final)}", status, hops)
        message = f"{hops[0].status}: {moved.difference(url, hops[permanent - 1].url)}"
        return Answer(Code.REMOTE_MOVED, message, status, hops, chain.moved)

    async def _believed(self, url: str, answer: Answer, role: str = "") -> Answer:
        """An answer; of one that says where a page has moved to, what that URL answers if it is asked for by itself.

        Its suggestion stays only if that is a page which readers should be sent to, and which does not move them on.
        """
        if answer.suggestion is None:
            return answer
        target = answer.suggestion.partition("#")[0]
        if role:
            from checker.verify import remote_asset

            chain = await follow(self._fetch, remote_asset.first_bytes(target, role), self._config.max_redirects)
        else:
            chain = await self._got(Request(target, "GET", GLANCE, media=_READABLE))
        there = self._judge(target, chain, embedded=bool(role))
        if there.is_there and self._config.soft_404 and not role:
            there = await self._soft(target, chain, there)
        if not there.is_there:
            led = answer.hops[: leading(answer.hops)]
            return there._replace(hops=led + there.hops, suggestion=None)
        response = chain.response
        why = "the new URL leads on for good" if there.rule == Code.REMOTE_MOVED else ""
        why = why or (moved.doubt(url, target, response) if response else "")
        return answer._replace(suggestion=None, message=f"{answer.message}; {why}") if why else answer

    def _ids(self, response: Response) -> frozenset[str] | None:
        """The ids of an HTML page; None for any other document, whose fragments are for a viewer or a script, and for a
        page that sends its readers on, to a place of another one.
        """
        media, declared = media_of(response.headers)
        if media not in _TEXT:
            return None
        text = charset.decode(response.body, Kind.HTML, declared=declared).text
        if refreshes.sends_on(text):
            return None
        ids = extractor(Kind.HTML).extract(text, self._options).ids
        spelled = {urls.decode_fragment(name) for name in ids if "%" in name and not urls.is_needless(name)}
        return frozenset(ids | spelled | {name.removeprefix("user-content-") for name in ids})

    # --- soft 404s: a probe asks each host for a path that cannot exist

    async def _soft(self, url: str, chain: Chain, answer: Answer) -> Answer:
        """The answer, or a soft 404 if the host answers 200 for pages that do not exist, and this seems to be one."""
        response = chain.response
        if response is None or ("?" not in response.url and moved.is_home(response.url)):
            return answer
        media, _ = media_of(response.headers)
        if media and media not in _TEXT:
            return answer
        title = remote_text.title_of(response.body)
        if remote_text.is_missing(title) or (
            remote_text.is_about_missing(title) and await self._strangers.shows(response.url, title)
        ):
            return _soft_404(answer, f"{response.status}, but its title is {title!r}")
        if said := remote_text.missing_by(response.url, response):
            return _soft_404(answer, f"{response.status}, but {said}")
        stranger = await self._strangers.of_host(response.url)
        if stranger is None:
            return answer
        if stranger.final:
            same = bool(chain.hops) and url != response.url == stranger.final
            message = "redirects to the same page as any unknown path of this host"
        else:
            if _is_led(url, chain):
                return answer
            if not response.body:
                response = (await self._chain(url, GLANCE)).response
            same = response is not None and response.status == 200 and stranger.resembles(response)
            message = "the same page as for a path that cannot exist"
        return _soft_404(answer, message) if same else answer

    # --- vantage points

    async def _elsewhere(self, url: str, answer: Answer) -> Answer:
        """Try a URL through each vantage point, if its fault may exist only from here."""
        if not (answer.rule and RULES[answer.rule].from_here):
            return answer
        names = []
        for vantage in self._config.vantage:
            request = Request(url, "GET", GLANCE, proxy=vantage.proxy)
            chain = await follow(self._once, request, self._config.max_redirects)
            if chain.response is not None and 200 <= chain.response.status < 300 and not chain.fault:
                message = f"{answer.message}; but it answers {vantage.name}"
                return answer._replace(rule=Code.REMOTE_UNREACHABLE_HERE, message=message, passing=False)
            if chain.error is None or chain.error.fault is not Fault.PROXY:  # that says nothing about the URL
                names.append(vantage.name)
        if names:
            return answer._replace(message=f"{answer.message}; it also fails {', '.join(names)}")
        return answer


def _soft_404(answer: Answer, message: str) -> Answer:
    return answer._replace(rule=Code.REMOTE_SOFT_404, message=message, suggestion=None)


def _is_led(url: str, chain: Chain) -> bool:
    """Whether a redirect for now leads to another path: a host that leads nobody from unknown paths knows this one."""
    places = (url, *(hop.url for hop in chain.hops))
    return any(
        hop.status not in PERMANENT and urls.host_and_path(before)[1] != urls.host_and_path(hop.url)[1]
        for before, hop in zip(places, chain.hops, strict=False)
    )


def _hears_no_head(chain: Chain) -> bool:
    """Whether a HEAD was answered with silence, or with the word that there is none."""
    if chain.error is not None:
        return chain.error.fault is Fault.TIMEOUT
    return chain.response is not None and chain.response.status in _NO_HEAD
