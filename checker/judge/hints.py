"""What most errors of a run have in common, where one setting of the configuration would find what they miss."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import chain

from checker.mirror.layouts import Names
from checker.model import Finding, Level
from checker.rules.codes import Code
from checker.web import urls
from checker.words import counted

_FEWEST = 20  # errors that are worth a hint
_SHARE = 0.5  # of these, so many must be found in one folder
_LOOKED_AT = 20_000  # errors that are looked up
_ENDS = ("", ".html", ".md", ".mdx", "/index.html", "/index.md", "/index.mdx", "/README.md")


def hint_of(findings: Iterable[Finding], names: Names) -> str:
    """A sentence on the folder in which most references that begin with `/`, and lead nowhere, would be found; "" if
    there is none.
    """
    paths = [
        posixpath.normpath(urls.decode(finding.shown.partition("#")[0].partition("?")[0])).strip("/")
        for finding in findings
        if finding.level is Level.ERROR
        and finding.rule in {Code.LOCAL_MISSING_FILE, Code.LOCAL_MISSING_INDEX}
        and finding.shown.startswith("/")
    ]
    if len(paths) < _FEWEST:
        return ""
    paths = paths[:_LOOKED_AT]
    above: defaultdict[str, set[str]] = defaultdict(set)  # name of a file or folder, without extension -> where it is
    wanted = {path.partition("/")[0] for path in paths}
    for name in chain(names.files, names.folders):
        folder, _, base = name.rpartition("/")
        for each in {base, base.partition(".")[0]} & wanted:
            above[each].add(folder)
    found: Counter[str] = Counter()
    for path in paths:
        for folder in above[path.partition("/")[0]]:
            found[folder] += folder != "" and any(f"{folder}/{path}{end}" in names.files for end in _ENDS)
    folder, most = max(found.items(), key=lambda row: (row[1], row[0]), default=("", 0))
    if most < max(_FEWEST, _SHARE * len(paths)):
        return ""
    return (
        f"{counted(most, 'error')} of {len(paths):,} with `/` in front would be found below {folder}/: if that is the"
        f' root of a site, say so with [mirror] root = "{folder}", layout = "github-pages" and its address in published'
    )
