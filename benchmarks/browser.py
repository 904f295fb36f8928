"""Whether the sweep reads pages as a browser does: `python -m benchmarks.browser DIR --pages 200 --seed 1`.

Headless Chromium, scripts off, is given a page's bytes and tells what every `href`, `src`, `poster` and `data` resolves
to, and every fragment identifier. The sweep's decoder, extractor and resolver read the same bytes. Nothing leaves the
machine: the page is handed over through the DevTools protocol, and every other request is refused.
https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from aiohttp import ClientSession, ClientWebSocketResponse

from checker.extract import Options, charset, html
from checker.mirror.address import Addresses
from checker.mirror.resolve import Resolver
from checker.mirror.target import Home
from checker.model import Kind
from checker.web import urls

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ROOT = "http://mirror.test/"  # where pages are published; no request reaches a network
PATIENCE = 60  # seconds for one page, or for the browser's start
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--blink-settings=scriptEnabled=false,imagesEnabled=false",
    "--remote-debugging-port=0",
)
COLLECT = Path(__file__).with_name("collect.js").read_text("utf-8")


class BrowserError(Exception):
    """The browser is missing, did not start, or did not answer."""


class Seen(NamedTuple):
    """What the browser makes of a page. An invalid URL stands as INVALID and what is written."""

    base: str
    references: dict[str, str]  # URL -> the element and attribute that name it
    ids: frozenset[str]
    values: frozenset[str]  # references that stand elsewhere (srcset, style, …), as written: the sweep may have these


class Swept(NamedTuple):
    """What the sweep makes of a page."""

    base: str
    references: dict[str, str]  # URL -> the reference as written
    ids: frozenset[str]


INVALID = "(invalid) "
ENDED = "the browser has ended"


class Chromium:
    """One tab of a running browser."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._session: str | None = None
        self._sent = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._pages: dict[str, bytes] = {}  # what is still to be served: each page once, so that none reloads itself
        self._parsed = asyncio.Event()

    async def open(self) -> None:
        """Make the tab; every request it makes then waits for us."""
        target = await self._call("Target.createTarget", url="about:blank")
        attached = await self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        await self._call("Emulation.setScriptExecutionDisabled", value=True)
        await self._call("Page.enable")
        await self._call("Fetch.enable", patterns=[{"urlPattern": "*"}])

    async def see(self, url: str, data: bytes) -> Seen:
        """Load a page and collect what it names. Raises BrowserError."""
        self._parsed.clear()
        self._pages = {url: data}
        try:
            async with asyncio.timeout(PATIENCE):
                loaded = await self._call("Page.navigate", url=url)
                if "errorText" in loaded:
                    raise BrowserError(f"{url}: {loaded['errorText']}")
                await self._parsed.wait()
                answer = await self._call("Runtime.evaluate", expression=COLLECT, returnByValue=True)
        except TimeoutError:
            raise BrowserError(f"{url}: no answer in {PATIENCE} s") from None
        if "exceptionDetails" in answer:
            raise BrowserError(f"{url}: {answer['exceptionDetails']}")
        seen = json.loads(answer["result"]["value"])
        if seen["url"] != url:
            raise BrowserError(f"{url}: the tab shows {seen['url']}")
        references = {url if valid else INVALID + raw: where for raw, url, valid, where in seen["references"]}
        return Seen(seen["base"], references, frozenset(seen["ids"]), frozenset(seen["values"]))

    async def listen(self) -> None:
        """Take what the browser says until it ends."""
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                self._answered(said)
            elif said["method"] == "Page.domContentEventFired":
                self._parsed.set()
            elif said["method"] == "Fetch.requestPaused":
                await self._serve(said["params"])
        self._parsed.set()
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(BrowserError(ENDED))

    def _answered(self, said: dict[str, Any]) -> None:
        answer = self._answers.pop(said["id"], None)
        if answer is None or answer.done():
            return
        if "error" in said:
            answer.set_exception(BrowserError(said["error"]["message"]))
        else:
            answer.set_result(said["result"])

    async def _serve(self, paused: dict[str, Any]) -> None:
        """The page itself; no other request is let through. An aborted navigation leaves the page where it is."""
        data = self._pages.pop(paused["request"]["url"], None)
        if data is None:
            await self._send("Fetch.failRequest", requestId=paused["requestId"], errorReason="Aborted")
            return
        await self._send(
            "Fetch.fulfillRequest",
            requestId=paused["requestId"],
            responseCode=200,
            responseHeaders=[{"name": "Content-Type", "value": "text/html"}],
            body=base64.b64encode(data).decode("ascii"),
        )

    async def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[self._sent + 1] = answer  # before it is sent: the answer may be quick
        await self._send(method, **parameters)
        return await answer

    async def _send(self, method: str, **parameters: Any) -> int:
        self._sent += 1
        number = self._sent
        message = {"id": number, "method": method, "params": parameters}
        try:
            await self._socket.send_json(message | ({"sessionId": self._session} if self._session else {}))
        except ConnectionError:
            raise BrowserError(ENDED) from None
        return number


@asynccontextmanager
async def chromium() -> AsyncIterator[Chromium]:
    """A browser of its own, with a fresh profile, ended with all its processes. Raises BrowserError."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise BrowserError(f"none of {', '.join(PROGRAMS)} is on PATH: install Debian's package chromium")
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        log = Path(profile, "stderr")
        with log.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                *(program, *FLAGS, f"--user-data-dir={profile}", "about:blank"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
            )
        try:
            async with (
                ClientSession() as session,
                session.ws_connect(await _address(process, log), max_msg_size=0) as socket,
            ):
                tab = Chromium(socket)
                listening = asyncio.create_task(tab.listen())
                try:
                    await tab.open()
                    yield tab
                finally:
                    listening.cancel()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _address(process: asyncio.subprocess.Process, log: Path) -> str:
    """The web socket on which a starting browser listens."""
    for _ in range(PATIENCE * 20):
        if match := re.search(r"DevTools listening on (ws://\S+)", log.read_text("utf-8", "replace")):
            return match[1]
        if process.returncode is not None:
            break
        await asyncio.sleep(0.05)
    tail = log.read_text("utf-8", "replace").splitlines()[-3:]
    raise BrowserError("\n".join(["the browser did not start", *tail]))


def sweep(page: str, data: bytes) -> Swept:
    """Decode, extract and resolve a page as `check` does."""
    decoded = charset.decode(data, Kind.HTML)
    found = html.extract(decoded.text, Options())
    nowhere = Addresses(())
    resolver = Resolver((), Home(ROOT, clamps=True, rooted=False), nowhere, nowhere)
    resolver.open(page, found.base, charset.codec(decoded.encoding))
    references = {}
    for raw in set().union(*found.references.values()):
        try:
            url = raw if urls.serialised(raw) else resolver.url(raw)
        except urls.InvalidURL:
            url = INVALID + raw
        references[url] = raw
    return Swept(resolver.base, references, frozenset(found.ids))


def differences(seen: Seen, swept: Swept) -> list[str]:
    """Where the browser and the sweep disagree on a page, one line each."""
    lines = []
    if seen.base != swept.base:
        lines.append(f"base: browser {seen.base!r}, sweep {swept.base!r}")
    for url in sorted(seen.references.keys() - swept.references.keys()):
        lines.append(f"only the browser: {url!r} of {seen.references[url]}")
    for url in sorted(swept.references.keys() - seen.references.keys()):
        raw = swept.references[url]
        if raw not in seen.values:
            lines.append(f"only the sweep: {url!r} of {raw!r}")
    lines += [f"only the browser: id {name!r}" for name in sorted(seen.ids - swept.ids)]
    lines += [f"only the sweep: id {name!r}" for name in sorted(swept.ids - seen.ids)]
    return lines


class Compared(NamedTuple):
    """One page: its path in the folder, what the browser saw, and where the two disagree."""

    page: str
    seen: Seen
    differences: list[str]


async def compare(folder: Path, pages: Iterable[str]) -> AsyncIterator[Compared]:
    """Read pages of a folder by both, one after another. Raises BrowserError."""
    async with chromium() as tab:
        for page in pages:
            data = Path(folder, page).read_bytes()
            seen = await tab.see(ROOT + urls.encode_path(page), data)
            yield Compared(page, seen, differences(seen, sweep(page, data)))


def draw(folder: Path, pages: int, seed: int) -> list[str]:
    """So many HTML pages of a folder, drawn with a seed; all where there are fewer."""
    names = html_pages(folder)
    return sorted(Random(seed).sample(names, min(pages, len(names))))


def html_pages(folder: Path) -> list[str]:
    """Paths of all HTML pages of a folder, links left out, sorted."""
    paths = (Path(root, name) for root, _, names in os.walk(folder) for name in names)
    return sorted(
        path.relative_to(folder).as_posix()
        for path in paths
        if path.suffix.lower() in {".html", ".htm"} and path.is_file() and not path.is_symlink()
    )


async def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--pages", type=int, default=200, metavar="N", help="how many are drawn (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the draw (%(default)s)")
    arguments = parser.parse_args()
    pages = draw(arguments.folder, arguments.pages, arguments.seed)
    references = ids = wrong = 0
    async for compared in compare(arguments.folder, pages):
        references += len(compared.seen.references)
        ids += len(compared.seen.ids)
        wrong += len(compared.differences)
        for line in compared.differences:
            print(f"{compared.page}: {line}", flush=True)
    print(f"{len(pages)} pages, {references:,} URLs (each once a page), {ids:,} ids: {wrong} differences")
    return 1 if wrong or not pages else 0


def main() -> int:
    """0 where both agree, 1 where they do not, 2 where there is no browser."""
    try:
        return asyncio.run(_main())
    except BrowserError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
