"""Which URLs a public archive is told of, and which of the copies that it names are believed."""

from __future__ import annotations

import asyncio
import json

import pytest

from checker.fetch import Request, Response
from checker.verify.copies import Copies

INTERFACE = "https://archive.example.org/wayback/available"
GONE = "http://www.example.com/a/B.html?x=1"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (GONE, True),
        ("http://10.0.0.1/x", False),
        ("http://127.0.0.1:8000/x", False),
        ("http://[::1]/x", False),
        ("http://intranet/x", False),
        ("http://wiki.corp.internal/x", False),
        ("http://printer.local./x", False),
        ("https://ann:secret@example.com/x", False),
        ("https://archive.example.org/details/x", False),
        ("https://web.archive.example.org/web/2020/http://example.com/", False),
        ("https://example.net/web/20200102/http://example.com/", False),
    ],
)
def test_a_public_archive_is_told_public_urls(url: str, told: bool) -> None:
    assert Copies(INTERFACE, 5).takes(url) is told


def test_a_private_archive_may_be_told_of_private_hosts() -> None:
    assert Copies("http://archive.internal/available", 5).takes("http://intranet/x")
    assert not Copies("http://archive.internal/available", 5).takes("http://ann:secret@intranet/x")


def copy_of(copy: str, interface: str = INTERFACE) -> str:
    """What is believed of an archive that names this copy."""

    async def fetch(request: Request) -> Response:
        closest = {"available": True, "url": copy, "timestamp": "20130919044612", "status": "200"}
        body = json.dumps({"archived_snapshots": {"closest": closest}}).encode()
        return Response(request.url, 200, {}, body=body, whole=True)

    return asyncio.run(Copies(interface, 5).of(fetch, GONE, None))


TAKEN = "https://web.archive.example.org/web/20130919044612/http://www.example.com/a/B.html?x=1"


@pytest.mark.parametrize(
    ("copy", "believed"),
    [
        (TAKEN, TAKEN),
        (TAKEN.replace("https:", "http:", 1), TAKEN),
        (TAKEN.replace("https://web.", "https://"), TAKEN.replace("https://web.", "https://")),
        (TAKEN.replace("www.example.com", "example.com:80"), TAKEN.replace("www.example.com", "example.com:80")),
        (
            TAKEN.replace("http://www.example", "https://www.example"),
            TAKEN.replace("http://www.example", "https://www.example"),
        ),
        (f"{TAKEN}#x", TAKEN),
        (TAKEN.replace("x=1", "x=2"), ""),
        (TAKEN.replace("a/B", "b/B"), ""),
        (TAKEN.replace("web.archive.example.org", "web-archive.example.net"), ""),
        (TAKEN.replace("https://web.", "https://ann@web."), ""),
        (TAKEN.replace("https:", "javascript:", 1), ""),
        ("https://archive.example.org/", ""),
    ],
)
def test_a_copy_is_one_of_this_archive_and_of_this_url(copy: str, believed: str) -> None:
    assert copy_of(copy) == believed


def test_the_scheme_of_an_archive_without_https_stays() -> None:
    copy = TAKEN.replace("https:", "http:", 1)

    assert copy_of(copy, INTERFACE.replace("https:", "http:")) == copy
