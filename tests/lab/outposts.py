"""Outposts without a cluster."""

from __future__ import annotations

from collections.abc import Sequence

from checker.run.outpost import Outpost, Post


class Here:
    """Outposts of this machine, or whatever else is given at a time."""

    name = "here"

    def __init__(self, *times: Sequence[Post]) -> None:
        self._times = list(times) or [[Outpost(f"outpost {number}") for number in range(3)]]
        self.posts: list[Post] = []

    async def open(self) -> Sequence[Post]:
        opened = self._times.pop(0)
        self.posts += opened
        return opened

    async def close(self) -> None:
        for post in self.posts:
            await post.end()
