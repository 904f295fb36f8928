"""Options as the command line has them, and the record that a command is given of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Literal, get_args, get_origin

import click
import msgspec
import pytest

from checker import cli
from checker.cli.options import about, named, with_options
from checker.config.options import ROWS, About, Row, RunOptions
from checker.config.schema import Seconds, Status


def commands(group: click.Group = cli.main) -> Iterator[click.Command]:
    for command in group.commands.values():
        if isinstance(command, click.Group):
            yield from commands(command)
        else:
            yield command


def options_of(command: click.Command) -> set[str | None]:
    return {each.name for each in command.params if isinstance(each, click.Option)}


def words(row: Row) -> tuple[list[str], Any]:
    """How something is said that does not hold without it, and what it then is."""
    if row.type is bool:
        flags = row.option.flags.split()[-1].split("/")
        return [flags[-1]], not row.default
    if row.type == tuple[Status, ...]:
        return [row.option.name, "403", row.option.name, "404"], (403, 404)
    if get_origin(row.type) is tuple:
        return [row.option.name, "x", row.option.name, "y"], ("x", "y")
    kind = get_args(row.type)[0] if get_args(row.type) else row.type
    if get_origin(kind) is Literal:
        return [row.option.name, get_args(kind)[-1]], get_args(kind)[-1]
    return [row.option.name, "3"], {str: "3", int: 3, Seconds: 3.0, Path: Path("3")}[kind]


def read(*arguments: str) -> RunOptions:
    """The record that a command with all options is given."""
    given: list[RunOptions] = []

    def keep(_streams: object, options: RunOptions) -> int:
        given.append(options)
        return 0

    command = click.Command("all", params=about(*About), callback=with_options(keep))
    command.main(list(arguments), prog_name="all", standalone_mode=False, obj=object())
    return given[0]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_every_field_has_an_option_in_some_command_that_fills_it(row: Row) -> None:
    arguments, value = words(row)

    assert any(row.field in options_of(command) for command in commands())
    assert read(*arguments) == msgspec.structs.replace(RunOptions(), **{row.field: value})


def test_without_options_the_record_says_nothing() -> None:
    assert read() == RunOptions()


@pytest.mark.parametrize(("name", "own"), [("check", set()), ("page", {"base", "kind"})])  # of standard input
def test_every_option_of_a_check_is_a_field(name: str, own: set[str]) -> None:
    assert options_of(cli.main.commands[name]) - set(ROWS) == own


def test_check_has_every_option_of_a_run() -> None:
    assert options_of(cli.main.commands["check"]) == set(ROWS)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_an_option_is_written_alike_in_every_command_that_has_it(row: Row) -> None:
    [option] = named(row.field)
    found = [each for command in commands() for each in command.params if each.name == row.field]

    assert {(*each.opts, *each.secondary_opts) for each in found} == {(*option.opts, *option.secondary_opts)}
    assert {each.type.name for each in found} == {option.type.name}


def test_a_module_that_has_a_command_is_found_by_its_name() -> None:
    modules = {each.name: import_module(f"checker.cli.{each.name}") for each in iter_modules(cli.__path__)}
    having = {name: module.command for name, module in modules.items() if hasattr(module, "command")}

    assert {name: command.name for name, command in having.items()} == {name: name for name in cli.COMMANDS}


def test_a_command_that_is_mistyped_is_told_the_nearest(run: Any) -> None:
    result = run("chek")

    assert result.code == 2
    assert "No such command 'chek'. Did you mean 'check'?" in result.err


@pytest.mark.parametrize(
    "arguments",
    [("--accept", "99"), ("--accept", "600"), ("--interval", "inf"), ("--interval", "-1"), ("--jobs", "-1")],
)
def test_a_number_beyond_the_bounds_of_its_key_is_an_error(arguments: tuple[str, str], run: Callable[..., Any]) -> None:
    assert run("check", "--offline", *arguments).code == 2
