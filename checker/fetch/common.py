"""Sends a request once for all who ask the same: several askers may have the requests to a host sent by one of them."""

from __future__ import annotations

import asyncio

from checker.fetch import Fetch, Request, Response


def for_all(fetch: Fetch) -> Fetch:
    """`fetch`; of a request whose answer does for all who ask the same, that answer. An error's page is not kept."""
    begun: dict[Request, asyncio.Task[Response]] = {}

    async def kept(request: Request) -> Response:
        response = await fetch(request)
        return response if response.status == 200 else response._replace(body=b"")

    async def asked(request: Request) -> Response:
        if not request.common:
            return await fetch(request)
        task = begun.get(request)
        if task is None:
            task = begun[request] = asyncio.ensure_future(kept(request))
        return await asyncio.shield(task)

    return asked
