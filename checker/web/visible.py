"""Text that others wrote, made harmless for a terminal and for a CI system's log."""

from __future__ import annotations

import re

# Characters that a terminal acts on instead of showing them: controls, line separators, and those that reorder text.
_ACTIVE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
# Text that CI systems take for a command in a log: `::error::` at the start of a line, `##[…]` and `##vso[…]` anywhere.
_COMMAND = re.compile(r"##\w*\[|^\s*::")


def clean(text: str) -> str:
    """Escape all that a terminal or the log of a CI system would act on; a byte that is not UTF-8 becomes `\\xNN`."""
    if not text.isprintable():  # most texts are, and this is quicker than a search
        text = _ACTIVE.sub(_visible, text)
    if "##" in text or "::" in text:
        text = _COMMAND.sub(lambda match: f"{match[0][:-1]}\\x{ord(match[0][-1]):02x}", text)
    return text


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
