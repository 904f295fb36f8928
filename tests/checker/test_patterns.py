"""The package's regular expressions do the same on every Python it runs on.

Python 3.11.0 to 3.11.4 take a possessive quantifier over a group for more than it matches, where the group fails behind
its first character (https://github.com/python/cpython/issues/106052): `(?:ab?c)*+` matches `a`. An atomic group around
an ordinary quantifier, `(?>(?:ab?c)*)`, means the same and is right everywhere.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import re._constants as codes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import checker
import reports

ROOT = Path(checker.__file__).parents[1]
MODULES = [
    module.name
    for package in (checker, reports)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")
]
SOURCES = [path for package in (checker, reports) for path in sorted(Path(package.__path__[0]).rglob("*.py"))]
CALLS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
ONE = {codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN}  # each takes one character


def backtracks(pattern: str | bytes, flags: int = 0) -> bool:
    """Whether a possessive quantifier stands over a group that may fail behind its first character."""
    return any(_backtracks(body) for body in _possessive(parser.parse(pattern, flags)))


def _possessive(parsed: Any) -> Iterator[Any]:
    """What possessive quantifiers stand over, however deep."""
    for code, argument in parsed:
        if code is codes.POSSESSIVE_REPEAT:
            yield argument[2]
        yield from (found for part in _parts(argument) for found in _possessive(part))


def _parts(argument: Any) -> Iterator[Any]:
    if isinstance(argument, parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for each in argument:
            yield from _parts(each)


def _backtracks(body: Any) -> bool:
    alternatives = body[0][1][1] if len(body) == 1 and body[0][0] is codes.BRANCH else [body]
    return not all(_is_plain(alternative) for alternative in alternatives)


def _is_plain(body: Any) -> bool:
    """Single characters, or a run of one."""
    if len(body) == 1 and body[0][0] is codes.POSSESSIVE_REPEAT:
        return _is_plain(body[0][1][2])
    return len(body) > 0 and all(code in ONE for code, _ in body)


@cache
def compiled() -> dict[str, re.Pattern[Any]]:
    """Every compiled pattern that a module, a class or a table of theirs holds."""
    found: dict[str, re.Pattern[Any]] = {}
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [(name, vars(importlib.import_module(name))) for name in MODULES]
    while waiting:
        where, thing = waiting.pop()
        if isinstance(thing, re.Pattern):
            found.setdefault(where, thing)
            continue
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, dict):
            waiting += [(f"{where}.{name}", value) for name, value in thing.items() if not str(name).startswith("__")]
        elif isinstance(thing, list | tuple | set | frozenset):
            waiting += [(f"{where}[{number}]", value) for number, value in enumerate(thing)]
        elif isinstance(thing, type) and thing.__module__ in MODULES:
            waiting.append((where, dict(vars(thing))))
        elif type(thing).__module__ in MODULES and hasattr(thing, "__dict__"):
            waiting.append((where, vars(thing)))
        elif pattern := getattr(thing, "__self__", None):  # a method of a pattern
            waiting += [(where, pattern)] if isinstance(pattern, re.Pattern) else []
    return found


def _written(node: ast.expr) -> str | bytes | None:
    """A pattern as it is written, with something plain for what is filled in."""
    match node:
        case ast.Constant(value=str() | bytes() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in values)
        case ast.BinOp(left=left, op=ast.Mod()) if (text := _written(left)) is not None:
            return text.replace("%d", "1") if isinstance(text, str) else text.replace(b"%d", b"1")
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, two = _written(left), _written(right)
            return one + two if type(one) is type(two) and one is not None else one or two  # type: ignore[operator]
    return None


def written() -> Iterator[tuple[str, str | bytes]]:
    """The patterns that calls of `re` are given, those inside functions too."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=called), args=[first, *_]) if (
                    called in CALLS and (pattern := _written(first)) is not None
                ):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:ab?c)*+",
        "(?:a|bc?)++",
        "(?:ab|acd)?+",
        "(?:a(?!b))*+",
        "(?:a(?=b)|c){1,2}+",
        "(?:[^a]++b)*+",
        "((?:x|(a))*+)",
        "x(?:y(?:a.*b)*+)?",
        "(?>(?:a*b)*+)",
        "(?=(?:a*b)*+)",
    ],
)
def test_a_possessive_quantifier_over_a_group_that_can_backtrack_is_seen(pattern: str) -> None:
    assert backtracks(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["a*+", "[^a]++", "(?:a)*+", "(?:ab)*+", "(?:a|b)*+", r'"(?:[^"\\]++|\\.)*+"', "(?>(?:ab?c)*)", "(?:ab?c)*"],
)
def test_one_that_cannot_is_allowed(pattern: str) -> None:
    assert not backtracks(pattern)


@pytest.mark.parametrize("pattern", [r'"(?:[^"\\]++|\\.)*+"', "(?:ab)*+c", "(?:ab|c)*+"])
def test_what_is_allowed_matches_as_an_atomic_group_does(pattern: str) -> None:
    atomic = re.sub(r"\((\?:[^()]*)\)\*\+", r"(?>(\1)*)", pattern)
    texts = ['"', '"a', '"a"', '"\\', '"\\"', '"a\\"a"', "aba", "ababc", "abca", "cab", "ca", ""]

    assert atomic != pattern
    assert [bool(re.match(pattern, text)) for text in texts] == [bool(re.match(atomic, text)) for text in texts]


def test_no_pattern_that_is_compiled_is_at_the_mercy_of_the_python() -> None:
    found = compiled()

    assert len(found) > 100
    assert {where for where, pattern in found.items() if backtracks(pattern.pattern, pattern.flags)} == set()


def test_no_pattern_that_is_written_is_either() -> None:
    found = list(written())

    assert len(found) > 100
    assert [where for where, pattern in found if backtracks(pattern, re.X if "\n    |" in str(pattern) else 0)] == []


def test_no_loop_over_matches_stands_still() -> None:
    """Each asks whether its match ends behind the last one."""
    loops = [
        (f"{path.relative_to(ROOT)}:{node.lineno}", any(isinstance(part, ast.Compare) for part in ast.walk(node.test)))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.While)
        and any(
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Attribute)
            and part.func.attr in {"match", "search"}
            for part in ast.walk(node.test)
        )
    ]

    assert loops
    assert [where for where, guarded in loops if not guarded] == []
