"""Reads the settings in a program's text, in JavaScript or TypeScript: literals alone, for nothing is run.

https://tc39.es/ecma262/#sec-primary-expression-literals
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from json import loads
from typing import Any, Final, NamedTuple

_DEEPEST = 50  # groups within groups; what is deeper is not read
_MODULES = 20  # that are read for one
_EXTENSIONS = ("", ".ts", ".mts", ".js", ".mjs", ".cjs", ".json", "/index.ts", "/index.js")
_MOST = 100_000  # entries of objects and lists that are made, since a spread may repeat others

UNKNOWN: Final = type("Unknown", (), {"__bool__": lambda _: False, "__repr__": lambda _: "UNKNOWN"})()
"""The value of what is no literal, and names none."""


class _Group(NamedTuple):
    """What stands between brackets."""

    bracket: str
    items: list[Any]  # str: a token; _Group


_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)
    |(?P<word>[\w$.@#]+)
    |(?P<sign>=>|\?\?=?|\|\|=?|&&|[=!]==?|.)""",
    re.S | re.X,
)
_REGEX = re.compile(r"/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_BEFORE_REGEX = frozenset("(,=:[!&|?{};") | {"=>", "return", "??", "||", "&&", ""}
_CLOSES = {"{": "}", "[": "]", "(": ")"}
# What makes the literal before it a part of another expression.
_GOES_ON = frozenset({*".+-*/%?&|([<>=", "=>", "??", "||", "&&", "==", "===", "!=", "!=="})
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|.)", re.S)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}


def settings(name: str, read: Callable[[str], str], exported: str = "default") -> Mapping[str, Any]:
    """The object that a module exports, by default or by a name: of its keys, those with a literal have it, all others
    are UNKNOWN.

    A name stands for what the module, or one that it imports from beside it, gives to it; a call for the object that is
    its first argument; a function for the object that it returns. `read` returns a file's text, "" if there is none.
    """
    found = _Script(name, read, {}).exported(exported)
    return found if isinstance(found, dict) else {}


def _tree(text: str) -> list[Any]:
    root: list[Any] = []
    open_groups = [_Group("", root)]
    at, before = 0, ""
    while at < len(text):
        if text[at] == "/" and before in _BEFORE_REGEX and text[at + 1 : at + 2] not in {"/", "*"}:
            regex = _REGEX.match(text, at)
            if regex:
                open_groups[-1].items.append("/")
                at, before = regex.end(), "/"
                continue
        token = _TOKEN.match(text, at)
        if token is None:
            break
        at = token.end()
        if token.lastgroup == "space":
            continue
        before = token[0]
        if before in _CLOSES:
            group = _Group(before, [])
            if len(open_groups) <= _DEEPEST:
                open_groups[-1].items.append(group)
            open_groups.append(group)
        elif len(open_groups) > 1 and before == _CLOSES[open_groups[-1].bracket]:
            open_groups.pop()
        else:
            open_groups[-1].items.append(before)
    return root


class _Script:
    """The text of a module, as a tree of groups."""

    def __init__(self, name: str, read: Callable[[str], str], scripts: dict[str, _Script]) -> None:
        self._name = name
        self._read = read
        self._scripts = scripts  # by name, of all modules that were read
        self._imported: dict[str, tuple[str, str]] = {}  # name -> (module, its name there)
        root = self._root = _tree(read(name))
        self._given: dict[str, tuple[list[Any], int]] = {}  # name -> where its value begins
        self._values: dict[str, Any] = {}  # those that were read
        self._left = _MOST
        for items in _all(root):
            self._note(items)

    def _note(self, items: list[Any]) -> None:
        for at, item in enumerate(items[:-2]):
            if item in ("const", "let", "var") and isinstance(items[at + 1], str):
                end = next((end for end in range(at + 2, min(at + 12, len(items))) if items[end] in ("=", ";")), 0)
                if end and items[end] == "=":
                    self._given.setdefault(items[at + 1], (items, end + 1))
            elif item == "import":
                self._note_import(items[at + 1 : at + 6])

    def _note_import(self, items: list[Any]) -> None:
        """`import a from './x'`, `import {a, b as c} from './x'`."""
        at = items.index("from") if "from" in items else len(items)
        module = items[at + 1] if at + 1 < len(items) else ""
        if not isinstance(module, str) or module[1:2] != ".":
            return
        if isinstance(items[0], str):
            self._imported[items[0]] = module[1:-1], "default"
        elif items[0].bracket == "{":
            for part in self._parts(items[0].items):
                if isinstance(part[0], str) and isinstance(part[-1], str):
                    self._imported[part[-1]] = module[1:-1], part[0]

    def exported(self, name: str = "default") -> Any:
        """The value of `export default` or of `module.exports`, or that of a name."""
        if name != "default":
            return self._named(name, 0)
        root = self._root
        for at, item in enumerate(root):
            follows = root[at + 1] if at + 1 < len(root) else ""
            if (item == "export" and follows == "default") or (item == "module.exports" and follows == "="):
                found = self._value(root, at + 2)
                if isinstance(found, dict):
                    return found
                return max(self._returned(root[at + 2 :]), key=len, default=UNKNOWN)
        return UNKNOWN

    def _returned(self, items: list[Any]) -> Iterator[dict[str, Any]]:
        """The objects that functions return."""
        for within in _all(items):
            for at, item in enumerate(within[:-1]):
                if item in ("return", "=>"):
                    found = self._value(within, at + 1)
                    if isinstance(found, dict):
                        yield found

    def _value(self, items: Sequence[Any], at: int, depth: int = 0) -> Any:
        """The value that begins at an item."""
        if at >= len(items) or depth > _DEEPEST:
            return UNKNOWN
        item = items[at]
        follows = items[at + 1] if at + 1 < len(items) else ""
        if (returned := _returned_by(items, at)) is not None:
            return self._value(*returned, depth + 1)
        if follows in ("||", "??"):  # a default
            return self._value(items, at + 2, depth + 1)
        if isinstance(item, _Group):
            if isinstance(follows, _Group) or follows in _GOES_ON:
                return UNKNOWN
            if item.bracket == "{":
                return self._object(item.items, depth)
            if item.bracket == "[":
                return [self._value(part, 0, depth + 1) for part in self._parts(item.items)]
            return self._value(item.items, 0, depth + 1)
        if _NAME.fullmatch(item) and (given := _given(items, at + 1)):
            found = self._value(given.items, 0, depth + 1) if item not in ("function", "async") else UNKNOWN
            return found if isinstance(found, dict) else UNKNOWN
        if isinstance(follows, _Group) or follows in _GOES_ON:
            return UNKNOWN
        if item[0] in "'\"" or (item[0] == "`" and "${" not in item):
            return _ESCAPE.sub(_unescaped, item[1:-1])
        if item.isdecimal():
            return int(item[:15])
        if item in _WORDS:
            return _WORDS[item]
        return self._named(item, depth) if _NAME.fullmatch(item) else UNKNOWN

    def _named(self, name: str, depth: int) -> Any:
        if name not in self._values:
            self._values[name] = UNKNOWN  # of a name that needs itself
            if name in self._given:
                self._values[name] = self._value(*self._given[name], depth + 1)
            elif name in self._imported:
                self._values[name] = self._from(*self._imported[name])
        return self._values[name]

    def _from(self, module: str, name: str) -> Any:
        """What another module exports."""
        base = posixpath.normpath(posixpath.join(posixpath.dirname(self._name), module))
        file = next((base + end for end in _EXTENSIONS if self._read(base + end)), "")
        if file.endswith(".json"):
            try:
                return loads(self._read(file))
            except (ValueError, RecursionError):
                return UNKNOWN
        if file and file not in self._scripts:
            if len(self._scripts) >= _MODULES:
                return UNKNOWN
            self._scripts[file] = _Script(file, self._read, self._scripts)
        found = self._scripts.get(file)
        if found is None:
            return UNKNOWN
        return found.exported(name)

    def _parts(self, items: list[Any]) -> Iterator[list[Any]]:
        part: list[Any] = []
        for item in items:
            if item == ",":
                self._left -= 1
                if self._left < 0:
                    return
                yield part
                part = []
            else:
                part.append(item)
        if part:
            yield part

    def _object(self, items: list[Any], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for part in self._parts(items):
            first = part[0] if part else ""
            if not isinstance(first, str):
                continue
            if first.startswith("..."):
                other = self._value([first[3:], *part[1:]] if first[3:] else part[1:], 0, depth + 1)
                if isinstance(other, dict) and len(other) <= self._left:
                    self._left -= len(other)
                    found |= other
            elif len(part) == 1:
                found[first] = self._named(first, depth)
            elif part[1] == ":":
                key = _ESCAPE.sub(_unescaped, first[1:-1]) if first[0] in "'\"" else first
                found[key] = self._value(part, 2, depth + 1)
            elif (returned := _returned_by(part, 1 + (first == "async"))) is not None and isinstance(part[-3], str):
                found[part[-3]] = self._value(*returned, depth + 1)
        return found


_NAME = re.compile(r"[A-Za-z_$][\w$.]*")


def _returned_by(items: Sequence[Any], at: int) -> tuple[Sequence[Any], int] | None:
    """Where the value begins that a function without parameters returns: `() => […]`, `async () => { return … }`, and
    what follows the name of a method, `() { return … }`; None if there is no such function.
    """
    at += items[at : at + 1] == ["async"]
    if not _is_empty(items[at : at + 1]):
        return None
    body = at + 1 + (items[at + 1 : at + 2] == ["=>"])
    block = items[body] if body < len(items) else ""
    if not isinstance(block, _Group):
        return None
    if block.bracket != "{":
        return (items, body) if body > at + 1 else None
    found = next((end for end, item in enumerate(block.items) if item == "return"), -1)
    return (block.items, found + 1) if found >= 0 else None


def _is_empty(item: Sequence[Any]) -> bool:
    return bool(item) and isinstance(item[0], _Group) and item[0].bracket == "(" and not item[0].items


def _given(items: Sequence[Any], at: int) -> _Group | None:
    """The arguments of a call whose name stands before, `f(…)`, `f<Type>(…)`."""
    if at < len(items) and items[at] == "<":
        at = next((end + 1 for end in range(at, min(at + 12, len(items))) if items[end] == ">"), at)
    found = items[at] if at < len(items) else ""
    return found if isinstance(found, _Group) and found.bracket == "(" else None


def _all(items: list[Any]) -> Iterator[list[Any]]:
    """Lists of items, the outermost first."""
    waiting = [items]
    for each in waiting:
        yield each
        waiting += [item.items for item in each if isinstance(item, _Group)]


def _unescaped(escape: re.Match[str]) -> str:
    what = escape[1]
    if len(what) > 1 and what[0] in "ux":
        code = int(what[1:].strip("{}"), 16)
        return chr(code) if code < 0x110000 else "\ufffd"
    return _ESCAPED.get(what, what)
