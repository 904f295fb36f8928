"""The fourth stage of a run: the folder and git answer the questions that pages leave open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker.judge.answers import Answers, Fragments, asked_file, place_of
from checker.judge.files import on_files
from checker.judge.findings import concerned
from checker.kinds import kind_of
from checker.mirror import git
from checker.mirror.resolve import Resolver
from checker.mirror.target import Target
from checker.model import Doubt, Grade, Kind, TargetKind, Unchecked
from checker.roles import ABSOLUTE, PICTURES
from checker.rules.codes import Code
from checker.run.stage import Run
from checker.verify import ids
from checker.verify.fragment import Answer
from checker.verify.local import Miss, examiner


async def fragments_of(run: Run) -> Fragments:
    """Look up doubtful fragments in the files that they refer to; each file is read once for all its fragments."""
    asked: dict[tuple[int, str, str, bool], set[str]] = {}
    for page, suspects in run.learnt.suspects.items():
        for suspect in suspects:
            if suspect.doubt is Doubt.FRAGMENT:
                asked.setdefault(asked_file(page, suspect), set()).add(suspect.fragment)
    questions = [ids.Question(*file, frozenset(fragments)) for file, fragments in sorted(asked.items())]
    answers: dict[tuple[int, str, bool], dict[str, Answer]] = {}
    async for batch in run.engine.map(ids.answer, questions, lost=ids.unanswered):
        for mount, file, maps, answered in batch:
            answers.setdefault((mount, file, maps), {}).update(answered)
            run.learnt.unknown.update(answer.unknown for answer in answered.values() if answer.unknown)
    found = Answers(fragments=answers)
    for page, suspects in run.learnt.suspects.items():
        for suspect in suspects:
            answer = found.fragment(page, suspect) if suspect.doubt is Doubt.FRAGMENT else None
            if answer and answer.unknown is Unchecked.UNREAD:
                run.learnt.unread.add((page, suspect.raw))
    return answers


def answers_of(run: Run, fragments: Fragments, *, whole: bool) -> Answers:
    """The answers of the folder. `whole`: all pages were read."""
    mirror, learnt, job, opened = run.mirror, run.learnt, run.job, run.mirror.opened
    change = mirror.narrowed.change if mirror.narrowed else None
    learnt.elsewhere = _elsewhere(run)
    return Answers(
        tuple(mount.label for mount in mirror.opened.mounts),
        _misses(run),
        fragments,
        tuple(
            on_files(
                job.config,
                opened.mounts[0],
                opened.home,
                learnt,
                job.only,
                change,
                mirror.judging.counts,
                [site.built for site in opened.sites],
                whole=whole,
            )
        ),
        _published(run),
        _drawings(run),
    )


def _drawings(run: Run) -> frozenset[str]:
    """The pages with something wrong that are drawings, and that other pages embed as pictures."""
    files, roles = run.mirror.names.files, run.learnt.roles
    drawings = (page for page in run.learnt.suspects if kind_of(page) is Kind.SVG and page in files)
    return frozenset(page for page in drawings if roles.get(files[page]) in PICTURES)


def _published(run: Run) -> dict[str, str]:
    """The mirror's own URLs of the files that pages name by those of the origin, where only a URL can stand."""
    opened = run.mirror.opened
    resolver = Resolver(opened.mounts, opened.home, opened.addresses, opened.origins)
    suspects = (suspect for each in run.learnt.suspects.values() for suspect in each)
    files = {one.target.leak for one in suspects if one.role in ABSOLUTE or any(spot.alone for spot in one.spots)}
    return {file: url for file in files - {""} if (url := resolver.published(file))}


def _misses(run: Run) -> dict[Target, Miss]:
    """For each reference to a missing file, why the file is missing."""
    examiners = [examiner(mount) for mount in run.mirror.opened.mounts]
    misses: dict[Target, Miss] = {}
    for target in _doubted_names(run):
        if target.kind is TargetKind.MISSING and target.why:
            misses[target] = Miss(Code.LOCAL_MISSING_FILE, target.why)
        elif target.kind is not TargetKind.ELSEWHERE:
            misses[target] = examiners[target.mount].examine(target.name, target.query)
        elif run.learnt.elsewhere.get(place_of(target), "unknown") is None:
            misses[target] = Miss(Code.LOCAL_MISSING_FILE, f"not in {target.why}")
    return misses | _renamed(run, misses) if run.job.renames else misses


def _renamed(run: Run, misses: Mapping[Target, Miss]) -> dict[Target, Miss]:
    """The misses of files that have another name now, as git knows."""
    names = run.mirror.names
    gone = {
        target.name: target
        for target, miss in misses.items()
        if target.mount == 0 and target.kind is TargetKind.MISSING and miss.grade is not Grade.CERTAIN
    }
    if names.root is None or not gone:
        return {}
    try:
        found = git.renamed(names.root, gone, names.files)
    except (OSError, git.GitError):
        return {}
    return {
        gone[old]: Miss(
            Code.LOCAL_MISSING_FILE,
            f"git knows it as {new.name}" + ("" if new.same else ", whose content is similar"),
            new.name,
            grade=Grade.CERTAIN if new.same else Grade.LIKELY,
        )
        for old, new in found.items()
    }


def _doubted_names(run: Run) -> Iterator[Target]:
    change = run.mirror.narrowed.change if run.mirror.narrowed else None
    for page, suspects in run.learnt.suspects.items():
        for suspect in concerned(page, suspects, change):
            if suspect.doubt is Doubt.NAME:
                yield suspect.target


def _elsewhere(run: Run) -> dict[tuple[int, str, str], str | None]:
    """The type in git of each file on a ref that is not checked out; None: git has no such file."""
    opened = run.mirror.opened
    asked: dict[tuple[int, str], set[str]] = {}
    for suspects in run.learnt.suspects.values():
        for suspect in suspects:
            if suspect.target.kind is TargetKind.ELSEWHERE:
                asked.setdefault((suspect.target.mount, suspect.target.why), set()).add(suspect.target.name)
    known: dict[tuple[int, str, str], str | None] = {}
    for (mount, ref), paths in asked.items():
        clone = opened.clones.get(mount)
        place = opened.places.get(mount, "")
        try:
            if clone is None:
                raise git.UnknownRef(ref)
            found = git.existing(clone, ref, [place + path.rstrip("/") for path in paths])
        except git.UnknownRef:
            run.learnt.unknown[f"on {ref}, which this clone does not hold"] += len(paths)
            continue
        known |= {(mount, ref, path): found.get(place + path.rstrip("/")) for path in paths}
    return known
