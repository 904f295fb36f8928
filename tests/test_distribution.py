"""What the program imports is what it declares."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def name(requirement: str) -> str:
    return re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0].lower()


PLUG_INS = {  # modules that another program loads, which has itself: that program
    Path(*row.partition(":")[0].split(".")).with_suffix(".py"): group.partition(".")[0]
    for group, rows in PROJECT["entry-points"].items()
    for row in rows.values()
}


def imported() -> set[str]:
    """The top modules that the program imports, anywhere; a plug-in's program aside."""
    found: set[str] = set()
    for path in [*ROOT.glob("checker/**/*.py"), *ROOT.glob("reports/**/*.py")]:
        found |= imported_by(path) - {PLUG_INS.get(path.relative_to(ROOT), "")}
    return found


def imported_by(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found - {"checker", "reports"} - set(sys.stdlib_module_names)


def test_every_distribution_that_is_imported_is_declared_and_every_one_declared_is_imported() -> None:
    optional = {name(row) for rows in PROJECT["optional-dependencies"].values() for row in rows}
    declared = {name(row) for row in PROJECT["dependencies"]}
    distributions = packages_distributions()

    used = {distributions[module][0].lower() for module in imported()}

    assert used - optional == declared


def test_the_packages_say_that_they_are_typed() -> None:
    assert (ROOT / "checker" / "py.typed").is_file()
    assert (ROOT / "reports" / "py.typed").is_file()
