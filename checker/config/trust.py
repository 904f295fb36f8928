"""Limits for a configuration that was found, not named by the user: it may come with a stranger's repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from checker import logins
from checker.config.file import variables
from checker.config.names import is_store
from checker.config.schema import HISTORY, Config, RemoteTable, is_server
from checker.model import ConfigError

_OWN = "MIRRORCHECK_"  # names of the environment that are meant for us


class Grants(NamedTuple):
    """The rights that the command line grants to a configuration that was found."""

    trusted: bool = False  # it may do everything
    environment: frozenset[str] = frozenset()  # variables that it may read
    formats: bool = False  # its reports are not written: the command line names others
    history: bool = False  # nor its history
    baseline: bool = True  # nor its baseline
    cookies: bool = False  # nor are its cookies sent
    cluster: bool = False  # nor is its cluster used


def limit(config: Config, file: Path, grants: Grants) -> None:
    """Raise ConfigError if `config` asks for too much. It names each refusal, and the option that would grant it."""
    refused = [] if grants.trusted else [f"{what} ({option})" for what, option in _refused(config, file, grants)]
    if refused:
        raise ConfigError(
            f"{file} was found, not named with --config, and may be a stranger's. It may not {'; '.join(refused)}"
        )


def _refused(config: Config, file: Path, grants: Grants) -> Iterator[tuple[str, str]]:
    remote = config.remote
    if remote.allow_private:
        yield "reach private addresses by [remote] allow_private", "--trust-config"
    if remote.proxy not in {"", "environment"}:
        yield "name a proxy by [remote] proxy", "--trust-config"
    if remote.vantage:
        yield "name a proxy by [[remote.vantage]]", "--trust-config"
    if not remote.verify_tls:
        yield "switch off the verification of TLS by [remote] verify_tls", "--trust-config"
    if remote.ca_file:
        yield "add certificate authorities by [remote] ca_file", "--trust-config"
    if remote.client_certificate:
        yield "show a certificate of yours by [remote] client_certificate", "--trust-config"
    if remote.archive != RemoteTable().archive:
        yield "name an archive, which is told what is gone, by [remote] archive", "--trust-config"
    if config.site.login.url:
        yield f"log in by [site.login] {logins.hidden(config.site.login.url)}", "--trust-config"
    if remote.cookies and not grants.cookies:
        yield "send cookies of yours by [remote] cookies", f"--cookies {remote.cookies}"
    cluster = config.engine.cluster
    if cluster and not cluster.startswith("local:") and not grants.cluster:
        yield "send pages to a cluster, and run what comes back, by [engine] cluster", f"--cluster {cluster}"
    for where, name in variables(config):
        if not name.startswith(_OWN) and name not in grants.environment:
            yield f"read {name} from the environment for {where}", f"--env {name}"
    folder = file.parent
    for text in () if grants.formats else config.reports.format:
        if _leaves(folder, Path(text.partition("=")[2])):
            yield f"write a report outside its folder by [reports] format {text!r}", f"--format {text}"
    named = config.history.file != HISTORY.as_posix()  # the usual place is examined when it is opened
    if named and not grants.history:
        if is_server(config.history.file):
            yield (
                "send what is found to a database by [history] file",
                f"--history {logins.hidden(config.history.file.partition('?')[0])}",
            )
        elif _leaves(folder, folder / config.history.file):
            yield "keep a history outside its folder by [history] file", f"--history {config.history.file}"
    if not grants.baseline and _leaves(folder, folder / config.rules.baseline):
        yield "write a baseline outside its folder by [rules] baseline", f"--baseline {config.rules.baseline}"
    if _leaves(folder, folder / config.mirror.root / config.assets.manifest):
        yield "read or seal what lies outside its folder by [assets] manifest", "--trust-config"
    if is_store(config.mirror.root):
        yield "reach a store with your logins by [mirror] root", "--trust-config"
    elif _leaves(folder, folder / config.mirror.root):
        yield "check what lies outside its folder by [mirror] root", "--trust-config"


def _leaves(folder: Path, path: Path) -> bool:
    """Whether a path lies outside a folder, links followed."""
    return not path.resolve().is_relative_to(folder.resolve())


def complete(config: Config) -> None:
    """Raise ConfigError if the environment lacks a variable: offline too, so that it shows before it is needed."""
    for where, name in variables(config):
        if name not in os.environ:
            raise ConfigError(f"{where}: the environment has no {name}")
