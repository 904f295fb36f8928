"""The first ten minutes with a real repository, each step as it is seen: real commands in a clone, nothing made up."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
import threading
from contextlib import chdir, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from draw import Shot, photograph, terminal

import reports
from checker.config.schema import Config, HistoryTable, RemoteTable
from checker.extract.gfm import GFM
from checker.history.run import RunHistory
from checker.history.store import open_for_reading, open_for_writing
from checker.model import Report
from checker.run import check
from checker.run.job import Job

FORGE = "https://github.com/EbookFoundation/free-programming-books"
COMMIT = "5b277d20f"
PAGE = "books/free-programming-books-cs.md"
FIRST = datetime(2026, 11, 29, 3, 17, tzinfo=UTC)
STYLE = """
body { margin: 0; padding: 1.5rem; background: #f6f8fa; color: #1f2328; font: 14px/1.5 system-ui, sans-serif; }
main { background: #fff; border: 1px solid #d1d9e0; border-radius: 6px; padding: 0 1rem 1rem; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { border: 1px solid #d1d9e0; padding: .375rem .75rem; }
a { color: #0969da; }
code { background: #818b981f; border-radius: 6px; padding: .2em .4em; font-size: 85%; white-space: nowrap; }
"""


def first(source: Path) -> None:
    """Draw the steps from a clone, which stays as it is."""
    with TemporaryDirectory() as work:
        clone = Path(work, "free-programming-books")
        git("clone", "--quiet", "--no-checkout", source, clone, folder=Path(work))
        git("checkout", "--quiet", "-B", "main", COMMIT, folder=clone)
        git("remote", "set-url", "origin", FORGE, folder=clone)

        typed = f"git clone {FORGE}\n$ cd free-programming-books\n$ mirrorcheck check --offline"
        *found, summary = typing(clone, "check", "--offline").split("\n\n")
        shown = [each for each in found if PAGE in each]
        terminal("first-check", f"$ {typed}\n" + "\n\n".join([*found[:2], "…", *shown[:3], "…", summary]))
        terminal("first-finding", shell(clone, "explain", PAGE, "#bezpecnost"), width=130)
        night(clone, 0)
        mend = ("fix", "--likely", PAGE)
        terminal("first-mend", shell(clone, *mend) + "\n" + shell(clone, *mend, "--write"))
        report = night(clone, 1)
        page = Path(work, "health.html")
        written(report, "html", clone, page)
        photograph(page, Shot("first-page", "light", 1200, 970), Shot("first-page-phone", "dark", 390, 844, 2))

        with (clone / "docs/HOWTO.md").open("a", encoding="utf-8") as page_of_request:
            page_of_request.write("\nSee the [Spanish one](howto-es.md), and [how to begin](BEGIN.md).\n")
        comment = Path(work, "comment.md")
        lines = f"{FORGE}/blob/{COMMIT}/{{page}}?plain=1#L{{line}}"
        written(night(clone, 2), "comment", clone, comment, reports.View(lines=lines))
        table = GFM.html(comment.read_text("utf-8"))
        comment.with_suffix(".html").write_text(f"<!doctype html><style>{STYLE}</style><main>{table}</main>", "utf-8")
        photograph(comment.with_suffix(".html"), Shot("first-comment", "light", 1000, 310))


def git(*arguments: str | Path, folder: Path) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def typing(clone: Path, *arguments: str) -> str:
    """What a command shows on a terminal."""
    leader, follower = pty.openpty()
    shown = bytearray()

    def watch() -> None:
        try:
            while part := os.read(leader, 65536):
                shown.extend(part)
        except OSError:  # the terminal is closed
            pass

    watching = threading.Thread(target=watch)
    watching.start()
    command = [sys.executable, "-P", "-m", "checker", *arguments]
    done = subprocess.run(
        command,
        cwd=clone,
        stdout=follower,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "CI": "1", "TERM": "xterm"},
        check=False,
    )
    os.close(follower)
    watching.join()
    os.close(leader)
    return (shown.decode("utf-8") + done.stderr.decode("utf-8")).replace("\r\n", "\n").rstrip("\n")


def shell(clone: Path, *arguments: str) -> str:
    """A command and what it shows."""
    words = " ".join(f"'{each}'" if "#" in each else each for each in arguments)
    return f"$ mirrorcheck {words}\n{typing(clone, *arguments)}\n"


def night(clone: Path, number: int) -> Report:
    """The report of a night, without a network: its readers would not like 10,000 requests for a picture."""
    file, remote = clone.with_name("history.sqlite"), RemoteTable()
    began = FIRST + timedelta(days=number)
    with closing(open_for_writing(file)) as kept:
        run = RunHistory(kept, "first", HistoryTable(), remote, now=lambda: began)
        job = Job(config=Config(), source=".", history=run, now=lambda: began)
        run.conclude(asyncio.run(check.check(job, clone)))
        if run.failed:
            raise run.failed
    with closing(open_for_reading(file)) as kept:
        return kept.report(kept.last()[1])


def written(report: Report, name: str, clone: Path, file: Path, view: reports.View | None = None) -> None:
    """Write a report as somebody in the clone would get it."""
    with file.open("w", encoding="utf-8") as stream, chdir(clone):
        reports.write(name, report, stream, view)
