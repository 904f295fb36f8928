"""The configuration: what is wrong is named with its line, and the documented file is the code's."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checker.config.file import parse, read
from checker.config.schema import Config
from checker.model import ConfigError

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[mirror]\nrot = '.'", "c.toml:2: [mirror] no key is called 'rot'; did you mean 'root'?"),
        ("\n[mirors]\n", "c.toml:2: no key is called 'mirors'; did you mean 'mirror'?"),
        (
            "[[mirror.address]]\nurl='x'\nfolder='y'\nfoldr='z'",
            "c.toml:4: [mirror.address] no key is called 'foldr'",
        ),
        ("[mirror]\npublished = 'x'", "c.toml:2: mirror.published: Expected `array`, got `str`"),
        ("[pages]\nmax_bytes = '1'", "c.toml:2: pages.max_bytes: Expected `int`"),
        (
            "[reports]\nfail_on = 'always'",
            "c.toml:2: reports.fail_on: 'always' is not one of error, warning, note, never",
        ),
        (
            "[rules]\nignore = ['local/mising-file']",
            "c.toml:2: rules.ignore: no rule or family is called 'local/mising-file'; did you mean 'local/missing-file'?",
        ),
        (
            "[mirror]\nlayout = 'wgett'",
            "c.toml:2: mirror.layout: no layout is called 'wgett'; did you mean 'wget'? Known: auto, ",
        ),
        ("[mirror\n", "c.toml: not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(text, "c.toml")

    assert message in str(error.value)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read(tmp_path / "config.toml")


def test_the_documented_file_has_every_key_with_its_default() -> None:
    documented = tomllib.loads((ROOT / "config.toml").read_text("utf-8"))

    read(ROOT / "config.toml")
    for table in msgspec.structs.fields(Config):
        defaults: dict[str, Any] = json.loads(msgspec.json.encode(table.default))
        shown = "path", "host", "redirect", "forge", "vantage"  # as comments
        rows = {name: [] for name in shown if name in defaults}
        assert documented[table.name].keys() | rows.keys() == defaults.keys()
        if table.name != "mirror":  # the demo's own
            assert {**documented[table.name], **rows} == defaults


def test_the_rows_that_are_shown_as_comments_are_valid() -> None:
    text = (ROOT / "config.toml").read_text("utf-8")
    shown = re.sub(r"^# (?=\[\[|\w+ = )", "", text, flags=re.MULTILINE)

    config = parse(shown, "config.toml")

    remote = config.remote
    assert (config.rules.path, remote.host, remote.redirect, remote.forge, remote.vantage).count(()) == 0
