"""JSON, web manifests and source maps: one value, and nothing after it. RFC 8259"""

from __future__ import annotations

import msgspec

from checker.verify.containers.flaw import Flaw, truncated, undecodable

TYPES = ("application/json",)

_DECODER = msgspec.json.Decoder(msgspec.Raw)  # checks the syntax, and builds nothing


def walk(data: memoryview) -> Flaw | None:
    """Parse."""
    start = 3 if bytes(data[:3]) == b"\xef\xbb\xbf" else 0
    if bytes(data[start : start + 4]) == b")]}'":  # a prefix that keeps pages of other sites from running it
        start = bytes(data[: start + 1024]).find(b"\n") + 1
    try:
        _DECODER.decode(data[start:])
    except msgspec.DecodeError as error:
        reason = str(error)
        if "truncated" in reason:
            return truncated(f"the JSON ends at byte {len(data)}, before its value does")
        return undecodable(f"not valid JSON: {reason}")
    except RecursionError:
        return None  # nested too deep to be examined
    return None
