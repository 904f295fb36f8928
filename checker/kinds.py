"""Kinds of pages and formats of other files, one row each, and how a name or the first bytes tell them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from checker.model import Kind


class Declared(StrEnum):
    """Where a page declares its charset."""

    META = "meta"  # https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding
    XML = "xml"  # https://www.w3.org/TR/xml/#sec-TextDecl
    AT_CHARSET = "@charset"  # https://www.w3.org/TR/css-syntax-3/#determine-the-fallback-encoding


class Comments(StrEnum):
    """Where on a page a comment, `<!-- … -->` or `/* … */`, may silence findings."""

    ANYWHERE = "anywhere"
    RAW_HTML = "raw HTML"  # not in code that Markdown shows


class PageKind(NamedTuple):
    """The properties of a kind of page. A module of `extract` reads it."""

    label: str  # in messages
    extensions: tuple[str, ...]  # in lower case
    media_types: tuple[str, ...] = ()  # of HTTP's Content-Type
    names: tuple[str, ...] = ()  # whole file names, where the extension does not tell
    begins: tuple[bytes, ...] = ()  # a file is of this kind if it begins with any of these, in lower case
    holds: tuple[bytes, ...] = ()  # … or if it begins with a tag and has any of these among its first bytes
    syntax: str = ""  # the media type of its syntax; "": plain text
    declares: tuple[Declared, ...] = ()  # where its charset may be declared; the first declaration counts
    comments: Comments = Comments.ANYWHERE
    comment: str = ""  # what begins a comment that ends with its line, if there is one
    lax: bool = False  # other files may have such a name: what cannot be read as text, or is too large, is no fault
    has_ids: bool = False  # fragments can name places on it
    has_elements: bool = False  # a place on it is inside elements
    readers_go_there: bool = False  # readers open it, so it can be an orphan, and is compared with the live site
    embedded: bool = False  # it is an asset of other pages
    forges_show_it: bool = False  # as a page; of other kinds they show the source
    proxied: bool = False  # what it embeds, a forge's proxy fetches


HEAD = 2048  # bytes that tell the kind of a file

# A kind that may hold another as a part stands behind it: `sniff` looks for the last one first.
KINDS: Mapping[Kind, PageKind] = {
    Kind.HTML: PageKind(
        "HTML",
        (".html", ".htm", ".xhtml", ".xht", ".shtml"),
        ("text/html", "application/xhtml+xml"),
        begins=(b"<!doctype html", b"<html", b"<head", b"<body", b"<!-- saved from", b"<!-- mirrored from"),
        holds=(b"<html",),
        syntax="text/html",
        declares=(Declared.META, Declared.XML),
        has_ids=True,
        has_elements=True,
        readers_go_there=True,
    ),
    Kind.MARKDOWN: PageKind(
        "Markdown",
        (".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdx"),
        ("text/markdown",),
        comments=Comments.RAW_HTML,
        has_ids=True,
        readers_go_there=True,
        forges_show_it=True,
        proxied=True,
    ),
    Kind.CSS: PageKind(
        "CSS",
        (".css",),
        ("text/css",),
        syntax="text/css",
        declares=(Declared.AT_CHARSET,),
        embedded=True,
    ),
    Kind.SVG: PageKind(
        "SVG",
        (".svg",),
        ("image/svg+xml",),
        holds=(b"<svg",),
        syntax="image/svg+xml",
        declares=(Declared.XML,),
        has_ids=True,
        has_elements=True,
        embedded=True,
    ),
    Kind.FEED: PageKind(
        "feed",
        (".rss", ".atom"),
        ("application/rss+xml", "application/atom+xml", "application/feed+json"),
        holds=(b"<rss", b"<feed", b"<rdf:rdf"),
        syntax="application/xml",
        declares=(Declared.XML,),
    ),
    Kind.SITEMAP: PageKind(
        "sitemap",
        (),
        holds=(b"<urlset", b"<sitemapindex"),
        syntax="application/xml",
        declares=(Declared.XML,),
    ),
    Kind.MANIFEST: PageKind(
        "web manifest",
        (".webmanifest",),
        ("application/manifest+json",),
        names=("manifest.json",),
        syntax="application/json",
    ),
    Kind.BOOK: PageKind(
        "EPUB package",
        (".opf", ".ncx", ".smil"),
        ("application/oebps-package+xml", "application/x-dtbncx+xml", "application/smil+xml"),
        names=("container.xml",),
        syntax="application/xml",
        declares=(Declared.XML,),
    ),
    Kind.TEXT: PageKind("plain text", (".txt", ".text"), lax=True),
    Kind.RST: PageKind(
        "reStructuredText", (".rst", ".rest"), comment="..", lax=True, forges_show_it=True, proxied=True
    ),
    Kind.ASCIIDOC: PageKind(
        "AsciiDoc", (".adoc", ".asciidoc"), comment="//", lax=True, forges_show_it=True, proxied=True
    ),
    Kind.NOTEBOOK: PageKind("notebook", (".ipynb",), lax=True, forges_show_it=True),
}


class Format(NamedTuple):
    """A format of files that are not pages."""

    media_type: str
    embedded: tuple[str, ...] = ()  # extensions of files whose purpose is to be embedded
    others: tuple[str, ...] = ()  # other extensions of the format


BYTES = "application/octet-stream"  # formats whose first bytes may be any, but no text's

FORMATS = (
    Format("image/png", (".png",), (".apng",)),
    Format("image/jpeg", (".jpg", ".jpeg"), (".jpe", ".jfif")),
    Format("image/gif", (".gif",)),
    Format("image/webp", (".webp",)),
    Format("image/avif", (".avif",)),
    Format("image/heic", (".heic",), (".heif",)),
    Format("image/bmp", (".bmp",), (".dib",)),
    Format("image/x-icon", (".ico",), (".cur",)),
    Format("image/tiff", (".tif", ".tiff")),
    Format("image/jxl", others=(".jxl",)),
    Format("image/jp2", others=(".jp2",)),
    Format("image/vnd.adobe.photoshop", others=(".psd",)),
    Format("video/mp4", (".mp4", ".m4a", ".mov"), (".m4v", ".m4b", ".qt", ".3gp", ".3g2", ".f4v")),
    Format("video/webm", (".webm",), (".mkv", ".mka", ".weba")),
    Format("video/x-msvideo", others=(".avi",)),
    Format("video/x-flv", others=(".flv",)),
    Format("audio/mpeg", (".mp3",), (".mp2",)),
    Format("audio/wav", (".wav",)),
    Format("audio/flac", (".flac",)),
    Format("application/ogg", (".ogg", ".opus"), (".oga", ".ogv", ".ogx", ".spx")),
    Format("font/sfnt", (".ttf", ".otf"), (".ttc", ".otc")),
    Format("font/woff", (".woff",)),
    Format("font/woff2", (".woff2",)),
    Format("application/vnd.ms-fontobject", (".eot",)),
    Format("application/x-shockwave-flash", others=(".swf",)),
    Format("application/wasm", others=(".wasm",)),
    Format("application/pdf", others=(".pdf",)),
    Format(
        "application/zip",
        others=(
            *(".zip", ".epub", ".docx", ".xlsx", ".pptx", ".docm", ".xlsm", ".pptm", ".odt", ".ods", ".odp", ".odg"),
            *(".jar", ".war", ".ear", ".aar", ".apk", ".ipa", ".xpi", ".kmz", ".cbz", ".whl", ".nupkg", ".vsix"),
        ),
    ),
    Format("application/gzip", others=(".gz", ".tgz", ".svgz")),
    Format("application/zstd", others=(".zst",)),
    Format("application/x-xz", others=(".xz", ".txz")),
    Format("application/x-7z-compressed", others=(".7z",)),
    Format("application/vnd.rar", others=(".rar",)),
    Format(
        BYTES,
        others=(
            *(".exe", ".msi", ".deb", ".rpm", ".dmg", ".pkg", ".appimage", ".cab", ".iso", ".img"),
            *(".tar", ".bz2", ".tbz", ".tbz2", ".lzma", ".djvu", ".mobi", ".azw3"),
        ),
    ),
    Format("text/javascript", (".js", ".mjs"), (".cjs",)),
    Format("application/xml", others=(".xml", ".xsl", ".xslt", ".rdf")),
    Format("application/json", others=(".json", ".geojson", ".topojson")),
)

_WRITTEN = frozenset({"text/javascript", "application/json"})  # formats whose extensions end names in prose as well
_IN_PROSE = frozenset(
    extension for row in FORMATS if row.media_type in _WRITTEN for extension in (*row.embedded, *row.others)
)

# Extensions of programs, whose output may be a page. In a copy of a site it bears the name of the program.
PROGRAMS = frozenset(
    [
        *(".php", ".php3", ".php4", ".php5", ".php7", ".phtml", ".asp", ".aspx", ".ashx", ".mspx", ".jsp", ".jspx"),
        *(".jhtml", ".cgi", ".fcgi", ".pl", ".dll", ".do", ".action", ".cfm", ".cfml", ".nsf", ".rhtml"),
    ]
)

# Extensions of formats that hold one kind of page or another: the first bytes decide.
_CONTAINERS = frozenset({".xml", ".rdf", ".gz"})
_UNKNOWN_TYPES = frozenset({"", "unknown/unknown", "application/unknown", "*/*"})
_AMBIGUOUS_TYPES = _UNKNOWN_TYPES | {
    "text/xml",
    "application/xml",
    "text/plain",
    "application/gzip",
    "application/x-gzip",
}

# Extensions of what is written for a program or for an editor, and no page whatever it begins with. What stands in no
# list is asked for its first bytes: a server sends pages under any name.
_TEXTS = frozenset(
    [
        *(".txt", ".text", ".rst", ".adoc", ".asciidoc", ".org", ".tex", ".bib", ".csv", ".tsv", ".log", ".diff"),
        *(".py", ".rb", ".go", ".rs", ".c", ".h", ".cc", ".cpp", ".hpp", ".java", ".kt", ".swift", ".cs", ".lua"),
        *(".ts", ".tsx", ".jsx", ".vue", ".svelte", ".astro", ".scss", ".sass", ".less", ".coffee", ".map", ".r"),
        *(".sh", ".bash", ".bat", ".ps1", ".sql", ".yml", ".yaml", ".toml", ".ini", ".cfg", ".conf", ".lock", ".po"),
        *(".tmpl", ".tpl", ".template", ".j2", ".jinja", ".jinja2", ".njk", ".hbs", ".handlebars", ".mustache"),
        *(".erb", ".eex", ".heex", ".haml", ".slim", ".pug", ".liquid", ".twig", ".vm", ".ftl", ".mako", ".gohtml"),
        *(".ejs", ".cshtml", ".razor", ".mht", ".mhtml", ".eml", ".rtf", ".doc", ".xls", ".ppt", ".ipynb", ".in"),
        *(".orig", ".rej", ".patch", ".bak", ".old", ".tmp", ".swp", ".part", ".crdownload"),
    ]
)

_DOCUMENTS = (".rtf", ".doc", ".xls", ".ppt")  # of these, which are of bytes

_BY_EXTENSION = {extension: kind for kind, row in KINDS.items() for extension in row.extensions}
_BY_NAME = {name: kind for kind, row in KINDS.items() for name in row.names}
_BY_MEDIA_TYPE = {media_type: kind for kind, row in KINDS.items() for media_type in row.media_types}
_BEGINS = tuple((row.begins, kind) for kind, row in KINDS.items())
_HOLDS = tuple((row.holds, kind) for kind, row in reversed([*KINDS.items()]))

WITH_IDS = frozenset(kind for kind, row in KINDS.items() if row.has_ids)
SHOWN_BY_FORGES = frozenset(kind for kind, row in KINDS.items() if row.forges_show_it)
PROXIED = frozenset(kind for kind, row in KINDS.items() if row.proxied)
FOR_READERS = frozenset(kind for kind, row in KINDS.items() if row.readers_go_there)
PAGE_TYPES = _AMBIGUOUS_TYPES.union(_BY_MEDIA_TYPE)  # media types of files that may be pages

MEDIA_TYPES: Mapping[str, str] = (  # by extension: what the bytes of a file must be
    {extension: row.syntax for row in KINDS.values() if row.syntax for extension in row.extensions}
    | {extension: row.media_type for row in FORMATS for extension in (*row.embedded, *row.others)}
)
_ASSETS = frozenset(
    [extension for row in KINDS.values() if row.embedded for extension in row.extensions]
    + [extension for row in FORMATS for extension in row.embedded]
)
_FORMAT_EXTENSIONS = MEDIA_TYPES.keys() - _BY_EXTENSION.keys()
_TOLD = (_FORMAT_EXTENSIONS | _TEXTS) - _BY_EXTENSION.keys() - _CONTAINERS
# Extensions of what is no page under any name.
_NO_PAGES = _TOLD - {name[name.rfind(".") :] for name in _BY_NAME}

_QUERY = re.compile(r"\?|(?:@|%3F)(?=[\w.-]+=)")
# How an unknown file begins that is HTML; and what a program holds that writes such a page, which is none itself.
_MARKUP = re.compile(rb"<(?:!--|(?:script|iframe|h1|div|font|table|a|style|title|b|br|p)[ \t\n\f\r>])")
_ELEMENT = re.compile(rb"<(?:!--|[a-z][a-z0-9]*[ \t\n\f\r/>])")  # the same for what a program has sent
_SOURCE = re.compile(rb"<\?(?:php|=)|<%")
_ASKED_FOR = re.compile(r"(?:^|/)(?:\.[^/]*/|(?:favicon|apple-touch-icon|mstile|browserconfig)[^/]*$)")


def listed() -> str:
    """All kinds of pages, as in "no HTML, Markdown or CSS"."""
    *others, last = (row.label for row in KINDS.values())
    return f"{', '.join(others)} or {last}"


def kind_of(name: str) -> Kind | bool | None:
    """The kind of page that a file is by its name. None: it is not a page. True: its first bytes decide."""
    dot = name.rfind(".")
    suffix = name[dot:]
    if suffix in _BY_EXTENSION and dot > 0 and name[dot - 1] != "/":  # most names, quickly
        return _BY_EXTENSION[suffix]
    if suffix in _NO_PAGES and "?" not in name and "@" not in name:
        return None
    base = name[name.rfind("/") + 1 :]
    dot = base.rfind(".")
    suffix = base[dot:].lower() if dot > 0 else ""
    kind = _BY_EXTENSION.get(suffix) or _BY_NAME.get(base)
    if kind is not None:
        return kind
    if "?" in base or "@" in base or "%3F" in base:
        return _with_query(base)
    if suffix == ".gz":
        return True if "sitemap" in base else None
    return None if suffix in _TOLD or base[:1] in {"", "."} or base[-1] == "~" else True


def _with_query(base: str) -> Kind | bool | None:
    """The same for a name with a query: `p.php?id=1`, `s.css@v=3`, `s.css%3Fv=3`. A backup of `wget -K` is no page."""
    if base.endswith(".orig"):
        return None
    if _QUERY.split(base, maxsplit=1)[0].lower().endswith(KINDS[Kind.CSS].extensions):
        return None if base.endswith("orig") else Kind.CSS  # the first bytes of a style sheet cannot decide
    return True


def is_page_name(name: str) -> bool:
    """Whether a name itself says that it is a page's, and not a folder's: `index.php`, not `v1.2`."""
    return isinstance(kind_of(name), Kind) or name[name.rfind(".") :].lower() in PROGRAMS | _CONTAINERS


def type_of(field: str) -> tuple[str, str | None]:
    """(media type in lower case, charset if it is stated) of a `Content-Type`, RFC 9110 section 8.3."""
    media, _, parameters = field.partition(";")
    match = _CHARSET.search(parameters)
    return media.strip().lower(), match[1] if match else None


_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';]+)""", re.I)


def kind_of_type(media_type: str) -> Kind | bool | None:
    """The same for a media type (without parameters, in lower case)."""
    return _BY_MEDIA_TYPE.get(media_type) or (True if media_type in _AMBIGUOUS_TYPES else None)


def text_of(name: str) -> Kind | None:
    """Which kind of text a file is by its name, where its bytes cannot tell."""
    kind = kind_of(name)
    return kind if isinstance(kind, Kind) and KINDS[kind].lax else None


def may_be_sent(name: str, *, linked: bool = False) -> bool:
    """Whether what a live site sends under a file name may be a page: an image, an archive and the like is none.
    `linked`: readers are led there, so that `Node.js` and `File:Map.jpg` may be articles of a wiki.
    """
    if name[name.rfind(".") :].lower() not in _FORMAT_EXTENSIONS or kind_of(name) is not None:
        return True
    return linked and may_be_article(name)


def may_be_article(name: str) -> bool:
    """Whether a file that is no page by its name may be one if its bytes say so, and readers are led to it."""
    return ":" in name or name[name.rfind(".") :].lower() in _IN_PROSE


def media_type(name: str) -> str:
    """The media type that the extension of a name promises, "" for none."""
    return MEDIA_TYPES.get(name[name.rfind(".") :].lower(), "")


def medium_of(name: str) -> str:
    """What a file is: a picture, a sound, a font, …, a text in one language; "" if its extension does not tell."""
    whole = media_type(name)
    top = whole.partition("/")[0]
    return whole if top == "text" else top


def is_download(name: str) -> bool:
    """Whether a file is of a known format that is no page's, by its name."""
    return name[name.rfind(".") :].lower() in _FORMAT_EXTENSIONS


def may_be_empty(name: str) -> bool:
    """Whether a file to which pages lead may have no bytes: what is no page for readers and no file of bytes."""
    kind = kind_of(name)
    if kind is None:
        return not (is_download(name) or name.lower().endswith(_DOCUMENTS)) or media_type(name) in _WRITTEN
    return isinstance(kind, Kind) and kind not in FOR_READERS and KINDS[kind].syntax in {"", "text/css"}


def is_asset(name: str) -> bool:
    """Whether a file is, by its name, one that pages embed. Files that browsers and tools look for are not."""
    return name[name.rfind(".") :].lower() in _ASSETS and not _ASKED_FOR.search(name)


def sniff(head: bytes, *, unknown: bool = False, program: bool = False) -> Kind | None:
    """What kind of page a file is by its first bytes. `unknown`: nothing else tells, so what begins as HTML is, by
    https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type. A `program` sends HTML, unless
    it says otherwise.
    """
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1024].lower()
    for marks, kind in _BEGINS:
        if start.startswith(marks):
            return kind
    if start.startswith(b"<"):
        for marks, kind in _HOLDS:
            if any(mark in start for mark in marks):
                return kind
    markup = _ELEMENT if program else _MARKUP
    return Kind.HTML if unknown and markup.match(start) and not _SOURCE.search(start) else None


def sniff_sent(media_type: str, body: bytes) -> Kind | None:
    """What kind of page is sent by its first bytes, where its media type does not tell."""
    return sniff(body[:HEAD], unknown=media_type in _UNKNOWN_TYPES)


def sniff_named(name: str, head: bytes) -> Kind | None:
    """What kind of page a file is by its first bytes, where its name does not tell."""
    base = name[name.rfind("/") + 1 :]
    suffix = posixpath.splitext(_QUERY.split(base, maxsplit=1)[0])[1].lower()
    return sniff(head, unknown=suffix not in _TOLD | _CONTAINERS, program=suffix in PROGRAMS)
