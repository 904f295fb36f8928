"""One page: its bytes, read within limits and budgets, decoded and extracted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from checker import kinds
from checker.extract import Extract, Options, charset, extractor, locate, tags
from checker.extract.headers import Named, references
from checker.mirror.generators.snippets import Brought
from checker.model import Kind, Role
from checker.rules.codes import Code
from checker.sources.base import GZIP, gunzip
from checker.sweep import budget
from checker.sweep.facts import Context, Facts
from checker.sweep.keys import blob_id
from checker.web import urls
from checker.words import counted

_TAIL = 256  # code points at the end of a page, of which the last but blanks shows whether it may be cut
NO_TEXT = "its bytes are not text: it is another kind of file under a page's name, or a page that is still compressed"


def load_extractors(names: Iterable[str]) -> None:
    """Load what reads files with such names: once, before the workers start, and not in each of them."""
    met = {kinds.kind_of("page" + ending) for ending in {name[name.rfind(".") :] for name in names}}
    for kind in Kind:
        if kind in met:
            extractor(kind)
            if kinds.KINDS[kind].declares:
                charset.load()


def is_same(context: Context, page: str, before: bytes) -> bool:
    """Whether a page's content still has an id."""
    read = read_bytes(context, 0, page)
    return isinstance(read, bytes) and blob_id(read) == before


def read(context: Context, page: str) -> Page | None:
    """One page of the mirror; None if it cannot be read, or is not a page."""
    try:
        found = load(context, 0, page)
    except budget.Spent:
        return None
    finally:
        budget.end()
    return found if isinstance(found, Page) else None


def ids(context: Context, page: str, data: bytes | None = None) -> set[str]:
    """The ids of a page of the mirror, with its own content or with `data`; no ids if it is not a page."""
    if data is None:
        found = read(context, page)
        return found.found.ids if found else set()
    kind = kinds.kind_of(page)
    kind = kinds.sniff_named(page, data[: kinds.HEAD]) if kind is True else kind
    return (
        parsed(context.options_at(page), charset.decode(data, kind), kind).found.ids
        if isinstance(kind, Kind)
        else set()
    )


class Page(NamedTuple):
    """A page that has been read."""

    text: str
    kind: Kind
    encoding: str
    found: Extract
    fault: tuple[str, str] | None
    blob: bytes = b""
    options: Options = Options()  # how it was read
    header: Mapping[tuple[Role, str], str] = {}  # (role, reference) that is only in the response's header -> its field
    brought: Brought | None = None  # the text with that of other files, which its generator brings in

    @property
    def whole(self) -> str:
        """The text with what its generator brings in."""
        return self.brought.text if self.brought else self.text

    def spots(
        self, wanted: Iterable[tuple[Role, str]], *, in_html: bool = False
    ) -> dict[tuple[Role, str], locate.Spots]:
        """Each place of each wanted reference: of those in text that is brought in, where it is. `in_html`: only those
        in the raw HTML of a page of Markdown.
        """
        if in_html:
            from checker.extract import markdown

            found = locate.spots(markdown.html_of(self.whole, self.options), Kind.HTML, wanted, self.options)
        else:
            found = locate.spots(self.whole, self.kind, wanted, self.options)
        if self.brought is None:
            return found
        lines = self.brought.lines
        return {
            reference: tuple(
                dict.fromkeys(
                    spot._replace(line=line) if (line := lines[spot.line - 1]) > 0 else locate.Spot(-line, 1)
                    for spot in spots
                )
            )
            for reference, spots in found.items()
        }


def load(context: Context, mount: int, name: str) -> Page | Facts:
    """Read, decode and extract a page. Returns Facts, with the fault, if that is not possible or it is not a page."""
    stated = context.mounts[mount].names.stated(name)
    kind = stated.kind if stated else kinds.kind_of(name)
    if kind is None and kinds.may_be_article(name):
        kind = True
    if kind is True and not name.endswith(".gz"):  # most of what is under an unknown name is no page, and may be large
        head = read_bytes(context, mount, name, kinds.HEAD)
        if isinstance(head, Facts):
            return head
        kind = kinds.sniff_named(name, head)
        if kind is None:
            if head.startswith(GZIP) and (kind := kinds.sniff_named(name, gunzip(head, kinds.HEAD))):
                return Facts(name, kind, fault=(Code.LOCAL_UNREADABLE, NO_TEXT))  # a response that was never unpacked
            return Facts(name, None, blob=blob_id(head) if context.remember else b"")
    data = read_bytes(context, mount, name)
    if isinstance(data, Facts):
        return data
    blob = blob_id(data) if context.remember and not any(head.encode() in data for head in context.heads) else b""
    if data.startswith(GZIP) and name.endswith(".gz"):
        data = gunzip(data, context.max_bytes + 1)
    if (
        isinstance(kind, Kind)
        and kinds.KINDS[kind].lax
        and (len(data) > context.max_bytes or not charset.is_text(data))
    ):
        return Facts(name, None, blob=blob)
    if len(data) > context.max_bytes:
        limit = f"larger than {counted(context.max_bytes, 'byte')} ([pages] max_bytes)"
        return Facts(name, Kind.HTML, fault=(Code.LOCAL_TOO_LARGE, limit))
    if kind is True:
        kind = kinds.sniff(data[: kinds.HEAD])
    if not isinstance(kind, Kind):
        return Facts(name, None, blob=blob)
    if not data and context.home.live and kind in kinds.FOR_READERS:
        return Facts(name, kind, fault=(Code.LOCAL_EMPTY, "it has no bytes"))
    if not charset.is_text(data):
        return Facts(name, kind, fault=(Code.LOCAL_UNREADABLE, NO_TEXT))
    budget.begin(len(data))
    decoded = charset.decode(data, kind, declared=stated.charset if stated else None)
    del data  # a page of 10 MB has a tree of 200 MB: every copy counts
    site = None if mount else context.site_at(name)
    if site is not None and kind is Kind.MARKDOWN and (brought := site.generator.bring(site, name, decoded.text)):
        budget.begin(len(brought.text))
        page = parsed(context.options_at(name), decoded._replace(text=brought.text), kind)
        return page._replace(text=decoded.text, brought=brought)  # it depends on other files, so nobody remembers it
    page = parsed(context.options_at(name) if not mount else context.options, decoded, kind)
    page = page._replace(blob=blob) if blob else page
    return _with_header(context, page, references(name, stated.fields)) if stated and stated.fields else page


def read_bytes(context: Context, mount: int, name: str, limit: int = 0) -> bytes | Facts:
    """A page's bytes, as far as they count; or the facts that end its story. `limit`: no more of them; 0: all."""
    try:
        return context.mounts[mount].names.read(name, limit or context.max_bytes + 1)
    except OSError as error:
        return Facts(name, Kind.HTML, fault=(Code.LOCAL_UNREADABLE, f"cannot be read: {error.strerror}"))


def parsed(options: Options, decoded: charset.Decoded, kind: Kind) -> Page:
    """Extract the references and ids of a decoded page."""
    fault = None
    found = extractor(kind).extract(decoded.text, options)
    if options.ignore is not None:
        found.ignore(options.ignore)
    if decoded.damaged and not kinds.KINDS[kind].lax:
        fault = (
            Code.LOCAL_UNDECODABLE,
            f"{counted(decoded.damaged, 'place is', 'places are')} not valid {decoded.encoding}",
        )
    elif within := _unfinished(decoded.text, kind):
        fault = (Code.LOCAL_TRUNCATED, f"the page ends within {within}: it was cut short when it was saved")
    # A browser compares a fragment with the ids before it decodes it: an id `a%3Cb` is found by `#a<b` and `#a%3Cb`.
    found.ids.update([urls.decode_fragment(name) for name in found.ids if "%" in name])
    return Page(decoded.text, kind, decoded.encoding, found, fault, options=options)


def _unfinished(text: str, kind: Kind) -> str:
    """What a page ends within, if it was cut short; "" for what is whole, or other text that bears such a name."""
    if kind is Kind.HTML and text[-_TAIL:].rstrip()[-1:] not in {"", ">"}:
        return tags.unfinished(text) if _is_markup(text) else ""
    if kinds.KINDS[kind].syntax != _XML or not _is_markup(text):
        return ""
    from checker.extract import xml  # most mirrors have no such page

    return xml.unfinished(text)


_XML = "application/xml"  # a drawing is looked at where it is embedded


def _is_markup(text: str) -> bool:
    return text[:_TAIL].lstrip("\ufeff \t\r\n")[:1] == "<"


def _with_header(context: Context, page: Page, named: Iterable[Named]) -> Page:
    """A page, with what the header of its response refers to among its references."""
    found, ignore = page.found, context.options.ignore
    header: dict[tuple[Role, str], str] = {}
    for role, raw, url, field in named:
        shown = raw if found.base is None else url
        if ignore is not None and ignore.search(shown):
            found.ignored.add(shown)
            continue
        if shown not in found.references.get(role, ()):
            header[role, shown] = field
        found.add(role, shown)
    return page._replace(header=header)
