"""The `_redirects` file of Netlify, Cloudflare Pages and GitLab Pages: redirects from paths to other paths and URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl

from checker.mirror.layouts import Layout
from checker.model import SourceError
from checker.sources.base import Source
from checker.web import urls

_PLACEHOLDER = re.compile(r":([A-Za-z]\w*)")
_STATUS = re.compile(r"([1-5]\d\d)(!?)")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
_CONDITION = re.compile(r"(?:country|language|role|cookie)=\S", re.I)


_LONGEST = 4096  # characters of a line; Cloudflare allows 1,000


class Rule(NamedTuple):
    """One line. `source` is its path as decoded segments; one of them may contain a `*`."""

    line: int
    host: str  # in lower case; empty if the rule is for every host
    source: tuple[str, ...]
    star: int  # the index of the segment with the `*`, or the number of segments if there is none
    parameters: tuple[tuple[str, str], ...]
    target: str
    status: int
    forced: bool


class Redirects:
    """The rules of one file, in its order: the first that matches answers.

    Rules only for some visitors (`Country=`, `Language=`, `Role=`, `Cookie=`) never match. A trailing slash
    makes no difference. `errors` lists the malformed lines: (number, message).
    """

    __slots__ = ("_depth", "_fixed", "_patterns", "errors")

    def __init__(self, rules: Iterable[Rule], errors: Iterable[tuple[int, str]] = ()) -> None:
        self.errors = tuple(errors)
        self._fixed: dict[str, list[Rule]] = {}
        self._patterns: dict[str, list[Rule]] = {}  # by the segments before the first that is not literal
        for rule in rules:
            wild = next((at for at, part in enumerate(rule.source) if part[:1] == ":" or "*" in part), None)
            table = self._fixed if wild is None else self._patterns
            table.setdefault("/".join(rule.source[:wild]), []).append(rule)
        self._depth = max((prefix.count("/") + 1 for prefix in self._patterns), default=0)

    def resolve(self, path: str, query: str = "", *, host: str = "", exists: bool = False) -> tuple[int, str] | None:
        """(status, target with its placeholders filled), or None. `path` is decoded and begins with `/`.

        Rules for one host match only that `host`. If a file `exists` at the path, only forced rules (`!`)
        count. Status 200 is a rewrite: the target answers in place of the path.
        """
        trimmed = path.strip("/")
        parts = trimmed.split("/") if trimmed else []
        candidates = [*self._fixed.get(trimmed, ())]
        for depth in range(min(len(parts), self._depth) + 1):
            candidates += self._patterns.get("/".join(parts[:depth]), ())
        for rule in sorted(candidates):
            if (rule.host and rule.host != host.lower()) or (exists and not rule.forced):
                continue
            values = _match(rule, parts, path.endswith("/"))
            if values is not None and _match_query(rule, query, values):
                return rule.status, _fill(rule.target, values)
        return None


def parse(text: str, default: int = 301) -> Redirects:
    """Parse a `_redirects` file. `default` is the status of rules that state none: 301, but 302 on Cloudflare."""
    rules: list[Rule] = []
    errors: list[tuple[int, str]] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        tokens = _tokens(line[: _LONGEST + 1])
        if not tokens:
            continue
        rule = _parse(number, tokens, default) if len(line) <= _LONGEST else "the line is too long"
        if isinstance(rule, str):
            errors.append((number, rule))
        elif rule is not None:
            rules.append(rule)
    return Redirects(rules, errors)


def _tokens(line: str) -> list[str]:
    tokens = line.split()
    comment = next((at for at, token in enumerate(tokens) if token.startswith("#")), len(tokens))
    return tokens[:comment]


def _parse(number: int, tokens: list[str], default: int) -> Rule | str | None:
    """A rule; or a message, if the line is malformed; or None for a rule only for some visitors."""
    host, path = "", tokens[0]
    if _ABSOLUTE.match(path):
        host, slash, path = path.partition("://")[2].partition("/")
        path = slash + path
    elif not path.startswith("/"):
        return f"the path {tokens[0]!r} does not begin with a slash"
    at = next((at for at, token in enumerate(tokens) if at and (token[0] == "/" or _ABSOLUTE.match(token))), None)
    if at is None:
        return "it names no target"
    parameters = []
    for token in tokens[1:at]:
        key, equals, value = token.partition("=")
        if not equals:
            return f"{token!r} is neither a target nor a query parameter"
        parameters.append((key, value))
    status, forced, rest = default, False, tokens[at + 1 :]
    if rest:
        stated = _STATUS.fullmatch(rest[0])
        if stated:
            status, forced, rest = int(stated[1]), bool(stated[2]), rest[1:]
    unknown = next((token for token in rest if not _CONDITION.match(token)), None)
    if unknown is not None:
        return f"{unknown!r} is neither a status nor a condition"
    if rest:
        return None
    if path.count("*") > 1:
        return "it has more than one splat"
    trimmed = urls.decode(path.partition("?")[0].partition("#")[0]).strip("/")
    source = tuple(trimmed.split("/")) if trimmed else ()
    star = next((at for at, part in enumerate(source) if "*" in part), len(source))
    return Rule(number, host.lower(), source, star, tuple(parameters), tokens[at], status, forced)


def _match(rule: Rule, parts: list[str], slash: bool) -> dict[str, str] | None:
    """The values of a rule's placeholders in a path; None if the rule does not match."""
    source, star = rule.source, rule.star
    splat = star < len(source)
    tail = len(source) - star - 1 if splat else 0
    if (len(parts) < star + tail) if splat else (len(parts) != star):
        return None
    values: dict[str, str] = {}
    pairs = list(zip(source[:star], parts, strict=False))
    if tail:
        pairs += zip(source[-tail:], parts[-tail:], strict=True)
    for pattern, part in pairs:
        name = _PLACEHOLDER.fullmatch(pattern)
        if name:
            values[name[1]] = part
        elif pattern != part:
            return None
    if splat:
        before, _, after = source[star].partition("*")
        text = "/".join(parts[star : len(parts) - tail])
        if len(text) < len(before) + len(after) or not (text.startswith(before) and text.endswith(after)):
            return None
        kept = text[len(before) : len(text) - len(after)]
        values["splat"] = kept + "/" if slash and kept and not tail and not after else kept
    return values


def _match_query(rule: Rule, query: str, values: dict[str, str]) -> bool:
    """Netlify: a rule with parameters matches only if the query has exactly these."""
    if not rule.parameters:
        return True
    stated = dict(parse_qsl(query, keep_blank_values=True, errors="surrogateescape"))
    if stated.keys() != dict(rule.parameters).keys():
        return False
    for key, value in rule.parameters:
        name = _PLACEHOLDER.fullmatch(value)
        if name:
            values[name[1]] = stated[key]
        elif stated[key] != value:
            return False
    return True


def _fill(target: str, values: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(
        lambda match: urls.encode_path(values[match[1]]) if match[1] in values else match[0], target
    )


_FILE = "_redirects"  # of Netlify, and of other hosts that read it too
_LARGEST = 16 << 20  # bytes


def of(index: Source, layout: Layout) -> Redirects | None:
    """The redirects of a folder, where its host reads them. Raises SourceError if they cannot be read."""
    if _FILE not in index.files or not layout.redirects:
        return None
    default = 302 if layout.name == "cloudflare-pages" else 301
    try:
        text = index.read(_FILE, _LARGEST).decode("utf-8", "replace")
    except OSError as error:
        raise SourceError(f"{index.shown(_FILE)}: cannot be read: {error.strerror}") from error
    return parse(text, default)
