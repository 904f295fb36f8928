"""What the command line says of a run, over the keys of the configuration."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import msgspec
import pytest

from checker.config.file import check, parse
from checker.config.options import ROWS, Row, RunOptions, laid_over, name_of, series_of
from checker.config.schema import Config, Status
from checker.model import ConfigError

OVER = {field: row for field, row in ROWS.items() if row.option.over}


def said(row: Row) -> Any:
    """A value that the option of a row can have, and that is not what holds without it."""
    if row.type is bool:
        return not row.default
    if row.field == "header":
        return ("*.test X-Name: value",)
    if row.field == "forge_token":
        return ("git.test=GIT_TOKEN",)
    if row.type == tuple[Status, ...]:
        return (403,)
    if get_origin(row.type) is tuple:
        return ("local",)
    if row.type is str:
        return "3"
    kind = get_args(row.type)[0]
    return get_args(kind)[-1] if get_origin(kind) is Literal else 3


def keys(config: Config) -> dict[tuple[str, str], Any]:
    """The values of all keys."""
    tables = msgspec.structs.asdict(config)
    return {(name, key): value for name in tables for key, value in msgspec.structs.asdict(tables[name]).items()}


@pytest.mark.parametrize("row", OVER.values(), ids=OVER)
def test_an_option_over_a_key_changes_that_key_and_no_other(row: Row) -> None:
    before, after = keys(Config()), keys(laid_over(Config(), RunOptions(**{row.field: said(row)})))

    assert {key for key in before if before[key] != after[key]} == {row.option.over}


@pytest.mark.parametrize("row", OVER.values(), ids=OVER)
def test_what_an_option_lays_over_a_key_is_what_a_file_may_hold_there(row: Row) -> None:
    config = laid_over(Config(), RunOptions(**{row.field: said(row)}))

    check(config, name_of)
    assert msgspec.convert(msgspec.to_builtins(config), Config) == config


@pytest.mark.parametrize("row", OVER.values(), ids=OVER)
def test_messages_name_the_option_that_lies_over_a_key(row: Row) -> None:
    assert row.option.over
    assert name_of(row.option.over) == row.option.name
    assert row.option.name in row.option.flags


@pytest.mark.parametrize("row", [row for row in ROWS.values() if not row.option.over], ids=lambda row: row.field)
def test_an_option_over_no_key_leaves_the_configuration_as_it_is(row: Row) -> None:
    assert laid_over(Config(), RunOptions(**{row.field: said(row)})) == Config()


def test_what_is_not_said_leaves_the_file_as_it_is() -> None:
    config = parse("[rules]\nselect = ['local']\n[remote]\ntime_limit = 5\n[history]\nbudget = 7\n", "c.toml")

    assert laid_over(config, RunOptions()) == config


def test_an_option_replaces_what_the_file_says_or_adds_to_it() -> None:
    config = parse("[rules]\nselect = ['url']\nignore = ['url']\n[engine]\njobs = 2\n", "c.toml")

    after = laid_over(config, RunOptions(select=("local",), ignore=("local",), jobs=0))

    assert (after.rules.select, after.rules.ignore, after.engine.jobs) == (("local",), ("url", "local"), 0)


def test_a_text_that_cannot_be_read_is_told_by_the_name_of_its_option() -> None:
    with pytest.raises(ConfigError, match=r"^--time-limit: 'soon' is not a duration"):
        laid_over(Config(), RunOptions(time_limit="soon"))


def test_a_header_goes_to_the_host_that_is_named_and_in_the_clear_where_that_is_said() -> None:
    said = ("api.example.org Authorization: Bearer ${TOKEN}", "http://127.0.0.1:8080/ X-A:b")
    rows = laid_over(parse("[[remote.host]]\nhost = 'own.test'\n", "c.toml"), RunOptions(header=said)).remote.host

    assert [(row.host, row.headers, row.allow_http) for row in rows] == [
        ("own.test", {}, False),
        ("api.example.org", {"Authorization": "Bearer ${TOKEN}"}, False),
        ("127.0.0.1:8080", {"X-A": "b"}, True),
    ]


@pytest.mark.parametrize("text", ["X-Name: value", "X-Name: a:b", "www.example.org", "", "www.example.org : x"])
def test_a_header_without_its_host_or_its_name_is_an_error_that_shows_how(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^--header: write 'HOST NAME: VALUE'"):
        laid_over(Config(), RunOptions(header=(text,)))


def test_a_series_is_named_after_the_options_in_which_its_runs_agree() -> None:
    options = RunOptions(exclude=("b", "a"), ignore=("url",), select=("local",), deep=True, offline=True, quiet=True)

    assert series_of(options) == (
        *("--offline", "--deep", "--select local", "--ignore url", "--exclude a", "--exclude b"),
    )
    assert series_of(RunOptions()) == ()


def test_no_two_options_have_one_place_in_the_name_of_a_series() -> None:
    places = [row.option.series for row in ROWS.values() if row.option.series]

    assert sorted(places) == list(range(1, len(places) + 1))
