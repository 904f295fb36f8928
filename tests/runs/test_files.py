"""The lab's files are served as RFC 9110 says, and as their names say where they are not."""

from __future__ import annotations

import asyncio
from http.client import HTTPConnection
from typing import NamedTuple

import pytest
from lab import PATIENCE
from lab.files import DATE, EARLIER, FILES, LATER, OTHER, TAG, TEXT, WEAK
from lab.server import Lab

from checker.config.schema import RemoteTable
from checker.extract import Options
from checker.run.frontier import Frontier

ALL = (200, TEXT, None)
SAME = (304, b"", None)


def cut(first: int, last: int) -> tuple[int, bytes, str]:
    return 206, TEXT[first : last + 1], f"bytes {first}-{last}/100"


def by(name: str, value: str) -> dict[str, str]:
    return {name: value}


# (file, headers of the request, (status, body, Content-Range))
CASES: list[tuple[str, dict[str, str], tuple[int, bytes, str | None]]] = [
    *((path.removeprefix("/file/"), {}, ALL) for path in FILES if path not in {"/file/changing", "/file/empty"}),
    # --- conditions
    ("etag", by("If-None-Match", TAG), SAME),
    ("etag", by("If-None-Match", WEAK), SAME),
    ("etag", by("If-None-Match", f"{OTHER}, {TAG}"), SAME),
    ("etag", by("If-None-Match", "*"), SAME),
    ("etag", by("If-None-Match", OTHER), ALL),
    ("etag", by("If-None-Match", "v1"), ALL),
    ("etag", by("If-Modified-Since", LATER), ALL),
    ("weak-etag", by("If-None-Match", WEAK), SAME),
    ("weak-etag", by("If-None-Match", TAG), SAME),
    ("modified", by("If-Modified-Since", DATE), SAME),
    ("modified", by("If-Modified-Since", LATER), SAME),
    ("modified", by("If-Modified-Since", EARLIER), ALL),
    ("modified", by("If-Modified-Since", "soon"), ALL),
    ("modified", by("If-None-Match", TAG), ALL),
    ("both", {"If-None-Match": OTHER, "If-Modified-Since": LATER}, ALL),
    ("both", {"If-None-Match": TAG, "If-Modified-Since": EARLIER}, SAME),
    ("bad-date", by("If-Modified-Since", DATE), ALL),
    ("plain", {"If-None-Match": TAG, "If-Modified-Since": LATER}, ALL),
    ("conditions-ignored", {"If-None-Match": TAG, "If-Modified-Since": DATE}, ALL),
    ("304-bare", by("If-None-Match", TAG), SAME),
    ("304-of-another", by("If-None-Match", TAG), SAME),
    # --- ranges
    ("etag", by("Range", "bytes=0-9"), cut(0, 9)),
    ("etag", by("Range", "bytes=95-"), cut(95, 99)),
    ("etag", by("Range", "bytes=-3"), cut(97, 99)),
    ("etag", by("Range", "bytes=-1000"), cut(0, 99)),
    ("etag", by("Range", "bytes=90-1000"), cut(90, 99)),
    ("etag", by("Range", "bytes=0-0"), cut(0, 0)),
    ("etag", by("Range", "bytes=100-"), (416, b"", "bytes */100")),
    ("etag", by("Range", "bytes=-0"), (416, b"", "bytes */100")),
    ("empty", by("Range", "bytes=0-"), (416, b"", "bytes */0")),
    ("empty", {}, (200, b"", None)),
    ("etag", by("Range", "bytes=9-0"), ALL),
    ("etag", by("Range", "bytes=-"), ALL),
    ("etag", by("Range", "lines=0-9"), ALL),
    ("etag", by("Range", "bytes=0-1,5-6"), ALL),
    ("etag", {"Range": "bytes=0-9", "If-Range": TAG}, cut(0, 9)),
    ("etag", {"Range": "bytes=0-9", "If-Range": OTHER}, ALL),
    ("weak-etag", {"Range": "bytes=0-9", "If-Range": WEAK}, ALL),
    ("modified", {"Range": "bytes=0-9", "If-Range": DATE}, cut(0, 9)),
    ("modified", {"Range": "bytes=0-9", "If-Range": EARLIER}, ALL),
    ("etag", {"Range": "bytes=0-9", "If-None-Match": TAG}, SAME),
    ("plain", by("Range", "bytes=0-9"), ALL),
    ("ranges-ignored", by("Range", "bytes=5-9"), ALL),
    ("ranges-refused", by("Range", "bytes=5-9"), ALL),
    ("ranges-never-fit", by("Range", "bytes=5-9"), (416, b"", "bytes */100")),
    ("ranges-never-fit-anything", by("Range", "bytes=5-9"), (416, b"", None)),
    ("ranges-from-the-start", by("Range", "bytes=5-9"), cut(0, 9)),
    ("ranges-unsaid", by("Range", "bytes=0-9"), (206, TEXT[:10], None)),
    ("ranges-of-unknown-length", by("Range", "bytes=0-9"), (206, TEXT[:10], "bytes 0-9/*")),
    ("ranges-of-garbage", by("Range", "bytes=0-9"), (206, TEXT[:10], "some bytes")),
    ("ranges-whole", by("Range", "bytes=5-9"), cut(0, 99)),
    ("ranges-shorter-than-said", by("Range", "bytes=0-9"), (206, TEXT[:5], "bytes 0-9/100")),
]


class Got(NamedTuple):
    """An answer."""

    status: int
    body: bytes
    headers: dict[str, str]


async def ask(lab: Lab, name: str, headers: dict[str, str], method: str = "GET") -> Got:
    def asked() -> Got:
        connection = HTTPConnection("127.0.0.1", lab.ports[""], timeout=PATIENCE)
        try:
            connection.request(method, f"/file/{name}", headers=headers)
            answer = connection.getresponse()
            return Got(answer.status, answer.read(), {key.lower(): value for key, value in answer.getheaders()})
        finally:
            connection.close()

    return await asyncio.to_thread(asked)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("name", "headers", "expected"), CASES, ids=[f"{name}-{'-'.join(headers.values())}" for name, headers, _ in CASES]
)
async def test_a_file_is_served_as_it_is_asked_for(
    name: str, headers: dict[str, str], expected: tuple[int, bytes, str | None]
) -> None:
    async with Lab(FILES) as lab:
        got = await ask(lab, name, headers)

    assert (got.status, got.body, got.headers.get("content-range")) == expected
    assert got.headers.get("content-length") == (None if got.status == 304 else str(len(got.body)))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "name", [path.removeprefix("/file/") for path in FILES if not path.startswith("/file/ranges-")]
)
async def test_HEAD_says_what_GET_would_say_without_a_range(name: str) -> None:
    async with Lab(FILES) as lab:
        head = await ask(lab, name, {"Range": "bytes=0-9"} if "304" not in name else {}, "HEAD")
        lab.counts.clear()  # for the one that changes
        get = await ask(lab, name, {})

    assert head == get._replace(body=b"")


@pytest.mark.asyncio
async def test_validators_come_with_the_file_and_with_what_says_that_it_is_the_same() -> None:
    async with Lab(FILES) as lab:
        whole = await ask(lab, "both", {})
        same = await ask(lab, "both", {"If-None-Match": TAG})
        first, second = [await ask(lab, "changing", {"If-None-Match": TAG}) for _ in range(2)]
        parts = await ask(lab, "ranges-in-parts", {"Range": "bytes=0-9"})

    assert {name: whole.headers[name] for name in ("etag", "last-modified", "accept-ranges")} == {
        "etag": TAG,
        "last-modified": DATE,
        "accept-ranges": "bytes",
    }
    assert (same.headers["etag"], same.headers["last-modified"]) == (TAG, DATE)
    assert (first.status, second.status, second.headers["etag"]) == (304, 200, OTHER)
    assert (parts.status, parts.headers["content-type"]) == (206, "multipart/byteranges; boundary=x")


@pytest.mark.asyncio
async def test_a_link_to_any_of_them_is_fine() -> None:
    config = RemoteTable(allow_private=("127.0.0.1",), interval=0.0, proxy="", soft_404=False)
    async with Lab(FILES) as lab, Frontier(config, Options()) as frontier:
        for path in FILES:
            frontier.add(lab.url(path), "")
        await frontier.finish()

    assert frontier.verdicts.answers == {}
    assert frontier.done == len(FILES)
