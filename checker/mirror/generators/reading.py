"""Reads the settings of a generator, and the front matter of its pages, without running anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from checker.mirror.generators import script
from checker.sources.base import Source

_SETTINGS = 1 << 20  # bytes of a settings file that are read
_FRONT = 1 << 16  # bytes of a page in which its front matter ends
_YAML = re.compile(r"\A(?:\ufeff)?---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*\r?$", re.S | re.M)
_TOML = re.compile(r"\A(?:\ufeff)?\+\+\+[ \t]*\r?\n(.*?)^\+\+\+[ \t]*\r?$", re.S | re.M)
_JSON = re.compile(r"\A(?:\ufeff)?(\{\s*\".*?^\})[ \t]*\r?$", re.S | re.M)


# What is added to the name of settings that a script makes of a file, as autoconf and CMake do.
TEMPLATES = (".in", ".tmpl", ".template")


def untemplated(name: str) -> str:
    """The name of the settings that a script makes of a file; the file's own if it is no template of any."""
    return next((name.removesuffix(end) for end in TEMPLATES if name.endswith(end)), name)


class Reading:
    """The folder of a generator: the files of a mirror, read by names relative to the mirror."""

    def __init__(self, source: Source, folder: str, settings: str) -> None:
        """`folder` is where the generator runs, "" or "docs/"; `settings` is the file that shows it, below it."""
        self.source = source
        self.folder = folder
        self.settings = folder + settings

    def text(self, name: str, limit: int = _SETTINGS) -> str:
        """The beginning of a file as text; "" if there is no such file."""
        if name not in self.source.files:
            return ""
        try:
            return self.source.read(name, limit).decode("utf-8", "replace")
        except OSError:
            return ""

    def has(self, name: str) -> bool:
        """Whether there is a file, or a folder, of this name."""
        return name in self.source.files or name.rstrip("/") in self.source.folders

    def below(self, folder: str) -> list[str]:
        """The files below a folder ("" or "docs/"), sorted."""
        if not folder:
            return [*self.source.files]
        return [name for name in self.source.files if name.startswith(folder)]

    def script(self) -> Mapping[str, Any]:
        """The settings, where they are a module in JavaScript or TypeScript: see script.settings."""
        return script.settings(self.settings, self.text)

    def front(self, name: str) -> Mapping[str, Any]:
        """The front matter of a page, in YAML, TOML or JSON; empty if it has none that can be read."""
        text = self.text(name, _FRONT)
        if text[:4].lstrip("\ufeff")[:3] == "---":
            return yaml(found[1]) if (found := _YAML.match(text)) else {}
        if text.startswith("+++"):
            return toml(found[1]) if (found := _TOML.match(text)) else {}
        return json(found[1]) if text[:1] == "{" and (found := _JSON.match(text)) else {}


@cache
def _loader() -> Any:
    """A safe loader to which a tag that stands for a value of a program is None."""
    import yaml as library

    class Loader(getattr(library, "CSafeLoader", library.SafeLoader)):  # type: ignore[misc]
        pass

    Loader.add_multi_constructor("", lambda *_: None)
    return Loader


def yaml(text: str) -> Mapping[str, Any]:
    """A mapping in YAML. Tags that stand for values of a program (`!!python/name:…`, `!ENV`) are read as None."""
    import yaml as library

    try:
        found = library.load(text, _loader())  # noqa: S506 - a safe loader
    except (library.YAMLError, ValueError, RecursionError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def toml(text: str) -> Mapping[str, Any]:
    """A document in TOML; empty if it cannot be read."""
    import tomllib

    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def json(text: str) -> Mapping[str, Any]:
    """An object in JSON; empty if it cannot be read."""
    from json import loads

    try:
        found = loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


_PROGRAM = 1 << 18  # characters of a program that are read
_VALUE = 10_000  # characters and items of a value that is put together


def python(text: str) -> Mapping[str, Any]:
    """The names to which a module in Python assigns literals, and sums of them; empty if it cannot be read."""
    import ast

    try:
        module = ast.parse(text[:_PROGRAM])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, Any] = {}

    def value(node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return found.get(node.id)
            case ast.List() | ast.Tuple() | ast.Set():
                return [value(each) for each in node.elts]
            case ast.Dict():
                pairs = zip(node.keys, node.values, strict=True)
                return {key.value: value(each) for key, each in pairs if isinstance(key, ast.Constant)}
            case ast.BinOp(op=ast.Add()):
                return _sum(value(node.left), value(node.right))
        return None

    for node in module.body:
        try:
            match node:
                case ast.Assign(targets=targets):
                    found |= {target.id: value(node.value) for target in targets if isinstance(target, ast.Name)}
                case ast.AnnAssign(target=ast.Name(id=name)) if node.value is not None:
                    found[name] = value(node.value)
                case ast.AugAssign(target=ast.Name(id=name), op=ast.Add()):
                    found[name] = _sum(found.get(name), value(node.value))
        except RecursionError:
            continue
    return found


def _sum(left: object, right: object) -> Any:
    """Two strings, or two lists, as one; None for what is neither, or too long."""
    if isinstance(left, str) and isinstance(right, str) and len(left) + len(right) <= _VALUE:
        return left + right
    if isinstance(left, list) and isinstance(right, list) and len(left) + len(right) <= _VALUE:
        return left + right
    return None


def literal(text: str, key: str) -> str:
    """The string to which a program's text sets a key, `key: 'x'` or `key = "x"`; "" if it sets it to no string."""
    assigned = rf"""(?<![\w.$])(?:{key}|'{key}'|"{key}")\s*[:=]\s*(['"`])([^'"`\n$]*)\1"""
    found = re.search(assigned, without_comments(text))
    return found[2] if found else ""


_COMMENTS = re.compile(r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)|//[^\n]*|/\*.*?\*/""", re.S)


def without_comments(text: str) -> str:
    """A program's text in JavaScript or TypeScript without its comments."""
    return _COMMENTS.sub(lambda found: found[1] or " ", text)


def lower(table: Mapping[str, Any], depth: int = 6) -> dict[str, Any]:
    """Settings by names in lower case, those of tables within too, for a generator that tells no case."""
    made: dict[int, dict[str, Any]] = {}  # by the table that was read: a hostile one is in many places

    def lowered(of: Mapping[str, Any], depth: int) -> dict[str, Any]:
        if id(of) not in made:
            made[id(of)] = {}
            made[id(of)] |= {
                str(key).lower(): lowered(value, depth - 1) if isinstance(value, dict) and depth else value
                for key, value in of.items()
            }
        return made[id(of)]

    return lowered(table, depth)


def word(value: object) -> str:
    """A value as text, if it is a string or a number; "" if it is none."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def strings(value: object) -> Iterator[str]:
    """The strings in a value that may be one, or a list of them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (each for each in value if isinstance(each, str))
