"""Heads that a strict parser refuses and browsers read: RFC 9112, and what Chromium makes of them."""

from __future__ import annotations

import pytest

from checker.fetch.heads import forgiven


@pytest.mark.parametrize(
    ("lines", "read"),
    [
        ("HTTP/1.1 200 OK|A: b", "HTTP/1.1 200 OK|A: b"),
        ("HTTP/1.1 200|A:b", "HTTP/1.1 200|A:b"),
        ("HTTP/2 200 OK|A: b", "HTTP/1.1 200 OK|A: b"),
        ("http/1.1 204|A: b", "HTTP/1.1 204|A: b"),
        ("HTTP/1.0 200 OK|Bad Name: x|A: b", "HTTP/1.0 200 OK|A: b"),
        ("HTTP/1.1 200 OK|A : b", "HTTP/1.1 200 OK|A: b"),
        ("HTTP/1.1 200 OK|no colon|: v|(x): y|A: b", "HTTP/1.1 200 OK|A: b"),
        ("HTTP/1.1 200 OK|A: b|  folded|C: d|-", "HTTP/1.1 200 OK|A: b folded|C: d"),
        ("HTTP/1.1 200 OK|Content-Length: 5|content-length: 5", "HTTP/1.1 200 OK|Content-Length: 5"),
        ("HTTP/1.1 200 OK|Content-Length: 5, 5|-", "HTTP/1.1 200 OK|Content-Length: 5"),
        ("HTTP/1.1 200 OK|Content-Length: |A: b", "HTTP/1.1 200 OK|A: b"),
        ("HTTP/1.1 200 OK|Transfer-Encoding: identity|Content-Length: 5", "HTTP/1.1 200 OK|Content-Length: 5"),
        ("HTTP/1.1 200 OK|Transfer-Encoding: Chunked", "HTTP/1.1 200 OK|Transfer-Encoding: chunked"),
        (
            "HTTP/1.1 200 OK|Content-Length: 9|Transfer-Encoding: chunked|Connection: keep-alive",
            "HTTP/1.1 200 OK|Transfer-Encoding: chunked|Connection: close",
        ),
        ("HTTP/1.1 200 OK|Content-Length: many", "HTTP/1.1 200 OK"),
        ("HTTP/1.1 200 OK|Content-Length: -1|A: b", "HTTP/1.1 200 OK|A: b"),
        ('HTTP/1.1 200 OK|Content-Length: "5"|A: b', "HTTP/1.1 200 OK|A: b"),
        ("HTTP/1.1 200 OK|Content-Length: 99999999999999999999|A: b", "HTTP/1.1 200 OK|A: b"),
        ("HTTP/1.1 200 OK|Transfer-Encoding: xchunked|Content-Length: 5", "HTTP/1.1 200 OK|Content-Length: 5"),
        ("HTTP/1.1 200 OK|A: b\rc", "HTTP/1.1 200 OK|A: b c"),
        ("HTTP/1.1  200  OK|A: b", "HTTP/1.1 200 OK|A: b"),
        ("HTTP/1.1\t200\tOK|A: b", "HTTP/1.1 200|A: b"),
        (" HTTP/1.1 200 OK|A: b", "HTTP/1.1 200 OK|A: b"),
        ("xyz HTTP/1.1 404 No|A: b", "HTTP/1.1 404 No|A: b"),
        ("HTTP 404 No|A: b", "HTTP/1.0 404 No|A: b"),
        ("HTTP/1.1200 OK|A: b", "HTTP/1.1 200 OK|A: b"),
        ("HTTP/1.1|A: b", "HTTP/1.1 200|A: b"),
        ("HTTP/1.1 103 Early Hints|Connection: close|Content-Length: 5", "HTTP/1.1 103"),
        ("HTTP/1.1 101 Switching Protocols|Upgrade: x", "HTTP/1.1 101 Switching Protocols|Upgrade: x"),
        # What browsers refuse as well is left for the parser to refuse.
        ("HTTP/1.1 200 OK|Content-Length: 5|Content-Length: 6", "HTTP/1.1 200 OK|Content-Length: 5|Content-Length: 6"),
        ("HTTP/1.1 2000 OK", "HTTP/1.1 2000 OK"),
        ("SSH-2.0-OpenSSH", "SSH-2.0-OpenSSH"),
        ("far before HTTP/1.1 200 OK", "far before HTTP/1.1 200 OK"),
    ],
)
def test_a_head_is_put_in_order(lines: str, read: str) -> None:
    def head(text: str) -> bytes:
        return text.replace("|", "\r\n").encode() + b"\r\n\r\n"

    assert forgiven(head(lines)) == head(read)


def test_lines_may_end_without_a_carriage_return() -> None:
    assert forgiven(b"HTTP/1.1 200 OK\nA: b\n\n") == b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
