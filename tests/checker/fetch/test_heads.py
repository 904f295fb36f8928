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
        # What browsers refuse as well is left for the parser to refuse.
        ("HTTP/1.1 200 OK|Content-Length: 5|Content-Length: 6", "HTTP/1.1 200 OK|Content-Length: 5|Content-Length: 6"),
        ("HTTP/1.1 200 OK|Content-Length: many", "HTTP/1.1 200 OK|Content-Length: many"),
        ("HTTP/1.1 2000 OK", "HTTP/1.1 2000 OK"),
        ("SSH-2.0-OpenSSH", "SSH-2.0-OpenSSH"),
    ],
)
def test_a_head_is_put_in_order(lines: str, read: str) -> None:
    def head(text: str) -> bytes:
        return text.replace("|", "\r\n").encode() + b"\r\n\r\n"

    assert forgiven(head(lines)) == head(read)


def test_lines_may_end_without_a_carriage_return() -> None:
    assert forgiven(b"HTTP/1.1 200 OK\nA: b\n\n") == b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
