"""Folders that are copies of hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from checker.mirror import copies, shown
from checker.sources.folder import Folder

ASKED = {"shop.example/p.php?id=1": "<p>one</p>"}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (
            {"old/hts-log.txt": "log", "old/hts-cache/new.txt": "", "old/img.example/a.png": "x"},
            {"old/", "old/img.example/"},
        ),
        ({"old/backblue.gif": "x", "old/fade.gif": "x", "old/img.example/a.png": "x"}, {"old/", "old/img.example/"}),
        ({"pages.it/uno.md": "# Uno", "pages.it/due.md": "[uno](uno.md)"}, set()),
        ({"pages.it/uno.md": "# Uno", **ASKED}, {"shop.example/"}),
        ({"pages.it/uno.md": "# Uno", "pages.it/p.php?id=1": "<p>one</p>"}, {"pages.it/"}),
    ],
)
def test_a_folder_named_after_a_host_is_its_copy_if_pages_of_it_or_its_program_s_files_show_it(
    files: Mapping[str, str], found: set[str], write: Callable[..., Path]
) -> None:
    folder = Folder(write(files))

    assert {copy.folder for copy in copies.find(folder, partial(shown.beginning, folder))} == found
