"""Names that resolve as a table says, and change their mind: flapping, rebinding, dead addresses."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Mapping, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult

Answers = Sequence[Sequence[str] | int]  # each the addresses of a look-up, or the `socket.EAI_…` that it fails with


class Names(AbstractResolver):
    """Each look-up of a name takes its next answer; the last one stays. Names not in the table do not exist."""

    def __init__(self, table: Mapping[str, Answers]) -> None:
        self.asked: Counter[str] = Counter()
        self._table = table

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises OSError as the system's resolver does."""
        assert family in (socket.AF_UNSPEC, socket.AF_INET)
        answers = self._table.get(host, (socket.EAI_NONAME,))
        answer = answers[min(self.asked[host], len(answers) - 1)]
        self.asked[host] += 1
        if isinstance(answer, int):
            raise socket.gaierror(answer, "no addresses")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in answer
        ]

    async def close(self) -> None:
        """Nothing to release."""
