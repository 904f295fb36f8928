"""CSS: whether all blocks, strings and comments are closed. https://www.w3.org/TR/css-syntax-3/"""

from __future__ import annotations

import re

from checker.verify.containers.flaw import Flaw, truncated

TYPES = ("text/css",)

_MARK = b"\xef\xbb\xbf"  # a byte order mark
_STEPS = 1_000  # at a time, so that memory does not grow with the file
# Runs to the next brace, past all that can hide one; it stops too at a string or a comment that never ends.
_QUIET = re.compile(
    rb"""(?>(?:[^{}"'/\\(]++
    |/(?!\*) | /\*(?>.*?\*/)
    |"(?:[^"\\\n\r\f]++|\\.)*+["\n\r\f] | '(?:[^'\\\n\r\f]++|\\.)*+['\n\r\f]
    |\\.
    |(?<=[uU][rR][lL])\([^()"'\\\s]*+\) | \(
    ){0,%d})(?P<brace>[{}])?"""
    % _STEPS,
    re.S | re.X,
)
_NAMES = {0x22: "string", 0x27: "string", 0x2F: "comment", 0x5C: "escape"}
# What may stand after the last block: nothing, or statements, some of which need no semicolon at the end.
_COMMENT = rb"/\*(?>.*?\*/)"
_STATEMENTS = re.compile(
    rb"(?>(?:\s++|<!--|-->|[\0\x1a]|"
    + _COMMENT
    + rb"|(?>(?:[^;/]++|"
    + _COMMENT
    + rb"|/(?!\*)){0,100000});){1,%d})" % _STEPS,
    re.S,
)
_REST = re.compile(rb"(?:(?i:@(?:import|charset|namespace|layer)\b)[^;]*+)?")


def walk(data: memoryview) -> Flaw | None:
    """Follow the braces."""
    size, at, start, depth = len(data), 0, 0, 0
    after = len(_MARK) if data[: len(_MARK)] == _MARK else 0
    while at < size and (match := _QUIET.match(data, at)):
        begin, at = match.span()
        brace = match["brace"]
        if brace is None:
            if at > begin or at == size:
                continue
            name = _NAMES[data[at]]
            return truncated(f"the file ends at byte {size}, inside the {name} that begins at byte {at}")
        if brace == b"{":
            start = start if depth else at - 1
            depth += 1
        elif depth:
            depth -= 1
        if not depth:
            after = at
    if depth:
        return truncated(f"the file ends at byte {size}, inside the block that begins at byte {start}")
    while (statements := _STATEMENTS.match(data, after)) and statements.end() > after:
        after = statements.end()
    rest = _REST.match(data, after)
    if rest and rest.end() < size:
        return truncated(f"the file ends at byte {size}, inside the rule that begins at byte {rest.end()}")
    return None
