"""Clients of stores against hostile servers: listings without an end, bodies without an end, silence, nonsense."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from lab.stores import KEYS

from checker.model import SourceError
from checker.sources import clients, stores
from checker.sources.address import Address
from checker.sources.clients import looped
from checker.sources.stores import Store

Answer = tuple[int, dict[str, str], bytes]
Answering = Callable[[str, dict[str, list[str]], int], Answer]  # path, query, how many were asked before

LISTING = """<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>
<Prefix></Prefix><KeyCount>{count}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>{more}</IsTruncated>{next}{rows}
</ListBucketResult>"""
ROW = "<Contents><Key>{}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;{}&quot;</ETag><Size>{}</Size></Contents>"


def listing(*rows: tuple[str, int], token: str = "") -> Answer:
    """A page of a listing: (name, bytes) of objects; `token` leads on."""
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    text = LISTING.format(
        count=len(rows),
        more="true" if token else "false",
        next=more,
        rows="".join(ROW.format(name, name, size) for name, size in rows),
    )
    return 200, {"Content-Type": "application/xml"}, text.encode()


def fault(status: int, code: str, message: str = "because") -> Answer:
    return (
        status,
        {"Content-Type": "application/xml"},
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode(),
    )


@contextmanager
def speaking(answer: Answering) -> Iterator[str]:
    """A server on loopback that answers as it is told."""
    numbers = count()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, headers, body = answer(parts.path, parse_qs(parts.query), next(numbers))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - http.server looks for the name

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answering], Store]]:
    """Open a bucket whose server answers as a function says."""
    with ExitStack() as stack:

        def opened(answer: Answering) -> Store:
            url = stack.enter_context(speaking(answer))
            for name, value in {**KEYS, "AWS_ENDPOINT_URL": url}.items():
                monkeypatch.setenv(name, value)
            source = Store(Address("s3://bucket", clients.opened))
            stack.callback(source.rest)
            return source

        yield opened


def test_a_listing_that_always_has_more_is_an_error(
    store: Callable[[Answering], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_MOST", 50)

    with pytest.raises(SourceError, match="it does not end"):
        store(lambda _path, _query, number: listing((f"{number}.html", 1), token=str(number)))


def test_a_listing_that_repeats_itself_is_an_error(
    store: Callable[[Answering], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_IDLE", 5)

    with pytest.raises(SourceError, match="it does not end"):
        store(lambda _path, _query, number: listing(("a.html", 1), token=str(number)))


def test_a_listing_that_does_not_go_on_is_an_error(store: Callable[[Answering], Store]) -> None:
    with pytest.raises(SourceError, match="does not go on"):
        store(lambda _path, _query, _number: listing(("a.html", 1), token="same"))  # noqa: S106


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (fault(403, "AccessDenied"), "the store says AccessDenied: because"),
        (fault(404, "NoSuchBucket", "none of\nours"), "NoSuchBucket: none of ours"),
        (fault(400, "ExpiredToken", "https://ann:secret@example.org/"), r"https://\*\*\*@example.org/"),
    ],
)
def test_what_a_server_says_is_told_in_one_line(store: Callable[[Answering], Store], answer: Answer, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        store(lambda *_: answer)

    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def _objects(*rows: tuple[str, int]) -> Callable[[Answering], Answering]:
    def with_objects(answer: Answering) -> Answering:
        return lambda path, query, number: listing(*rows) if "list-type" in query else answer(path, query, number)

    return with_objects


def test_a_body_longer_than_the_listing_says_is_read_up_to_the_limit(store: Callable[[Answering], Store]) -> None:
    body = b"x" * (6 << 20)
    source = store(_objects(("a.html", 10))(lambda *_: (200, {}, body)))

    source.ahead(["a.html"])
    assert source.read("a.html", 1_000) == body[:1_000]
    assert len(source.read("a.html", 5 << 20)) == 5 << 20


def test_what_unpacks_without_end_is_cut(store: Callable[[Answering], Store]) -> None:
    packed = gzip.compress(bytes(32 << 20))
    source = store(_objects(("a.html", len(packed)))(lambda *_: (200, {"Content-Encoding": "gzip"}, packed)))

    assert len(source.read("a.html", 100_000)) == 100_000
    assert len(source.read("a.html", 1 << 20)) == 1 << 20


def test_a_server_that_asks_for_patience_gets_it(store: Callable[[Answering], Store]) -> None:
    asked: list[int] = []

    def answer(_path: str, _query: object, number: int) -> Answer:
        asked.append(number)
        return fault(503, "SlowDown") if len(asked) < 3 else (200, {}, b"<p>x")

    source = store(_objects(("a.html", 4))(answer))

    assert source.read("a.html", 100) == b"<p>x"
    assert len(asked) == 3


def test_a_server_that_breaks_off_is_asked_again_and_then_given_up(
    store: Callable[[Answering], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looped, "_ATTEMPTS", 2)
    cut = 200, {"Content-Length": "100", "Connection": "close"}, b"<p>x"
    answers = iter([cut, (200, {}, b"<p>y")])
    source = store(_objects(("a.html", 4), ("b.html", 4))(lambda *_: next(answers, cut)))

    assert source.read("a.html", 100) == b"<p>y"
    with pytest.raises(OSError, match=r".") as caught:
        source.read("b.html", 100)
    assert caught.value.strerror


def test_a_server_that_is_silent_is_given_up(
    store: Callable[[Answering], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = threading.Event()

    def answer(*_: object) -> Answer:
        silent.wait(20)
        return 200, {}, b"<p>x"

    source = store(_objects(("a.html", 4))(answer))
    monkeypatch.setattr(looped, "_PATIENCE", 0.5)  # only now: to load a client may take as long
    try:
        with pytest.raises(OSError, match="no answer within"):
            source.read("a.html", 100)
    finally:
        silent.set()


def test_a_store_ends_its_threads_and_begins_again(store: Callable[[Answering], Store]) -> None:
    source = store(_objects(("a.html", 4))(lambda *_: (200, {}, b"<p>x")))
    own = {str(each.native_id) for each in threading.enumerate() if each.name.startswith(("mirrorcheck", "asyncio"))}
    source.rest()
    left = {each.name for each in Path("/proc/self/task").iterdir()}

    assert own
    assert left.isdisjoint(own)  # a fork must not meet one on its way out
    assert source.read("a.html", 100) == b"<p>x"
