"""Where the lines of a mirror are on its forge, so that reports can link to them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from checker.mirror import git
from checker.model import Report, SourceError
from checker.web import urls


def lines_of(report: Report, environment: Mapping[str, str]) -> str:
    """The URL of a line with `{page}` and `{line}`: at the commit that a job of GitHub Actions (or of Forgejo or Gitea)
    checked out, if the mirror is in that checkout; else at the mirror's own address, as the report has it.
    """
    if not report.root:
        return ""
    return _of_checkout(Path(report.root), environment) or report.lines


def _of_checkout(root: Path, environment: Mapping[str, str]) -> str:
    """https://docs.github.com/actions/reference/workflows-and-actions/variables"""
    server, repository, commit = (environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "SHA"))
    if not (server.startswith(("https://", "http://")) and repository and commit):
        return ""
    try:
        clone = git.open_clone(root)
        if clone is None or clone.head != commit:
            return ""  # the job checked out something else there, or nothing
        below = root.resolve().relative_to(clone.top.resolve()).as_posix()
    except (SourceError, ValueError, OSError):
        return ""
    gitea = environment.get("GITEA_ACTIONS") or environment.get("FORGEJO_ACTIONS")
    view, query = ("src/commit", "?display=source") if gitea else ("blob", "?plain=1")
    path = "" if below == "." else f"{urls.encode_path(below)}/"
    return f"{server}/{urls.encode_path(repository)}/{view}/{commit}/{path}{{page}}{query}#L{{line}}"
