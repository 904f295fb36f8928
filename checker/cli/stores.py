"""How the commands reach what is on no disk of this machine."""

from __future__ import annotations

from functools import partial

from checker.config.schema import Config, RemoteTable
from checker.sources.address import Client, Opens


def opens_of(config: Config) -> Opens:
    """Connects to stores by the settings of a run."""
    return partial(_opened, config.remote)


def _opened(_remote: RemoteTable, url: str) -> Client:
    from checker.sources import clients  # most mirrors are folders

    return clients.opened(url)
