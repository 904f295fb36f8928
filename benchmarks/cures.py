"""Faults of known cure, sown into a copy of a mirror, and what `fix` makes of them: `python -m benchmarks.cures DIR…`.

A sound reference is made wrong at one place in the bytes of its page. It is cured if it is found, and no finding
names it after `fix --write --likely`. No file may then have a finding that it had not at first.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from checker.config.schema import Config
from checker.extract import Options, charset, extractor, written
from checker.kinds import kind_of
from checker.mirror.forge_views import folds
from checker.mirror.opening import open_mirror
from checker.mirror.resolve import Resolver
from checker.model import FOUND, Kind
from checker.run.prepare import context_of
from checker.sweep import page as pages
from checker.sweep.facts import Context
from checker.web import urls

FAULTS = 1_000
SEED = 1


class Sound(NamedTuple):
    """A reference to a file of the mirror, which stands in its page's bytes as it is read."""

    page: str
    start: int  # bytes
    raw: str


class Fault(NamedTuple):
    """A reference that was made wrong."""

    kind: str
    sound: Sound
    wrong: str


def _swapped(text: str) -> str:
    return text.swapcase()


def _case(raw: str) -> str | None:
    path, mark, rest = _split(raw)
    head, slash, last = path.rpartition("/")
    stem = last.partition(".")[0]
    return (
        f"{head}{slash}{_swapped(stem)}{last[len(stem) :]}{mark}{rest}" if stem.isalpha() and stem.isascii() else None
    )


def _fragment_case(raw: str) -> str | None:
    before, hash_, fragment = raw.partition("#")
    return f"{before}#{_swapped(fragment)}" if hash_ and fragment.isascii() and "%" not in fragment else None


def _twice(raw: str) -> str | None:
    path, mark, rest = _split(raw)
    return f"{path.replace('%', '%25')}{mark}{rest}" if "%" in path and "%25" not in path else None


def _backslash(raw: str) -> str | None:
    path, mark, rest = _split(raw)
    return path.replace("/", "\\") + mark + rest if "/" in path and "://" not in path and path[0] != "/" else None


def _typo(raw: str) -> str | None:
    path, mark, rest = _split(raw)
    head, slash, last = path.rpartition("/")
    stem = last.partition(".")[0]
    middle = len(stem) // 2
    if len(stem) < 6 or not stem[middle : middle + 2].isalpha() or not stem.isascii():
        return None
    return f"{head}{slash}{stem[:middle]}{stem[middle + 1 :]}{last[len(stem) :]}{mark}{rest}"


def _split(raw: str) -> tuple[str, str, str]:
    end = min((at for at in (raw.find("?"), raw.find("#")) if at >= 0), default=len(raw))
    return raw[:end], raw[end : end + 1], raw[end + 1 :]


_SLASHES = "backslashes"
_FOLDED = "case of the fragment"  # which is none on a forge that looks for it in lower case too
KINDS: dict[str, Callable[[str], str | None]] = {
    "case": _case,
    _FOLDED: _fragment_case,
    "encoded twice": _twice,
    _SLASHES: _backslash,
    "a letter lost (likely)": _typo,
}


def sound(context: Context, names: Iterable[str]) -> Iterator[Sound]:
    """The references of pages to files that are there, where they stand in UTF-8 as they are read."""
    resolver = Resolver(context.mounts, context.home, context.addresses, context.origins)
    for name in names:
        read, data = pages.read(context, name), pages.read_bytes(context, 0, name)
        if read is None or not isinstance(data, bytes) or read.encoding != "utf-8":
            continue
        resolver.open(name, read.found.base, charset.codec(read.encoding))
        for place in extractor(read.kind).places(read.text, context.options):
            start = len(read.text[: place.start].encode())
            if not place.raw.strip() or not data.startswith(place.raw.encode(), start):
                continue
            target = resolver.target(urls.before_fragment(place.raw))
            if target.kind in FOUND and not target.listed:  # a repository's name is in any case
                yield Sound(name, start, place.raw)


def sown(root: Path, number: int, seed: int, wrong_already: Container[tuple[str, str]]) -> list[Fault]:
    """Make references wrong, three on a page at most. `wrong_already`: the pages and references of findings."""
    draw = random.Random(seed)
    opened = open_mirror(Config(), root)
    context, names = context_of(Config(), opened, None)
    places = sorted(each for each in sound(context, names) if (each.page, each.raw) not in wrong_already)
    draw.shuffle(places)
    sowable = {kind: make for kind, make in KINDS.items() if kind != _FOLDED or not folds(context.home.forge)}
    faults: list[Fault] = []
    on_page: Counter[str] = Counter()
    left = Counter(dict.fromkeys(sowable, number // len(sowable)))
    for place in places:
        ways = {kind: wrong for kind, make in sowable.items() if left[kind] and (wrong := make(place.raw))}
        if kind_of(place.page) is Kind.CSS:
            ways.pop(_SLASHES, None)  # they are escapes there, and nobody can tell what they were
        kinds = [kind for kind, wrong in ways.items() if wrong != place.raw]
        if kinds and on_page[place.page] < _ON_PAGE:
            kind = draw.choice(kinds)
            left[kind] -= 1
            on_page[place.page] += 1
            faults.append(Fault(kind, place, ways[kind]))
    for fault in sorted(faults, key=lambda fault: (fault.sound.page, -fault.sound.start)):
        path, start = root / fault.sound.page, fault.sound.start
        data, old = path.read_bytes(), fault.sound.raw.encode()
        path.write_bytes(data[:start] + fault.wrong.encode() + data[start + len(old) :])
    return faults


_ON_PAGE = 3


def measure(source: Path, number: int, seed: int) -> None:
    """Print how many faults are found and cured, and which bytes are other ones than at first."""
    with TemporaryDirectory() as work:
        root = Path(work, "mirror")
        shutil.copytree(source, root, symlinks=True)
        fix(root)  # what is wrong already, and can be mended, is not counted
        before = contents(root)
        old = fingerprints(root)
        faults = sown(root, number, seed, set(old.values()))
        told = fingerprints(root)
        said = fix(root)
        after, new = contents(root), fingerprints(root)
        total: Counter[str] = Counter(fault.kind for fault in faults)
        found: Counter[str] = Counter()
        same: Counter[str] = Counter()
        for fault in faults:
            found[fault.kind] += (fault.sound.page, fault.wrong) in told.values()
            same[fault.kind] += (fault.sound.page, fault.wrong) not in new.values()
        other = [name for name, data in before.items() if after[name] != data]
        text = sum(without_urls(name, after[name]) != without_urls(name, before[name]) for name in other)
        sown_on = {fault.sound.page for fault in faults}
        print(f"{source.name}: {len(faults)} faults; {said}")
        for kind in total:
            missed = total[kind] - found[kind]
            cured = same[kind] - missed
            print(f"  {kind}: {total[kind]} sown, {found[kind]} found, {cured} of these cured")
        print(f"  findings that were not there at first: {len(new.keys() - old.keys())}")
        outside = sum(name not in sown_on for name in other)
        print(
            f"  of {len(sown_on)} pages, {len(other) - outside} have other bytes than at first; of the rest {outside};"
            f" outside URLs {text}"
        )


def contents(root: Path) -> dict[str, bytes]:
    """The bytes of all files."""
    files = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def without_urls(name: str, data: bytes) -> str:
    """The text of a page without its references, and without the destinations of definitions in Markdown."""
    kind = kind_of(name)
    if not isinstance(kind, Kind):
        return data.decode("latin-1")
    text = charset.decode(data, kind).text
    places = [(place.start, place.end) for place in extractor(kind).places(text, Options())]
    links = [text[start:end] for start, end in places if kind is Kind.MARKDOWN]
    spans = {*places, *(span for link in links for span in written.definitions(text, link))}
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


_RULES = ("--ignore", "mirror", "--ignore", "asset")


def fingerprints(root: Path) -> dict[str, tuple[str, str]]:
    """The page and the reference of each finding, by its fingerprint."""
    command = ["check", str(root), "--offline", "--no-history", "--format", "json", "--fail-on", "never", *_RULES]
    report = json.loads(ours(*command).stdout)
    return {each["fingerprint"]: (each["page"], each["reference"]) for each in report["findings"]}


def fix(root: Path) -> str:
    """Mend what can be mended; what it said."""
    done = ours("fix", str(root), "--write", "--likely", "--force", "--fail-on", "never", "--quiet", *_RULES)
    return "; ".join(done.stderr.strip().splitlines())


def ours(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A whole process of mirrorcheck."""
    return subprocess.run([sys.executable, "-m", "checker", *arguments], capture_output=True, text=True, check=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--faults", type=int, default=FAULTS)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    for folder in options.folders:
        measure(folder, options.faults, options.seed)
