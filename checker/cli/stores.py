"""How the commands reach what is on no disk of this machine."""

from __future__ import annotations

import os
from functools import partial

from checker.config.schema import Config
from checker.sources.address import Client, Opens


def opens_of(config: Config) -> Opens:
    """Connects to stores by the settings of a run."""
    return partial(_opened, config)


def _opened(config: Config, url: str) -> Client:
    if url.startswith("listing+"):
        from checker.fetch.listing import Listing, Manners  # an offline run never loads the network

        return Listing(url, Manners(config.remote, config.site.robots, config.engine.jobs or os.cpu_count() or 1))
    from checker.sources import clients  # most mirrors are folders

    return clients.opened(url)
