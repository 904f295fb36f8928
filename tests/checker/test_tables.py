"""What is known of a thing stands in one row: nobody lists page kinds or roles a second time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from checker.config import schema
from checker.mirror.forges import FORGES
from checker.mirror.layouts import LAYOUTS
from checker.model import Role

ROOT = Path(__file__).parents[2]
TABLES = {"checker/kinds.py", "checker/roles.py"}


def trees() -> Iterator[tuple[str, ast.AST]]:
    """The program, but for the tables and for what extractors find."""
    for path in sorted([*ROOT.glob("checker/**/*.py"), *ROOT.glob("reports/**/*.py")]):
        file = path.relative_to(ROOT).as_posix()
        if file not in TABLES and not file.startswith("checker/extract/"):
            yield file, ast.parse(path.read_text("utf-8"))


def members(node: ast.AST) -> list[ast.expr]:
    """What a node lists or compares with, if it does so with several."""
    match node:
        case ast.Set(elts=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            return parts
        case ast.Dict(keys=keys):
            return [key for key in keys if key is not None]
        case ast.MatchOr(patterns=patterns):
            return [pattern.value for pattern in patterns if isinstance(pattern, ast.MatchValue)]
        case ast.BoolOp(values=values):
            return [other for value in values if isinstance(value, ast.Compare) for other in value.comparators]
    return []


def is_member(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"Kind", "Role"}


def listed(tree: ast.AST) -> Iterator[int]:
    """The lines on which several kinds or roles are named together, or several roles by their texts."""
    for node in ast.walk(tree):
        parts = members(node)
        texts = [part.value for part in parts if isinstance(part, ast.Constant)]
        named = sum(map(is_member, parts))
        if named > 1 or (isinstance(node, ast.Set | ast.Tuple | ast.List) and len(texts) > 1 and set(texts) <= {*Role}):
            yield node.lineno  # type: ignore[attr-defined]


def test_no_page_kinds_or_roles_are_listed_outside_their_tables() -> None:
    assert [f"{file}:{line}" for file, tree in trees() for line in listed(tree)] == []


def test_a_second_list_is_found() -> None:
    code = """
{Kind.HTML, Kind.SVG}
(Role.LINK, Role.FORM)
{Kind.HTML: 1, Kind.CSS: 2}
a is Kind.HTML or a == Kind.CSS
role in {"image", "icon"}
match a:
    case Role.LINK | Role.FORM: pass
"""
    assert sorted(listed(ast.parse(code))) == [2, 3, 4, 5, 6, 8]


def test_the_configuration_names_the_layouts_and_forges_that_there_are() -> None:
    assert ("auto", *LAYOUTS) == schema.LAYOUTS
    assert tuple(FORGES) == schema.FORGES
