"""JSON, web manifests and source maps: one value, and nothing behind it. RFC 8259"""

from __future__ import annotations

import msgspec

from checker.verify.containers.flaw import Flaw, truncated, undecodable

_DECODER = msgspec.json.Decoder(msgspec.Raw)  # checks the syntax, and builds nothing


def walk(data: memoryview) -> Flaw | None:
    """Parse."""
    start = 3 if bytes(data[:3]) == b"\xef\xbb\xbf" else 0
    if bytes(data[start : start + 4]) == b")]}'":  # what keeps a page of another site from running it
        start = bytes(data[: start + 1024]).find(b"\n") + 1
    try:
        _DECODER.decode(data[start:])
    except msgspec.DecodeError as error:
        said = str(error)
        if "truncated" in said:
            return truncated(f"the JSON ends at byte {len(data)}, before its value does")
        return undecodable(f"no JSON: {said}")
    except RecursionError:
        return None  # deeper than we look
    return None
