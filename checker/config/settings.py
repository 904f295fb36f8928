"""The settings of a run: the configuration, overridden by the command line, and the mirror that a source belongs to."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from checker.config import schema, trust
from checker.config.file import check, read
from checker.config.names import is_store
from checker.config.options import RunOptions, laid_over, name_of
from checker.config.schema import Config
from checker.model import SourceError

CONFIG_FILE = "config.toml"
OWN_FILE = "mirrorcheck.toml"  # a name that no other program uses
_IN_PYPROJECT = ("tool", "mirrorcheck")
_HERE = Path()


class Found(NamedTuple):
    """A configuration file, and the table in it that is ours; () means the whole file."""

    path: Path
    below: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.path} [{'.'.join(self.below)}]" if self.below else str(self.path)


def find(folder: Path) -> Found | None:
    """The configuration of a folder: the first file, in the order of their names here, that is ours."""
    for name in (OWN_FILE, f".{OWN_FILE}"):
        if _is_file(folder / name):
            return Found(folder / name)
    if _table(folder / "pyproject.toml", _IN_PYPROJECT) is not None:
        return Found(folder / "pyproject.toml", _IN_PYPROJECT)
    path = folder / CONFIG_FILE
    data = _table(path, ())
    return Found(path) if data is not None and _is_ours(data) else None


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - False too if the folder may not be read


def _table(path: Path, below: tuple[str, ...]) -> dict[str, Any] | None:
    """A table of a TOML file, or None. Of a file that is not valid TOML, the headers of its tables count."""
    if not _is_file(path):
        return None
    import tomllib

    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return None
    data: Any
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError):
        data = {}
        for header in re.findall(r"^[ \t]*\[\[?([\w. -]+)\]", text, re.M):
            table = data
            for key in map(str.strip, header.split(".")):
                table = table.setdefault(key, {})
        data = data or None
    for key in below:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else None


def _is_ours(data: dict[str, Any]) -> bool:
    """Whether a `config.toml` is ours: other programs use the name, and some of our tables' names, too."""
    ours = {field.name: field.type for field in msgspec.structs.fields(Config)}
    if not all(isinstance(table, dict) and name in ours for name, table in data.items()):
        mirror = data.get("mirror")
        return isinstance(mirror, dict) and not mirror.keys().isdisjoint(schema.MirrorTable.__struct_fields__)
    keys = [(key, ours[name].__struct_fields__) for name, table in data.items() for key in table]
    if not keys or any(key in known for key, known in keys):
        return True
    from difflib import get_close_matches

    return any(get_close_matches(key, known, 1) for key, known in keys)  # a slip of the pen


class Settings(NamedTuple):
    """The configuration of a run."""

    config: Config
    base: Path | None  # the folder that the configuration's paths are relative to; None: no file applies to the source


def settings_of(
    options: RunOptions, source: tuple[str, ...], *, writes_baseline: bool = False, folder: Path | None = _HERE
) -> Settings:
    """The configuration, overridden by the command line. It is found in `folder`, unless it is named or that is
    None.

    Raises ConfigError.
    """
    file = options.config_file
    if file is None:
        config, base = _found_config(folder, source, options, writes_baseline=writes_baseline)
    else:
        config, base = read(file), file.parent
    if config.rules.baseline:  # it does not apply to a mirror elsewhere
        baseline = str(base / config.rules.baseline) if base is not None else ""
        config = replace(config, rules=replace(config.rules, baseline=baseline))
    config = laid_over(config, options)
    check(config, name_of)  # the file's own have been checked
    return Settings(config, base)


def _found_config(
    folder: Path | None, source: tuple[str, ...], options: RunOptions, *, writes_baseline: bool
) -> tuple[Config, Path | None]:
    """The configuration of a folder. Its [mirror] does not apply to a source elsewhere."""
    found = find(folder) if folder is not None else None
    if found is None or folder is None:
        return Config(), None
    config = read(*found)
    grants = trust.Grants(
        trusted=options.trust_config,
        environment=frozenset(options.environment),
        formats=bool(options.formats),
        history=options.history_file is not None or options.no_history,
        baseline=bool(options.baseline) or not writes_baseline,
        cookies=bool(options.cookies),
        cluster=bool(options.cluster),
    )
    from checker.disk import inside

    def lies_in(root: str, name: str) -> bool:
        if is_store(root) or is_store(name):
            return f"{name.rstrip('/')}/".startswith(f"{root.rstrip('/')}/")
        return inside(Path(root), Path(name)) is not None

    root = config.mirror.root if is_store(config.mirror.root) else str(folder / config.mirror.root)
    elsewhere = not all(lies_in(root, name) for name in source)
    if elsewhere:
        config = replace(config, mirror=schema.MirrorTable())
    trust.limit(config, found.path, grants)
    return config, None if elsewhere else folder


_HOST = re.compile(r"(?!\S*\.(?:html?|md|markdown|txt)$)(?:(?:[\w-]+\.)+[^\W_]{1,63}|localhost)(?::\d+)?(?:/.*)?", re.I)


def existing(name: str) -> Path:
    """The path of a file or folder. Raises SourceError if nothing is there."""
    path = Path(name)
    if not os.path.lexists(path):
        hint = f"; if a site is meant, write https://{name}" if _HOST.fullmatch(name) else ""
        raise SourceError(f"{name}: no such file or folder{hint}")
    return path
