"""The options of a run as click has them, and how a command's function gets them as one record."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Literal, cast, get_args, get_origin

import click
import msgspec

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


def reworded(field: str, text: str) -> click.Option:
    """The option that fills this field, with another help text, since it means less than in `check`."""
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
    """The type that click checks a value against, by the type of its field."""
    for each in get_args(kind) or (kind,):
        stated = [bounds for bounds in getattr(each, "__metadata__", ()) if isinstance(bounds, msgspec.Meta)]
        least, most = (stated[0].ge, stated[0].le) if stated else (0, None)
        plain = get_args(each)[0] if stated else each
        if plain is int:
            return click.IntRange(cast(int, least), cast("int | None", most))
        if plain is float:
            return click.FloatRange(least, most)
        if each is Path:
            return click.Path(path_type=Path)
        if get_origin(each) is Literal:
            return click.Choice(get_args(each))
    return click.STRING


def with_options(function: Callable[..., int]) -> Callable[..., int]:
    """Make a command's callback. It calls `function` with the streams, the options of the run, and its own values."""

    @click.pass_obj
    @wraps(function)
    def callback(streams: Streams, /, **values: Any) -> int:
        own = {name: value for name, value in values.items() if name not in ROWS}
        given = {name: value for name, value in values.items() if name in ROWS and value is not None}
        return function(streams, RunOptions(**given), **own)

    return callback
