"""A plug-in of MkDocs: checks what a build has written. MkDocs finds it by its entry point, and nobody else imports it.

https://www.mkdocs.org/dev-guide/plugins/
"""

from __future__ import annotations

import subprocess
import sys

from mkdocs.config import base, config_options
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority, get_plugin_logger

from checker.cli.exit import Exit
from checker.mirror.address import PRIVATE

_log = get_plugin_logger("mirrorcheck")
_LAST = -100  # after other plug-ins, some of which write pages at the end of a build


class Settings(base.Config):  # type: ignore[no-untyped-call]
    """The settings below `plugins: - mirrorcheck:`."""

    # Which findings end a build.
    fail_on = config_options.Choice(("error", "warning", "note", "never"), default="error")
    select = config_options.ListOfItems(config_options.Type(str), default=[])  # rules and families; none: all
    online = config_options.Type(bool, default=False)  # whether other hosts are asked


class Plugin(BasePlugin[Settings]):  # type: ignore[no-untyped-call]
    """Runs mirrorcheck after each `mkdocs build` and `mkdocs gh-deploy`, and not while `mkdocs serve` shows drafts."""

    _serves = False

    def on_startup(self, *, command: str, dirty: bool) -> None:
        """Learn what MkDocs was asked to do."""
        self._serves = command == "serve" or dirty

    @event_priority(_LAST)
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Check the site that was built. Raises PluginError, which ends the build, if a finding is as bad as `fail_on`,
        or if the check could not be done.
        """
        if self._serves:
            return
        settings = self.config
        published = config.site_url or PRIVATE
        options = ["--published", published, "--no-history", "--fail-on", settings.fail_on, "--quiet"]
        options += [] if settings.online else ["--offline"]
        options += [part for rule in settings.select for part in ("--select", rule)]
        # In the folder of the site, where no configuration of the repository holds.
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "checker", "check", ".", *options],
            cwd=config.site_dir,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        report = done.stdout.rstrip()
        match done.returncode:
            case Exit.OK:
                _log.info(report or "the built site has no finding")
            case Exit.FINDINGS:
                _log.error(report)
                raise PluginError(f"mirrorcheck: the built site has findings (fail_on: {settings.fail_on})")
            case _:
                raise PluginError(done.stderr.rstrip() or report)
