"""What a run is about: the configuration with the command line laid over it, and the mirror that a source means."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from checker import config as configuration
from checker.config import Config
from checker.model import ConfigError, SourceError

CONFIG_FILE = "config.toml"


def settings_of(options: dict[str, Any], source: tuple[str, ...]) -> tuple[Config, Path | None]:
    """The configuration with the command line laid over it, and the folder its paths are relative to."""
    file: Path | None = options["config_file"]
    if file is None:
        config, base = _found_config(source)
    else:
        config, base = configuration.read(file), file.parent
    replace = msgspec.structs.replace
    mirror, table, report, engine = config.mirror, config.rules, config.reports, config.engine
    remote, history = config.remote, config.history
    if options.get("budget") is not None:
        history = replace(history, budget=options["budget"])
    if options.get("confirm"):
        history = replace(history, confirm=options["confirm"])
    if options.get("exclude"):
        remote = replace(remote, exclude=(*remote.exclude, *options["exclude"]))
    if options.get("time_limit"):
        remote = replace(remote, time_limit=_seconds(options["time_limit"]))
    assets = replace(config.assets, deep=True) if options.get("deep") else config.assets
    if options.get("published"):
        mirror = replace(mirror, published=tuple(options["published"]))
    if options.get("select"):
        table = replace(table, select=tuple(options["select"]))
    if options.get("ignore"):
        table = replace(table, ignore=(*table.ignore, *options["ignore"]))
    if options.get("baseline"):
        table = replace(table, baseline=options["baseline"])
    elif table.baseline:  # of a mirror elsewhere, it says nothing
        table = replace(table, baseline=str(base / table.baseline) if base is not None else "")
    if options.get("fail_on"):
        report = replace(report, fail_on=options["fail_on"])
    if options.get("formats"):
        report = replace(report, format=tuple(options["formats"]))
    if options.get("by"):
        report = replace(report, by=options["by"])
    if options.get("jobs") is not None:
        engine = replace(engine, jobs=options["jobs"])
    config = replace(config, mirror=mirror, rules=table, reports=report, engine=engine)
    config = replace(config, remote=remote, assets=assets, history=history)
    configuration.check(config, lambda keys: "--" + keys[-1] if keys[0] == "rules" else ".".join(keys))
    return config, base


def _seconds(duration: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|h|)", duration.strip())
    if match is None:
        raise ConfigError(f"--time-limit {duration}: no duration; write 90, 90s, 10m or 1h")
    return float(match[1]) * {"m": 60, "h": 3600}.get(match[2], 1)


def _found_config(source: tuple[str, ...]) -> tuple[Config, Path | None]:
    """`config.toml` of the working folder, if it is ours: other programs use the name too.

    What it says of its own mirror does not hold for a source elsewhere.
    """
    path = Path(CONFIG_FILE)
    if not path.is_file():
        return Config(), None
    import tomllib

    try:
        tables = set(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        tables = set(Config.__struct_fields__)  # so that reading it says what is wrong
    if tables and not tables.intersection(Config.__struct_fields__):
        return Config(), None
    config = configuration.read(path)
    from checker.mirror.opening import inside

    if any(inside(Path(config.mirror.root), Path(name)) is None for name in source):
        return msgspec.structs.replace(config, mirror=configuration.MirrorTable()), None
    return config, Path()


def source_of(
    config: Config, base: Path | None, source: tuple[str, ...]
) -> tuple[Path, Callable[[str], bool] | None, str]:
    """(root of the mirror, which pages to read, how to name it)."""
    if not source:
        if base is None:
            raise click.UsageError("name a folder, or write a config.toml (`mirrorcheck init` does)")
        root = base / config.mirror.root
        return root, None, str(root)
    paths = [existing(name) for name in source]
    root = root_of(paths[0], config, base) if len(paths) == 1 else _common(paths, config, base)
    same = len(paths) == 1 and paths[0].is_dir() and paths[0].resolve() == root.resolve()
    return root, None if same else among(paths, root), ", ".join(source)


def is_url(name: str) -> bool:
    return name.lower().startswith(("http://", "https://"))


def existing(name: str) -> Path:
    path = Path(name)
    if not os.path.lexists(path):
        raise SourceError(f"{name}: no such file or folder")
    return path


def root_of(path: Path, config: Config, base: Path | None) -> Path:
    """The mirror of a source: the configured one, else the folder itself, or a file's repository, or its folder."""
    from checker.mirror.opening import inside

    if base is not None and inside(base / config.mirror.root, path) is not None:
        return base / config.mirror.root
    if path.is_dir():
        return path
    for folder in path.resolve().parents:
        if (folder / ".git").exists():
            return folder
    return path.parent


def _common(paths: list[Path], config: Config, base: Path | None) -> Path:
    root = root_of(paths[0], config, base)
    if all(path.resolve().is_relative_to(root.resolve()) for path in paths):
        return root
    return Path(os.path.commonpath([path.resolve() if path.is_dir() else path.resolve().parent for path in paths]))


def among(paths: list[Path], root: Path) -> Callable[[str], bool]:
    from checker.mirror.opening import inside

    names = {inside(root, path) or "" for path in paths}
    folders = tuple(
        name + "/" if name else "" for path in paths if path.is_dir() for name in [inside(root, path) or ""]
    )
    return lambda name: name in names or (bool(folders) and name.startswith(folders))
