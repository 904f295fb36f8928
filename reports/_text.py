"""Text of a mirror, made harmless: what all formats for people share."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from checker import urls
from checker.model import Finding, Report

# What a terminal acts on instead of showing it: controls, line separators, and what reorders text.
_ACTIVE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """Text of a mirror with what a terminal would act on made visible; a byte that is not UTF-8 is `\\xNN`."""
    return _ACTIVE.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def located(page: str, root: str) -> str:
    """A page below `root` as a path of the repository; or its URL, on a live mirror."""
    if _is_url(page):
        return page
    return posixpath.normpath(root + page) if page.startswith("../") else root + page


def uri(page: str, root: str) -> str:
    """The same as a URI reference."""
    return clean(page) if _is_url(page) else urls.encode_path(located(page, root))


def _is_url(page: str) -> bool:
    return page.startswith(("http://", "https://"))


def below(report: Report) -> str:
    """The root as seen from the working folder, `/` at its end: CI systems want the paths of the repository."""
    if not report.root:
        return ""
    try:
        path = Path(report.root).relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return ""
    return "" if path == "." else f"{path}/"


def sentence(finding: Finding) -> str:
    """The evidence, the way there and what to write instead, in a line."""
    parts = [clean(finding.message)]
    if finding.target and finding.target != finding.page:
        parts.insert(0, f"{clean(finding.target)}:")
    if finding.hops:
        parts.append("(" + ", ".join(f"{hop.status} to {clean(hop.url)}" for hop in finding.hops) + ")")
    if finding.suggestion is not None:
        parts.append(f"- did you mean {clean(finding.suggestion)}")
    return " ".join(parts)
