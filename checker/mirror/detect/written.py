"""Shows what was detected in a few lines, and writes it as a configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from checker.kinds import KINDS
from checker.mirror.detect import Detected
from checker.mirror.signs import Sign


def summary(detected: Detected) -> Iterator[str]:
    """The values that were found and their evidence, in a few lines for a terminal."""
    counts = sorted(detected.pages.items(), key=lambda each: -each[1])
    yield "pages: " + ", ".join(f"{number:,} {KINDS[kind].label}" for kind, number in counts)
    rows = [("published at", sign) for sign in detected.published]
    rows += [("copied from", sign) for sign in detected.origin]
    rows += [("beside it", sign) for sign in detected.siblings]
    rows += [("made by", sign) for sign in detected.generators]
    rows += [("layout", detected.layout)] if detected.layout else []
    for what, sign in rows[:_SHOWN]:
        shown = sign.evidence if sign.trust else f"{sign.evidence}; a guess, commented out"
        yield f"{what}: {sign.value} ({shown})"
    if len(rows) > _SHOWN:
        yield f"and {len(rows) - _SHOWN} more, in the file"
    if not detected.published:
        yield "published at: nothing here shows it; name it in `published`, so that the mirror knows its own address"


_SHOWN = 8


def write_config(detected: Detected, root: str = ".") -> str:
    """A commented config.toml (TOML 1.0) that adopts reliable values and proposes guesses in comments.

    `root` is the mirror, relative to the folder of that file.
    """
    layout = detected.layout
    generators = dict.fromkeys(sign.value for sign in detected.generators)
    lines = [
        "# Written by `mirrorcheck init` from what this folder shows. Each value has its evidence above it.",
        "# A guess is commented out: check it, and remove the `# ` if it is right.",
        "",
        "[mirror]",
        f"root = {_string(root)}",
        "",
        "# Where the mirror is published; references resolve as on the first address.",
        *_list("published", [sign for sign in detected.published if not sign.folder]),
        "",
        "# Where the mirror was copied from: references that still lead there are reported.",
        *_list("origin", detected.origin),
        "",
        "# How the host turns a URL into a file.",
        *(_comment(sign._replace(evidence=f"{sign.value}: {sign.evidence}")) for sign in detected.layouts),
        f"layout = {_string(layout.value if layout else 'auto')}",
        "",
        "# What makes a site of the folder: its pages are read as the site's readers get them.",
        *map(_comment, detected.generators),
        f"generator = {_string(next(iter(generators)) if len(generators) == 1 else 'auto')}",
    ]
    for sign in (*(sign for sign in detected.published if sign.folder), *detected.siblings):
        off = "" if sign.trust else "# "
        lines += [
            "",
            _comment(sign),
            f"{off}[[mirror.address]]",
            f"{off}url = {_string(sign.value)}",
            f"{off}folder = {_string(sign.folder)}",
        ]
    return "\n".join(lines) + "\n"


def _list(key: str, signs: Sequence[Sign]) -> Iterator[str]:
    if not signs:
        yield f"{key} = []"
        return
    yield f"{key} = ["
    for sign in signs:
        yield f"    {_comment(sign)}"
        yield f"    {'' if sign.trust else '# '}{_string(sign.value)},"
    yield "]"


def _comment(sign: Sign) -> str:
    text = "".join(character if character.isprintable() else " " for character in sign.evidence)
    return f"# {text} ({sign.trust.name.lower()})"


def _string(text: str) -> str:
    """A basic string of TOML, with the escapes of JSON and one for DEL. TOML cannot contain a lone surrogate."""
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")
