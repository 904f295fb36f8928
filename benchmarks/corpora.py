"""What is checked in a benchmark: Debian documentation packages, unpacked, and generated mirrors, in one cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import generate

SEED = 1
ALL_RULES = "[assets]\nduplicates = true\n"  # and those that count anyway


class UnavailableError(Exception):
    """A corpus or a program is not here and cannot be fetched; the message says what to install."""


def cache_folder() -> Path:
    """Where corpora are kept, by the XDG Base Directory Specification."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mirrorcheck-benchmarks"


def debian(package: str, cache: Path) -> Path:
    """The folder of an unpacked Debian package, fetched with apt-get where it is missing. Raises UnavailableError."""
    folder = cache / package
    if folder.is_dir():
        return folder
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            raise UnavailableError(f"{package} is a Debian package and {program} is not here: unpack it as {folder}")
    cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=cache) as work:
        fetched = subprocess.run(
            ["apt-get", "download", package], cwd=work, capture_output=True, text=True, check=False
        )
        archives = list(Path(work).glob("*.deb"))
        if fetched.returncode or not archives:
            raise UnavailableError(f"apt-get download {package}: {fetched.stderr.strip() or 'nothing came'}")
        tree = Path(work, "tree")
        subprocess.run(["dpkg", "-x", archives[0], tree], check=True)
        tree.rename(folder)
    return folder


def markdown(pages: int, cache: Path) -> Path:
    """The folder of a generated mirror; one that another version of the generator wrote is written anew."""
    version = hashlib.sha256(Path(generate.__file__).read_bytes()).hexdigest()[:12]
    folder = cache / f"markdown-{pages}-{version}"
    faults = generate.faults_of(folder)  # written last: what is without it is not whole
    if not faults.exists():
        for old in cache.glob(f"markdown-{pages}-*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        generate.generate(folder, pages, SEED)
    return folder


def configured(mirror: Path, file: Path) -> Path:
    """A configuration of a generated mirror with all rules that need no network, in a file of its own."""
    file.write_text(f"{generate.CONFIG}root = {json.dumps(str(mirror.absolute()))}\n{ALL_RULES}", "utf-8")
    return file
