"""Whether files have the ids that fragments name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from checker.extract import extractor, refreshes
from checker.extract.dialects import dialect_of
from checker.extract.dialects.row import Dialect
from checker.kinds import SHOWN_BY_FORGES, WITH_IDS
from checker.mirror import forge_views
from checker.mirror.generators.row import Built
from checker.model import Kind, Role, Unchecked
from checker.rules.codes import Code
from checker.sources.base import Source
from checker.sweep import budget, shelf
from checker.sweep.facts import Context
from checker.sweep.page import Page
from checker.verify.fragment import Answer, is_for_script, maps_of, verify_all

_RUNS = re.compile(r"<script(?=[\s>])(?![^>]*type\s*=\s*[\"']?application/(?:ld\+)?json)", re.I)
_REFRESH = re.compile(r"\brefresh\b", re.I)  # a quick test, before the exact one
# Of a drawing, a part or a moment: https://www.w3.org/TR/SVG2/linking.html#SVGFragmentIdentifiers
_VIEW = re.compile(r"svgView\(|(?:[^=]*&)?(?:xywh|t|track)=")
_AT_ONCE = re.compile(r"\s*0*[0-9]?(?![0-9])")  # seconds: who refreshes a page after more lets it be read
# Code, in which nothing is brought in: fenced, or within a line.
_CODE = re.compile(
    r"^[ \t]*(`{3,}+|~{3,}+)[^\n]*+\n(?s:.*?)(?:^[ \t]*\1[`~]*[ \t]*$|\Z)|(?<!`)(`++)[^`\n]++\2(?!`)", re.M
)
_MOST_PARTIALS = 20  # that are read for one page
_LISTING = "the forge shows a listing there, without a README that could have the place"


class Question(NamedTuple):
    """What is asked of a file."""

    mount: int
    file: str
    forge: str  # that shows it
    maps: bool  # whether the fragments are names of image maps
    fragments: frozenset[str]


Answered = tuple[int, str, bool, dict[str, Answer]]  # mount, file, whether of its maps; fragment -> answer


def answer(context: Context, batch: Iterable[Question]) -> list[Answered]:
    """What files answer to the fragments that are asked of them."""
    return [(one.mount, one.file, one.maps, _answer(context, one)) for one in batch]


def runs_scripts(html: str) -> bool:
    """Whether a page has a script, which may read the fragment of its URL."""
    return _RUNS.search(html) is not None


def unanswered(question: Question) -> Answered:
    """A question that is not answered."""
    return question.mount, question.file, question.maps, {}


def _answer(context: Context, question: Question) -> dict[str, Answer]:
    try:
        return _answer_of(context, question)
    except budget.Spent:
        return {}
    finally:
        budget.end()


def _answer_of(context: Context, question: Question) -> dict[str, Answer]:
    mount, file, forge, maps, fragments = question
    if forge and file.rstrip("/") in context.mounts[mount].names.folders:
        return dict.fromkeys(fragments, Answer(Code.LOCAL_MISSING_FRAGMENT, _LISTING))
    names = context.mounts[mount].names
    if isinstance(names, Built) and file not in names.files:  # what was built has it, which is not read
        return {fragment: Answer("", unknown=Unchecked.GENERATOR) for fragment in fragments}
    read = shelf.again(context, mount, file)
    if maps:
        return maps_of(fragments, frozenset(read.found.maps)) if isinstance(read, Page) else {}
    if isinstance(read, Page):
        known, lines = frozenset(read.found.ids), read.text.count("\n") + 1
        page = read.kind in WITH_IDS or dialect_of(read.options.slugs).antora
    elif read.fault:
        return {fragment: Answer("", unknown=Unchecked.UNREAD) for fragment in fragments}
    elif not forge and context.site_at(file) is not None:  # a program that makes a page of the site
        return {fragment: Answer("", unknown=Unchecked.GENERATOR) for fragment in fragments}
    else:
        known, lines, page = frozenset(), _lines(names, file), False
    here = not mount and isinstance(read, Page) and read.kind in SHOWN_BY_FORGES
    shown_by = forge or context.mounts[mount].layout.wiki_of or (context.home.forge if here else "")
    answers = verify_all(fragments, known, lines, forge=bool(forge), page=page, folds=forge_views.folds(shown_by))
    if isinstance(read, Page) and read.kind is Kind.SVG:
        answers |= {fragment: Answer("") for fragment in fragments if _VIEW.match(fragment)}
    if not isinstance(read, Page) or not any(answer.rule for answer in answers.values()):
        return answers
    if sends_on(read):
        return dict.fromkeys(fragments, Answer(""))
    if read.kind is Kind.HTML and runs_scripts(read.text):
        answers = {
            name: Answer("", unknown=Unchecked.SCRIPT) if answer.rule and is_for_script(name) else answer
            for name, answer in answers.items()
        }
    return answers if mount else _by_others(context, file, forge, read, answers)


def _by_others(context: Context, file: str, forge: str, page: Page, answers: dict[str, Answer]) -> dict[str, Answer]:
    """The answers of a page of a site's source. What its generator brings in may have any id. An id that only the
    other readers find is one for those who come from where they are, and a note for all others.
    """
    counts = context.site_at(file)
    of_text = None if page.kind is Kind.HTML else dialect_of(page.options.slugs).includes
    unknown = (of_text, counts.plan.includes if counts else None)
    possible = _brought_in(page, [pattern for pattern in unknown if pattern])
    if (partials := dialect_of(page.options.slugs).partials) and (paths := partials.findall(page.whole)):
        brought = _ids_of_partials(context, file, page, paths)
        possible = _ANY if brought is None else possible
        answers = {name: Answer("") if name in (brought or ()) else answer for name, answer in answers.items()}
    if counts and file in counts.plan.hidden:
        possible = _ANY  # other pages show its text
    may_be = counts.generator.ids(counts, file, page.whole) if counts and file in counts.pages else None
    answers = {
        name: answer._replace(rule="", unknown=Unchecked.GENERATOR)
        if answer.rule and (_is_one(name, possible) or (may_be and may_be.match(name)))
        else answer
        for name, answer in answers.items()
    }
    if counts is not None and counts.plan.labels:
        labels = counts.plan.labels
        answers = {name: Answer("") if labels.get(name) == file else answer for name, answer in answers.items()}
    site = next((site.built for site in context.sites if file in site.built.pages), None)
    if site is None:
        return answers
    options = context.options if context.sites_first else context.dialects[site.dialect_of(file)]
    others = extractor(page.kind).extract(page.text, options).ids
    where = "on the forge, as the generator gives others on the site" if context.sites_first else "on the site only"
    found = Answer("") if forge and context.sites_first else Answer(Code.LOCAL_OTHER_READER, f"the id is there {where}")
    return {name: found if answer.rule and name in others else answer for name, answer in answers.items()}


def _ids_of_partials(context: Context, file: str, page: Page, paths: list[str]) -> frozenset[str] | None:
    """The ids of the texts that a page includes, by their paths from its own; None if they are not known."""
    found: set[str] = set()
    partials = dialect_of(page.options.slugs).partials
    for path in dict.fromkeys(paths[:_MOST_PARTIALS]):
        name = _partial(context, file, path)
        read = shelf.again(context, 0, name) if name in context.source.files else None
        if not isinstance(read, Page) or partials is None or partials.search(read.whole):
            return None
        found |= extractor(read.kind).extract(read.text, page.options).ids
    return frozenset(found) if len(paths) <= _MOST_PARTIALS else None


def _partial(context: Context, file: str, path: str) -> str:
    """The file of an included text: by its path from the page's own, or as the generator finds what pages take in."""
    name = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
    site = context.site_at(file)
    if name in context.source.files or site is None or site.generator.embed is None:
        return name
    led = site.generator.embed(site, file, path, Role.OBJECT, True)
    return led.file if led else name


_ANY = frozenset({("", "")})


def _brought_in(page: Page, patterns: Sequence[re.Pattern[str]]) -> frozenset[tuple[str, str]]:
    """With what ids begin and end that a page may have of text that is not known."""
    dialect = dialect_of(page.options.slugs)
    text = _CODE.sub("", page.whole) if patterns else ""
    found = {(match[1] if match.lastindex else "", "") for pattern in patterns for match in pattern.finditer(text)}
    if dialect.unfinished is not None:
        whole = _CODE.sub(lambda code: code[0] if code[2] else "", page.whole)  # in headings, code is text
        for heading in dialect.unfinished.finditer(whole):
            known = [(group or "").strip() for group in heading.groups("")] + [""]
            found |= {(slug(known[0]), slug(known[1])) for slug in _slugs(dialect)}
    return frozenset(found)


def _is_one(name: str, possible: Iterable[tuple[str, str]]) -> bool:
    """Whether an id begins and ends as one that is possible; a number behind it tells it from another."""
    plain = _NUMBER.sub("", name)
    return any(name.startswith(first) and (name.endswith(last) or plain.endswith(last)) for first, last in possible)


_NUMBER = re.compile(r"[-_]\d+\Z")


def _slugs(dialect: Dialect) -> Iterator[Callable[[str], str]]:
    """What makes slugs of a dialect, and of those by whose ids references are found too."""
    yield dialect.slug
    while dialect.also and dialect_of(dialect.also).of_site:
        dialect = dialect_of(dialect.also)
        yield dialect.slug


def sends_on(page: Page) -> bool:
    """Whether a page sends its readers on at once, so that the place is one of another page, or of none."""
    return page.kind is Kind.HTML and refreshes.sends_on(page.text)


def _lines(source: Source, file: str) -> int:
    try:
        return sum(block.count(b"\n") for block in source.blocks(file)) + 1
    except OSError:
        return 0
