"""Nobody but a source opens a file of the mirror: what the rest of the checker opens is listed here, with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import checker

ROOT = Path(checker.__file__).parent

# What opens files of our own, or of the user: sources themselves, and what never sees a mirror.
OWN = ("sources/", "disk.py", "config/", "history/", "cli/", "__main__.py")

# Calls that open a file or ask the system about one, by the module and the words before the bracket.
ALLOWED = {
    ("judge/baseline.py", "path.read_text"): "the baseline is the user's own file",
    ("sweep/cache.py", "disk.reading"): "the page cache is a file of our own",
    ("verify/fixity/manifest.py", "disk.reading"): "a manifest that the configuration names may lie outside the mirror",
    ("verify/fixity/seal.py", "os.path.lexists"): "seal writes the manifest of a folder, and asks whether it is there",
    ("verify/raster.py", "os.open"): "the null device",
    ("sweep/serving.py", "os.open"): "the same",
    ("spill.py", "path.is_file"): "a temporary file that another process of this run holds open",
    ("spill.py", "path.open"): "the same",
    ("spill.py", "Path('/proc/sys/kernel/random/boot_id').read_bytes"): "what this start of the machine is called",
    ("sweep/connection.py", "Path(named).read_bytes"): "the file in which a scheduler wrote its address",
    ("sweep/connection.py", "Path(named).is_file"): "the same",
    ("verify/raster.py", "Image.open"): "bytes that a source has read",
    ("mend/files.py", "disk.reading"): "a page that is about to be written, as it is now",
    ("mend/plan.py", "pages.read_bytes"): "the bytes of a page, from its source",
    ("run/prepare.py", "job.cache.exists"): "the page cache is a file of our own",
    ("mirror/git/checkout.py", "os.path.lexists"): "whether a folder is in a clone at all",
    ("mend/replacing.py", "disk.reading"): "a page of a folder after its check, for the fixes of a report",
    ("mend/files.py", "path.stat"): "whether a page that is about to be written may be",
    ("mirror/generators/__init__.py", "(at / name).is_file"): "which folder is the mirror, before it is opened",
    (
        "mirror/detect/repositories.py",
        "folder.is_dir",
    ): "a clone beside the mirror, of which git is asked for the address",
    ("mirror/git/checkout.py", "open"): "git's own comparison of a work tree, which only a folder has",
    ("mirror/git/checkout.py", "os.stat"): "the same",
    ("mirror/git/checkout.py", "os.path.isfile"): "the same",
    ("mirror/git/clone.py", "os.path.lexists"): "whether a folder is in a clone at all",
    ("mirror/git/checkout.py", "(folder / text(asked.stdout).rstrip('\\n')).stat"): "git's own index",
    ("extract/tags.py", "foreign.open"): "an element, not a file",
    ("mirror/resolve.py", "other.open"): "the same",
    ("run/dispatch.py", "self._posts.open"): "processes, not files",
    ("run/compare.py", "resolver.open"): "a page's base, not a file",
    ("run/explain.py", "resolver.open"): "the same",
    ("sweep/classify.py", "resolver.open"): "the same",
    ("sweep/revisit.py", "resolver.open"): "the same",
}

METHODS = frozenset(
    {"open", "read_bytes", "read_text", "stat", "lstat", "exists", "is_file", "is_dir", "is_symlink", "iterdir"}
    | {"glob", "rglob", "readlink", "isfile", "isdir", "lexists", "islink", "getsize", "getmtime", "scandir"}
    | {"listdir", "reading", "readv", "pread"}
)


def opened(code: str) -> Iterator[str]:
    """Each call in a program's text that reads a file or asks the system about one, as it is written."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in METHODS and (isinstance(function, ast.Attribute) or name == "open"):
                yield ast.unparse(function)


def test_nobody_but_a_source_opens_a_file_of_the_mirror() -> None:
    found = {
        (module, call)
        for path in ROOT.rglob("*.py")
        if not (module := path.relative_to(ROOT).as_posix()).startswith(OWN)
        for call in opened(path.read_text("utf-8"))
    }

    assert found == ALLOWED.keys()


@pytest.mark.parametrize(
    "code",
    [
        "open(path)",
        "os.open(path, os.O_RDONLY)",
        "Path(name).read_bytes()",
        "(root / name).stat()",
        "os.path.isfile(root)",
        "[each for each in root.iterdir()]",
        "with names.root.joinpath(name).open('rb') as file: pass",
    ],
)
def test_each_way_to_open_a_file_is_seen(code: str) -> None:
    assert [*opened(code)]
