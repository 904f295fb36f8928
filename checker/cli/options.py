"""The options of a run as click has them, and a command's function that is given them as one record."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click

import reports
from checker.cli.console import Streams
from checker.config.options import ROWS, About, Row, RunOptions

CONFIGURATION = ("config_file", "trust_config", "environment")


def about(*subjects: About) -> list[click.Parameter]:
    """All options on these subjects."""
    return [_click_option(row, row.option.help) for row in ROWS.values() if row.option.about in subjects]


def named(*fields: str) -> list[click.Parameter]:
    """The options that fill these fields of RunOptions."""
    return [_click_option(ROWS[field], ROWS[field].option.help) for field in fields]


def told(field: str, text: str) -> click.Option:
    """The option that fills this field, where it means less than in `check`."""
    return _click_option(ROWS[field], text)


def _click_option(row: Row, text: str) -> click.Option:
    option, flag = row.option, row.type is bool
    return click.Option(
        [*option.flags.split(), row.field],
        type=None if flag else _type_of(row.type),
        is_flag=flag,
        default=row.default if flag else None,
        multiple=get_origin(row.type) is tuple,
        metavar=option.metavar,
        help=text.replace("{formats}", ", ".join(reports.FORMATS)),
        envvar=option.envvar,
    )


def _type_of(kind: object) -> click.ParamType[Any]:
    """What a value is checked against on the command line, by the type of its field."""
    for each in get_args(kind) or (kind,):
        if each is int:
            return click.IntRange(0)
        if each is Path:
            return click.Path(path_type=Path)
        if get_origin(each) is Literal:
            return click.Choice(get_args(each))
    return click.STRING


def with_options(function: Callable[..., int]) -> Callable[..., int]:
    """A command's callback: `function` is given the streams, the options of the run as one record, and its own rest."""

    @click.pass_obj
    @wraps(function)
    def callback(streams: Streams, /, **values: Any) -> int:
        own = {name: value for name, value in values.items() if name not in ROWS}
        said = {name: value for name, value in values.items() if name in ROWS and value is not None}
        return function(streams, RunOptions(**said), **own)

    return callback
