"""The file of a fleet: what it says, and what is a mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.config import fleet
from checker.config.options import RunOptions
from checker.model import ConfigError


def write(folder: Path, text: str) -> Path:
    path = folder / "FLEET.toml"
    path.write_text(text)
    return path


def row(text: str = "") -> str:
    return f'[[mirror]]\nname = "a"\npath = "a"\n{text}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no mirror"),
        ("[[mirror]\n", "not valid TOML"),
        ('[[mirror]]\npath = "a"\n', "missing required field `name`"),
        ('[[mirror]]\nname = "a"\n', "give the path of a folder, the url of a site, or a config"),
        ('[[mirror]]\nname = "../a"\npath = "a"\n', "a name has letters"),
        ('[[mirror]]\nname = "a/b"\npath = "a"\n', "a name has letters"),
        (row() + row().replace('"a"', '"A"'), "another mirror has this name"),
        (row('url = "https://x.example/"'), "a path or a url, not both"),
        ('[[mirror]]\nname = "a"\nurl = "ftp://x.example/"\n', "is not a URL"),
        (row('pathh = "a"'), "no key is called 'pathh'; did you mean 'path'?"),
        (row("[mirrors]"), "no key is called 'mirrors'; did you mean 'mirror'?"),
        (row("options = { ignored = [] }"), "no option of a mirror is called 'ignored'; did you mean 'ignore'?"),
        (row('options = { history = "h" }'), "no option of a mirror is called 'history'"),
        (row('options = { ignore = "asset" }'), "options: ignore: Expected `array`, got `str`"),
        (row('options = { fail-on = "all" }'), "options: fail-on: Invalid enum value 'all'"),
        ("[fleet]\nhistory = 1\n" + row(), "fleet.history: Expected `str`, got `int`"),
    ],
)
def test_a_mistake_is_told_with_its_file(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        fleet.read(path)
    assert str(error.value).startswith(str(path))
    assert said in str(error.value)


def settings(tmp_path: Path, text: str, said: RunOptions | None = None) -> fleet.MirrorSettings:
    read = fleet.read(write(tmp_path, text))
    return fleet.settings_for(read.mirror[0], tmp_path, said or RunOptions())


def test_the_configuration_of_a_folder_is_found_in_it_and_what_it_names_is_relative_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "config.toml").write_text(
        '[mirror]\nroot = "site"\n[rules]\nbaseline = "known.toml"\n[remote]\ncookies = "c.txt"\nca_file = "ca.pem"\n[reports]\n'
        'format = ["json=/x.json"]\n[history]\nfile = "/h.sqlite"\nbudget = 3\n'
    )
    options, (config, base), source = settings(tmp_path, row(), RunOptions(trust_config=True))
    assert (base, source) == (folder, ())
    assert config.mirror.root == "site"
    assert config.rules.baseline == str(folder / "known.toml")
    assert config.history.budget == 3
    assert (config.remote.cookies, config.remote.ca_file) == (str(folder / "c.txt"), str(folder / "ca.pem"))
    assert options == RunOptions(trust_config=True)


def test_a_configuration_that_was_found_is_not_trusted_and_one_that_is_named_is(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "config.toml").write_text('[mirror]\nlayout = "plain"\n[remote]\nallow_private = true\n')
    with pytest.raises(ConfigError, match="may be a stranger's"):
        settings(tmp_path, row())
    assert settings(tmp_path, row(), RunOptions(trust_config=True)).settings.config.remote.allow_private is True
    found = settings(tmp_path, row('config = "a/config.toml"'))
    assert found.settings.config.remote.allow_private is True
    assert (found.source, found.settings.config.mirror.root) == ((), str(folder))


def test_the_options_of_the_command_line_override_those_of_a_row_and_patterns_add_up(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    text = row('options = { fail-on = "note", ignore = ["asset"], baseline = "known.toml", exclude = ["x"] }')
    said = RunOptions(fail_on="error", ignore=("url",))
    options, (config, _), _ = settings(tmp_path, text, said)
    assert (options.fail_on, config.reports.fail_on) == ("error", "error")
    assert config.rules.ignore == ("asset", "url")
    assert config.remote.exclude == ("x",)
    assert config.rules.baseline == str(tmp_path / "known.toml")


def test_what_lies_beside_the_file_is_for_no_mirror_that_does_not_name_it(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[references]\nbare = false\n")
    text = '[[mirror]]\nname = "a"\nurl = "https://x.example/"\n'
    assert settings(tmp_path, text).settings.config.references.bare
    found = settings(tmp_path, text + 'config = "config.toml"\n')
    assert not found.settings.config.references.bare
    assert found.source == ("https://x.example/",)


def test_a_configuration_that_is_named_serves_the_folder_of_its_row_unless_it_names_a_root(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "config.toml").write_text("[references]\nbare = false\n")
    found = settings(tmp_path, row('config = "config.toml"'))
    assert (found.settings.config.mirror.root, found.source) == (str(tmp_path / "a"), ())
    assert not found.settings.config.references.bare
    (tmp_path / "config.toml").write_text('[mirror]\nroot = "sites"\n')
    found = settings(tmp_path, row('config = "config.toml"'))
    assert (found.settings.config.mirror.root, found.source) == ("sites", (str(tmp_path / "a"),))
