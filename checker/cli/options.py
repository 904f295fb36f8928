"""The options of the commands: what more than one of them has is said once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

import reports

LEVELS = ("error", "warning", "note")

CONFIG_FILE = click.option(
    "--config",
    "config_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Configuration, trusted since it is named. Without it, the working folder's: mirrorcheck.toml, "
    ".mirrorcheck.toml, [tool.mirrorcheck] of pyproject.toml, or config.toml.",
)
TRUST = click.option(
    "--trust-config",
    is_flag=True,
    envvar="MIRRORCHECK_TRUST_CONFIG",
    help="Trust the working folder's configuration as one that is named (private addresses, proxies, TLS, the "
    "environment, files outside its folder).",
)
ENVIRONMENT = click.option(
    "--env",
    "environment",
    metavar="NAME",
    multiple=True,
    help="Let the working folder's configuration read NAME from the environment. Repeatable.",
)


def configured(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which configuration holds."""
    return CONFIG_FILE(TRUST(ENVIRONMENT(command)))


HISTORY = click.option(
    "--history",
    "history_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The history; .mirrorcheck/history.sqlite beside the configuration without it.",
)
FORMAT = click.option(
    "--format",
    "formats",
    metavar="NAME[=FILE]",
    multiple=True,
    help=f"Report format ({', '.join(reports.FORMATS)}), to a file or standard output. Repeatable.",
)


def shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that `check` and `page` have in common."""
    for option in reversed(
        (
            CONFIG_FILE,
            TRUST,
            ENVIRONMENT,
            click.option(
                "--offline", is_flag=True, help="Ask no network: remote references are reported as unchecked."
            ),
            click.option(
                "--exclude",
                metavar="REGEX",
                multiple=True,
                help="Do not ask for remote URLs in which this is found. Repeatable.",
            ),
            click.option(
                "--time-limit",
                metavar="DURATION",
                help="Stop reading and asking after so long (90, 90s, 10m, 1h); the rest is unchecked.",
            ),
            click.option(
                "--deep",
                is_flag=True,
                help="Decode pictures to the last row, and download remote assets for it. Needs mirrorcheck[deep].",
            ),
            click.option(
                "--published",
                metavar="URL",
                multiple=True,
                help="An address of the mirror; the first is the one its references are relative to. Repeatable.",
            ),
            click.option(
                "--select", metavar="RULE", multiple=True, help="Report only this rule or family. Repeatable."
            ),
            click.option(
                "--ignore",
                metavar="RULE",
                multiple=True,
                help="Do not report this rule or family. Repeatable.",
            ),
            click.option(
                "--baseline",
                metavar="FILE",
                help="Findings that are known and do not fail; `baseline write` writes it.",
            ),
            click.option(
                "--fail-on",
                type=click.Choice((*LEVELS, "never")),
                help="The least level that makes the exit code 1.  [default: error]",
            ),
            FORMAT,
            click.option(
                "--by",
                type=click.Choice(("target", "page")),
                help="How the terminal report groups findings.  [default: target]",
            ),
            click.option(
                "--all",
                "everything",
                is_flag=True,
                help="Every reference in the report, not only findings (json, jsonl).",
            ),
            click.option(
                "--jobs",
                type=click.IntRange(0),
                metavar="N",
                help="Worker processes; 0 is one a processor.  [default: 0]",
            ),
            click.option("-q", "--quiet", is_flag=True, help="No progress, and no summary of a clean run."),
            click.option("-v", "--verbose", is_flag=True, help="Say more on standard error, and show every place."),
        )
    ):
        command = option(command)
    return command


def some(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Of these options, the ones that are named."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        attributes = vars(shared(command))
        attributes["__click_params__"] = [each for each in attributes["__click_params__"] if each.name in names]
        return command

    return decorate


def remembering(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `check` that are about the history."""
    for option in reversed(
        (
            HISTORY,
            click.option("--no-history", is_flag=True, help="Remember nothing, and know nothing of earlier runs."),
            click.option(
                "--resume/--no-resume",
                default=True,
                help="Whether a run that did not end is taken up again, within a day.  [default: resume]",
            ),
            click.option("--wait", is_flag=True, help="Wait while another run writes to the history."),
            click.option(
                "--budget",
                type=click.IntRange(0),
                metavar="N",
                help="Ask at most so many remote targets: what is new, fails, flaps or was long not asked.",
            ),
            click.option(
                "--confirm",
                metavar="N",
                help="Call a target broken when it failed in N runs in a row, or for days (3d); suspect before.",
            ),
            click.option("--fail-on-new", is_flag=True, help="Only findings that are new count for the exit code."),
        )
    ):
        command = option(command)
    return command
