"""`mirrorcheck rules`."""

from __future__ import annotations

import click

from checker.cli.console import Streams
from checker.cli.exit import Exit
from checker.config.file import nearest
from checker.model import ConfigError
from checker.rules import FAMILIES, RULES


@click.command("rules")
@click.argument("rule", required=False)
@click.pass_obj
def command(streams: Streams, /, rule: str | None) -> int:
    """List the rules, or explain one rule or family."""
    if rule is None:
        width = max(map(len, RULES))
        for row in RULES.values():
            streams.out.write(f"{row.name:<{width}}  {row.level:<7}  {row.summary}\n")
        return Exit.OK
    chosen = [row for row in RULES.values() if rule in {row.name, row.family}]
    if not chosen:
        raise ConfigError(f"no rule or family is called {rule!r}{nearest(rule, (*RULES, *FAMILIES))}")
    for row in chosen:
        streams.out.write(f"{row.name} ({row.level})\n  {row.summary}\n  Why: {row.why}\n  Mend: {row.mend}\n")
    return Exit.OK
