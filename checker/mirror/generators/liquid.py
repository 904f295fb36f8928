"""Fills in the placeholders of Liquid whose values the settings of a site tell: https://jekyllrb.com/docs/liquid/"""

from __future__ import annotations

import re
from collections.abc import Callable

_PLACEHOLDER = re.compile(r"\{(?:\{([^{}]*)\}|%([^{}%]*)%)\}")
_ARGUMENT = re.compile(r"\s*([a-z_]+)\s*(?::\s*(.*))?\Z", re.S)
_STRING = re.compile(r"""(['"])(.*?)\1\Z""", re.S)
_TRIMMED = "- \t"  # `{{-` takes away what is blank before it
_TAGS = frozenset({"link", "post_url"})

Value = Callable[[str], str | None]


def filled(
    reference: str, value: Value, tagged: Callable[[str, str], str | None], url: str, baseurl: str
) -> str | None:
    """A reference with its placeholders filled in; None if one is not known.

    `value` tells variables, `tagged` (name, argument) the addresses of tags; `url` and `baseurl` are the site's.
    """
    parts: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(reference):
        parts.append(reference[end : match.start()])
        if match[2] is None:
            found = _output(match[1].strip(_TRIMMED), value, url.rstrip("/"), baseurl)
        else:
            name, _, argument = match[2].strip(_TRIMMED).partition(" ")
            found = tagged(name, argument.strip()) if name in _TAGS else None
        if found is None:
            return None
        if match[2] is not None and baseurl and "".join(parts).endswith(baseurl) and found.startswith(baseurl):
            found = found[len(baseurl) :]  # Jekyll 3 leaves it to the author
        parts.append(found)
        end = match.end()
    text = "".join([*parts, reference[end:]])
    return None if "{{" in text or "{%" in text else text


def _output(expression: str, value: Value, url: str, baseurl: str) -> str | None:
    first, *filters = expression.split("|")
    text = _of(first.strip(), value)
    for each in filters:
        named = _ARGUMENT.match(each)
        if text is None or named is None:
            return None
        argument = _of(named[2].strip(), value) if named[2] else None
        match named[1], argument:
            case "relative_url", None:
                text = _joined(baseurl, text)
            case "absolute_url", None:
                text = url + _joined(baseurl, text)
            case "prepend", str():
                text = argument + text
            case "append", str():
                text = text + argument
            case (("strip" | "escape" | "xml_escape" | "uri_escape"), None):
                pass
            case _:
                return None
    return text


def _joined(baseurl: str, text: str) -> str:
    """https://jekyllrb.com/docs/liquid/filters/#relative-url"""
    return text if "://" in text else re.sub("/{2,}", "/", f"{baseurl}/{text}")


def _of(expression: str, value: Value) -> str | None:
    string = _STRING.match(expression)
    return string[2] if string else value(expression)
