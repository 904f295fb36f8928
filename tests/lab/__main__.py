"""Runs the lab until it is interrupted, and prints where each behaviour is and what a link to it breaks.

From `tests`: `python -m lab [FOLDER]`. The authority that the certificates are from is written to the folder.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.behaviours import TABLE, chain
from lab.certificates import contexts
from lab.files import FILES
from lab.server import Lab


async def run(folder: Path) -> None:
    """Serve, and say what."""
    made, authority = contexts(folder)
    async with Lab({row.path: row.do for row in TABLE} | {"/chain/*": chain} | FILES, made) as lab:
        sys.stdout.write(f"# authority: {authority}\n")
        for row in TABLE:
            url = lab.url(row.path, tls=row.tls) + (f"#{row.fragment}" if row.fragment else "")
            sys.stdout.write(f"{url}\t{row.rule or 'ok'}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Serve in the folder that is named, else in one of its own."""
    with TemporaryDirectory() as own, suppress(KeyboardInterrupt):
        asyncio.run(run(Path(sys.argv[1] if len(sys.argv) > 1 else own)))


if __name__ == "__main__":
    main()
