"""The command line: arguments, streams and the exit code. Each command has a module of its name, with `command`."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TextIO, cast

import click

from checker import __version__
from checker.cli.console import Log, Output, Streams, UnreadError, plain
from checker.cli.exit import Exit
from checker.model import CheckerError, ReportError

COMMANDS = ("baseline", "check", "explain", "fix", "fleet", "history", "init", "page", "report", "rules", "seal")


def run(argv: Sequence[str], *, stdout: TextIO | None, stderr: TextIO | None) -> int:
    """Run a command line. Return the exit code: 0 clean, 1 findings, 2 the job could not be done, 130 interrupted.

    A stream is None if it is closed.
    """
    streams = Streams(Output(stdout), Log(stderr))
    out, err = cast(TextIO, streams.out), cast(TextIO, streams.err.others)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main.main(args=list(argv), prog_name="mirrorcheck", standalone_mode=False, obj=streams)
        streams.out.flush()
        return code if isinstance(code, int) else Exit.OK
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        shown = io.StringIO()
        click.UsageError(plain(error.format_message()), getattr(error, "ctx", None)).show(shown)
        streams.err.draw(shown.getvalue())
        return Exit.FAILED
    except UnreadError:
        return Exit.FAILED
    except CheckerError as error:
        streams.err.say(f"mirrorcheck: {error}")
        return Exit.FAILED
    except (KeyboardInterrupt, click.Abort):
        streams.err.say("mirrorcheck: interrupted")
        return Exit.INTERRUPTED
    except Exception:  # a bug of ours; Python's own exit code, 1, would look like findings
        import traceback

        streams.err.say(f"mirrorcheck: this is a bug in mirrorcheck {__version__}; please report it with what follows")
        traceback.print_exc(file=err)
        return Exit.FAILED
    finally:
        with contextlib.suppress(ReportError):  # it was reported above
            streams.out.flush()


class _Modules(Mapping[str, click.Command]):
    """The commands, each loaded when it is looked up. `--help` looks up all, so slow imports stand in functions."""

    def __getitem__(self, name: str) -> click.Command:
        if name not in COMMANDS:
            raise KeyError(name)
        command: click.Command = import_module(f"{__name__}.{name}").command
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@click.group(commands=_Modules(), context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="mirrorcheck %(version)s")
def main() -> None:
    """Check that a mirrored site is whole: every reference leads somewhere."""
