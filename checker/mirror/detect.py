"""What a folder tells of its mirror, for `mirrorcheck init`: its addresses, its layout, what it copies."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

from checker.kinds import KINDS, kind_of, sniff
from checker.mirror import forges, git, httrack
from checker.mirror.layouts import HOST_FOLDER, HOSTED, LAYOUTS, Names, find
from checker.mirror.resolve import page_prefix
from checker.model import Kind
from checker.web import urls

_SAMPLE = 200  # pages that are looked into
_HEAD = 65_536  # bytes of each
_SETTINGS = 262_144  # bytes of a settings file
_AGREED = 0.9  # share of the pages that must agree before an address is adopted
_LOCATIONS = 2_000  # addresses of a sitemap that are looked up


class Trust(IntEnum):
    """How far a sign can be believed; what is only GUESSED is proposed, not adopted."""

    GUESSED = 0
    HIGH = 1
    EXACT = 2


class Sign(NamedTuple):
    """One thing that was found: an address (ends with `/`) or the name of a layout, and what shows it."""

    value: str
    evidence: str
    trust: Trust
    folder: str = ""  # what is published there, relative to the mirror's root


@dataclass(frozen=True, slots=True)
class Detected:
    """All that was found, the most believable first."""

    published: tuple[Sign, ...] = ()
    origin: tuple[Sign, ...] = ()
    siblings: tuple[Sign, ...] = ()  # `folder` may climb: "../basic"
    layouts: tuple[Sign, ...] = ()
    pages: Mapping[Kind, int] = field(default_factory=dict, compare=False)  # how many of each there are

    @property
    def layout(self) -> Sign | None:
        """The layout to adopt, if there is one."""
        return next((sign for sign in self.layouts if sign.trust), None)


class _Folder(NamedTuple):
    """The folder under examination."""

    root: Path
    names: Names
    html: list[str]
    markdown: list[str]
    pages: list[tuple[str, str]]  # a sample of the HTML ones: (name, beginning)
    kinds: Mapping[Kind, int]  # how many pages of each there are

    def text(self, name: str, limit: int = _SETTINGS) -> str | None:
        """The beginning of a file, or None where it is not there."""
        if name not in self.names.files:
            return None
        try:
            with (self.root / name).open("rb") as file:
                return file.read(limit).decode("utf-8", "replace")
        except OSError:
            return None


def detect(folder: Path, index: Names) -> Detected:
    """Look for all that tells where a mirror is published, where it came from and how it is laid out."""
    seen = _look(folder, index)
    clone = git.open_clone(folder)
    published = [*_remotes(clone), *_domains(seen), *_generators(seen)]
    saved_from, savers = _saved(seen)
    crawled_from, crawlers = _crawled(seen)
    hosts = _hosting(seen, published)
    stated, clean = _stated(seen)
    stated += _sitemap(seen)
    origin = [*crawled_from, *saved_from]
    copied = any(sign.trust for sign in (*savers, *crawlers))
    for sign in stated:
        to = origin if copied or _elsewhere(sign, published) else published
        # what a forge shows may be a site's source, or a copy that still names its origin
        sure = copied or (to is published and (bool(hosts) or not any(map(_on_forge, published))))
        to.append(sign if sure else sign._replace(trust=Trust.GUESSED))
    return Detected(
        _ranked(published, sites_first=len(seen.html) > len(seen.markdown)),
        _ranked(origin),
        _ranked([*_submodules(seen, clone), *_neighbours(seen, clone)]),
        _ranked([*crawlers, *savers, *hosts, *clean]),
        seen.kinds,
    )


def _look(root: Path, names: Names) -> _Folder:
    by_kind: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    untold = []
    for name in names.files:
        match kind_of(name):
            case Kind() as kind:
                by_kind[kind].append(name)
            case True:
                untold.append(name)
    html, markdown = by_kind[Kind.HTML], by_kind[Kind.MARKDOWN]
    kinds = Counter({kind: len(found) for kind, found in by_kind.items() if found})
    folder = _Folder(root, names, html, markdown, [], kinds)
    for name in untold[:_SAMPLE]:
        if told := sniff((folder.text(name, 2048) or "").encode()):
            kinds[told] += 1
    for name in html[:: len(html) // _SAMPLE + 1]:
        text = folder.text(name, _HEAD)
        if text is not None:
            folder.pages.append((name, text))
    return folder


def _elsewhere(sign: Sign, published: Iterable[Sign]) -> bool:
    """Whether the site is known and this is another: copied pages keep their origin's canonical address."""
    sites = [_host(known.value) for known in published if known.trust and not _on_forge(known)]
    return bool(sites) and _host(sign.value) not in sites


def _on_forge(sign: Sign) -> bool:
    return forges.repository(sign.value) is not None


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _ranked(signs: Iterable[Sign], sites_first: bool = False) -> tuple[Sign, ...]:
    """Each value once, with all its evidence; the most believable first."""
    merged: dict[tuple[str, str], Sign] = {}
    for sign in signs:
        key = (sign.value.partition("://")[2] or sign.value, sign.folder)
        known = merged.get(key)
        if known is None:
            merged[key] = sign
        elif sign.evidence not in known.evidence:
            merged[key] = known._replace(
                evidence=f"{known.evidence}; {sign.evidence}", trust=max(known.trust, sign.trust)
            )
    return tuple(
        sorted(
            merged.values(),
            key=lambda sign: (not sign.trust, sites_first and _on_forge(sign), -sign.trust),
        )
    )


_PLAIN_HOST = re.compile(r"[a-z0-9._:\[\]-]+")  # no credentials, and no `${…}` of a program


def _address(url: str) -> str | None:
    """An http(s) address as browsers write it, with a `/` at its end, or None for anything else."""
    try:
        whole = urls.resolve(url.strip(), "").partition("#")[0].partition("?")[0]
    except urls.InvalidURL:
        return None
    if not whole.startswith(("http://", "https://")) or not _PLAIN_HOST.fullmatch(_host(whole)):
        return None
    return whole if whole.endswith("/") else whole + "/"


# --- git


def _remotes(clone: git.Clone | None) -> Iterator[Sign]:
    if clone is None:
        return
    trust = Trust.EXACT
    for name in sorted(clone.remotes, key=lambda name: name != "origin"):
        known = forges.repository(clone.remotes[name])
        if known is None:
            continue
        repository, ref = known[0], clone.branch or clone.default
        url = page_prefix(repository, ref, "") if ref else f"https://{repository.host}/{repository.name}"
        branch = f", branch {ref}" if ref else ""
        yield Sign(url, f"git remote {name}{branch}", trust)
        site = repository.name.rpartition("/")[2].lower()
        if trust and site.endswith((".github.io", ".gitlab.io")):
            yield Sign(f"https://{site}/", "the repository bears the name of its Pages site", Trust.HIGH)
        trust = Trust.GUESSED  # other remotes: an upstream, a fork


def _submodules(seen: _Folder, clone: git.Clone | None) -> Iterator[Sign]:
    """https://git-scm.com/docs/gitmodules"""
    values: dict[str, str] = {}
    for line in [*(seen.text(".gitmodules") or "").splitlines(), "["]:
        key, equals, value = line.partition("=")
        if equals:
            values[key.strip()] = value.strip().strip('"')
        elif line.lstrip().startswith("["):
            if values.get("path") and values.get("url"):
                yield from _submodule(seen, clone, values["path"], values["url"])
            values = {}


def _submodule(seen: _Folder, clone: git.Clone | None, path: str, url: str) -> Iterator[Sign]:
    if url.startswith(("./", "../")) and clone and "origin" in clone.remotes:
        home = forges.repository(clone.remotes["origin"])
        url = urls.resolve(f"https://{home[0].host}/{home[0].name}/", url) if home else url
    known = forges.repository(url)
    if known:
        here = any(name.startswith(f"{path}/") for name in (*seen.html, *seen.markdown))
        evidence = ".gitmodules" if here else ".gitmodules, but it is not checked out"
        yield Sign(f"https://{known[0].host}/{known[0].name}", evidence, Trust.EXACT if here else Trust.GUESSED, path)


_CLIMBING = re.compile(r"(?:\.\./){2,40}[^\s()<>\"'#?]{1,300}")


def _neighbours(seen: _Folder, clone: git.Clone | None) -> Iterator[Sign]:
    """Other repositories that relative links climb to, as they can where a forge shows the pages."""
    own = next((sign.value for sign in _remotes(clone) if sign.trust is Trust.EXACT), "")
    home = forges.locate(own)
    if clone is None or home is None or not own.endswith("/") or forges.clamps(home.repository.forge):
        return
    below = seen.root.resolve().relative_to(clone.top.resolve()).parts
    base = own + "".join(f"{part}/" for part in below)
    links: Counter[forges.Repository] = Counter()
    sample = seen.markdown[:: len(seen.markdown) // _SAMPLE + 1]
    for name in sample:
        for link in _CLIMBING.findall(seen.text(name, _HEAD) or ""):
            try:
                target = forges.locate(urls.resolve(base + urls.encode_path(name), link))
            except urls.InvalidURL:
                continue
            if target and target.repository.key != home.repository.key:
                links[target.repository] += 1
    for repository, count in links.most_common(10):
        last = repository.name.rpartition("/")[2]
        here = repository.key in _keys(clone.top.parent / last)
        yield Sign(
            f"https://{repository.host}/{repository.name}",
            f"{count} climbing links in {len(sample)} pages" + (", and its clone lies there" if here else ""),
            Trust.HIGH if here else Trust.GUESSED,
            "../" * (len(below) + 1) + last,
        )


def _keys(folder: Path) -> set[tuple[str, str]]:
    """The repositories that a folder is a clone of."""
    try:
        clone = git.open_clone(folder) if folder.is_dir() else None
    except git.GitError:
        return set()
    known = [forges.repository(url) for url in clone.remotes.values()] if clone else []
    return {found[0].key for found in known if found}


# --- settings of hosts and generators

_OUTPUTS = ("", "docs/", "public/", "site/", "_site/", "build/", "dist/")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.I)


def _domains(seen: _Folder) -> Iterator[Sign]:
    for place in _OUTPUTS:
        lines = (seen.text(f"{place}CNAME") or "").split()
        if lines and _DOMAIN.fullmatch(lines[0]):
            yield Sign(f"https://{lines[0].lower()}/", f"{place}CNAME", Trust.HIGH, place.rstrip("/"))


def _yaml(text: str, key: str) -> str:
    """A scalar at the top level of a YAML file; nothing else of the language is understood."""
    found = re.search(rf"^{re.escape(key)}[ \t]*:[ \t]+(\S.*)$", text, re.M)
    value = found[1].strip() if found else ""
    if value[:1] in {'"', "'"}:
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].strip()


def _toml(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _literal(text: str, key: str) -> str:
    """A string that a program's source sets a key to. The program is not run."""
    found = re.search(rf"""^[ \t]*{key}[ \t]*[:=][ \t]*(['"`])([^'"`\n]*)\1""", text, re.M)
    return found[2] if found else ""


def _docusaurus(text: str) -> str:
    url = _literal(text, "url")
    return url.rstrip("/") + (_literal(text, "baseUrl") or "/") if url else ""


def _jekyll(text: str) -> str:
    url, base = _yaml(text, "url"), _yaml(text, "baseurl").strip("/")
    return f"{url.rstrip('/')}/{base}" if url else ""


def _mdbook(text: str) -> str:
    output = _toml(text).get("output")
    html = output.get("html") if isinstance(output, dict) else None
    if not isinstance(html, dict) or not isinstance(html.get("cname"), str):
        return ""
    site = html.get("site-url")
    return f"https://{html['cname']}/{site.strip('/') if isinstance(site, str) else ''}"


def _hugo(text: str) -> str:
    return next(
        (value for key, value in _toml(text).items() if key.lower() == "baseurl" and isinstance(value, str)),
        "",
    )


# settings file -> how it tells the address, what it builds into, relative to itself
_GENERATORS: Mapping[str, tuple[Callable[[str], str], str]] = {
    "mkdocs.yml": (lambda text: _yaml(text, "site_url"), "site"),
    "mkdocs.yaml": (lambda text: _yaml(text, "site_url"), "site"),
    **{f"docusaurus.config.{kind}": (_docusaurus, "build") for kind in ("js", "ts", "mjs", "cjs")},
    "_config.yml": (_jekyll, "_site"),
    "_config.yaml": (_jekyll, "_site"),
    "book.toml": (_mdbook, "book"),
    "hugo.toml": (_hugo, "public"),
    "config.toml": (_hugo, "public"),
    "hugo.yaml": (lambda text: _yaml(text, "baseURL"), "public"),
    "config.yaml": (lambda text: _yaml(text, "baseURL"), "public"),
    "conf.py": (lambda text: _literal(text, "html_baseurl"), "_build/html"),
}
_SOURCES = ("", "docs/", "doc/", "website/", "site/", "docs/source/")


def _generators(seen: _Folder) -> Iterator[Sign]:
    for place in _SOURCES:
        for file, (read, output) in _GENERATORS.items():
            text = seen.text(place + file)
            url = _address(read(text)) if text else None
            if url is None:
                continue
            folder = place + output
            if folder in seen.names.folders:
                yield Sign(url, place + file, Trust.HIGH, folder)
            elif read is _jekyll:  # GitHub Pages builds it from the source
                yield Sign(url, place + file, Trust.HIGH, place.rstrip("/"))
            else:
                yield Sign(url, f"{place}{file}, but what it builds, {folder}/, is not here", Trust.GUESSED)


_TRACES = (
    ("netlify.toml", "netlify", Trust.HIGH),
    ("vercel.json", "vercel", Trust.HIGH),
    ("render.yaml", "render", Trust.HIGH),
    (".nojekyll", "github-pages", Trust.HIGH),
    ("CNAME", "github-pages", Trust.HIGH),
    ("_redirects", "netlify", Trust.GUESSED),  # Cloudflare and GitLab Pages read it too
)


def _hosting(seen: _Folder, published: Iterable[Sign]) -> list[Sign]:
    """Layouts that the address or the host's own settings show."""
    hints = []
    for sign in published:
        for suffix, layout in HOSTED.items():
            if sign.trust and _host(sign.value).endswith(suffix):
                hints.append(Sign(layout, f"the address ends in {suffix}", Trust.HIGH))
    for file, layout, trust in _TRACES:
        text = seen.text(file)
        if text is not None:
            clean = layout == "vercel" and re.search(r'"cleanUrls"\s*:\s*true', text)
            hints.append(Sign("vercel-clean" if clean else layout, file, trust))
    if "pages_build_output_dir" in (seen.text("wrangler.toml") or ""):
        hints.append(Sign("cloudflare-pages", "wrangler.toml", Trust.HIGH))
    if re.search(r"^pages:", seen.text(".gitlab-ci.yml") or "", re.M):
        hints.append(Sign("gitlab-pages", "the job `pages` in .gitlab-ci.yml", Trust.GUESSED))
    return hints


# --- what pages say of themselves


def _stated(seen: _Folder) -> tuple[list[Sign], list[Sign]]:
    """The address that canonical links (or og:url) agree on, and the layout if they leave out .html."""
    from selectolax.lexbor import LexborHTMLParser

    prefixes: Counter[str] = Counter()
    total = pages = clean = 0
    for name, text in seen.pages:
        tree = LexborHTMLParser(text)
        link, meta = (
            tree.css_first('link[rel~="canonical" i][href]'),
            tree.css_first('meta[property="og:url" i]'),
        )
        url = (link.attributes.get("href") if link else meta.attributes.get("content") if meta else None) or ""
        if not url.strip().lower().startswith(("http:", "https:")):
            continue
        total += 1
        prefix, form = _without(url, name)
        if prefix:
            prefixes[prefix] += 1
        if form != "index":
            pages += 1
            clean += form == "clean"
    signs = _majority(prefixes, total, "canonical links on {} of {} pages")
    if signs and clean > _AGREED * pages:
        return signs, [Sign("clean", f"canonical links leave out .html on {clean} pages", Trust.HIGH)]
    return signs, []


def _without(url: str, name: str) -> tuple[str | None, str]:
    """What remains of a page's URL when the name of its file is taken off, and in what form it had that."""
    try:
        whole = urls.decode(urls.resolve(url.strip(), "").partition("#")[0].partition("?")[0])
    except urls.InvalidURL:
        return None, ""
    stem, dot, _ = name.rpartition(".")
    forms = [(name, "full")]
    if stem == "index" or stem.endswith("/index"):
        folder = stem.removesuffix("index")
        forms = [(name, "index"), (folder, "index"), (folder.rstrip("/"), "index")]
    elif dot:
        forms += [(stem, "clean"), (f"{stem}/", "clean")]
    for suffix, form in forms:
        if whole.endswith(f"/{suffix}"):
            prefix = whole[: len(whole) - len(suffix)]
            return (_address(prefix) if _host(prefix) else None), form
    return None, ""


def _majority(prefixes: Counter[str], total: int, evidence: str) -> list[Sign]:
    """The prefix on which nearly all agree; one on which most do, or of a single page, is a guess."""
    if not prefixes:
        return []
    prefix, count = prefixes.most_common(1)[0]
    if count * 2 <= total:
        return []
    trust = Trust.HIGH if total > 1 and count > _AGREED * total else Trust.GUESSED
    return [Sign(prefix, evidence.format(count, total), trust)]


_LOCATION = re.compile(r"<loc>([^<]{1,2048})")


def _sitemap(seen: _Folder) -> list[Sign]:
    """The prefix that sitemap.xml puts before the names of files. https://www.sitemaps.org/protocol.html"""
    import html

    prefixes: Counter[str] = Counter()
    total = 0
    for location in _LOCATION.findall(seen.text("sitemap.xml", 4 * _SETTINGS) or "")[:_LOCATIONS]:
        try:
            url = urls.resolve(html.unescape(location).strip(), "").partition("?")[0]
        except urls.InvalidURL:
            continue
        segments = url.split("/")[3:]
        if not any(segments):
            continue  # the home page fits every prefix
        total += 1
        for start in range(min(len(segments), 32)):
            path = "/".join(segments[start:])
            if path and find(LAYOUTS["clean"], seen.names, urls.decode(path), ""):
                prefix = _address(url[: len(url) - len(path)])
                prefixes.update([prefix] if prefix else [])
                break
    return _majority(prefixes, total, "{} of {} addresses in sitemap.xml are files here")


# --- traces of copying

_BROWSER = re.compile(r"<!--\s*saved from url=\((\d{1,6})\)([^\s>]{1,4096})", re.I)
_SINGLEFILE = re.compile(r"<!--\s*(?:Page saved with|Archive processed by) SingleFile\s+url:\s*([^\s>]{1,4096})")
_HTTRACK = re.compile(r"<!-- Mirrored from ([^\s>]{1,4096}) by HTTrack ")


def page_origin(text: str) -> str | None:
    """The http(s) URL from which this one page was saved, as its saver noted in a comment, or None.

    Known are browsers (https://learn.microsoft.com/previous-versions/windows/internet-explorer/ie-developer/compatibility/ms537628(v=vs.85)),
    SingleFile and HTTrack.
    """
    origin = _origin(text)
    return origin and origin[0]


def _origin(text: str) -> tuple[str, str] | None:
    """(URL, layout of the tool that saved it)."""
    browser = _BROWSER.search(text)
    single = None if browser else _SINGLEFILE.search(text)
    crawled = None if browser or single else _HTTRACK.search(text)
    if browser:
        url, layout = browser[2][: int(browser[1])], "saved"
    elif single:
        url, layout = single[1].removesuffix("--"), "saved"
    elif crawled:
        url, layout = f"http://{crawled[1]}", "httrack"
    else:
        return None
    try:
        whole = urls.resolve(url, "")
    except urls.InvalidURL:
        return None
    return (whole, layout) if whole.startswith(("http://", "https://")) else None


def _saved(seen: _Folder) -> tuple[list[Sign], list[Sign]]:
    """Where comments in the pages say that they were saved from, and what saved them."""
    prefixes: Counter[str] = Counter()
    layouts: Counter[str] = Counter()
    for name, text in seen.pages:
        origin = _origin(text)
        if origin:
            url, layout = origin
            host, _, below = name.partition("/")
            aligned = _without(url, below)[0] if below and host.startswith(_host(url).partition(":")[0]) else None
            prefixes[aligned or _without(url, name)[0] or f"{url.partition('://')[0]}://{_host(url)}/"] += 1
            layouts[layout] += 1
    total = sum(layouts.values())
    hints = []
    for layout, count in layouts.most_common():
        trust = Trust.HIGH if count * 2 > len(seen.pages) else Trust.GUESSED
        hints.append(Sign(layout, f"comments in {count} of {len(seen.pages)} pages", trust))
    return _majority(prefixes, total, "saved-from comments in {} of {} pages that have one"), hints


_WGET = (
    ("queries in file names", re.compile(r"\?|\.\w{1,5}@[\w.-]+=")),
    ("pages kept as .orig", re.compile(r"\.(?:html?|orig\.html|css)\.orig$|\?.*orig$")),
    ("an extension added to another", re.compile(r"\.(?:jpe?g|png|gif|html?|php|aspx?)\.html$")),
    ("numbered copies", re.compile(r"\.(?:html?|php)\.\d{1,3}$")),
)


def _crawled(seen: _Folder) -> tuple[list[Sign], list[Sign]]:
    """Origins and layout of what wget or HTTrack copied. A folder named like a host alone proves nothing."""
    files = seen.names.files
    record = httrack.read(seen.root) if "hts-cache/new.txt" in files else None
    if record is not None:
        served = Counter(url.split("/")[2] for url, _ in record.files())
        evidence = "hts-cache/new.txt"
        origins = [Sign(f"http://{host}/", f"{evidence}, {n} files", Trust.EXACT) for host, n in served.most_common(5)]
        return origins, [Sign("httrack", evidence, Trust.EXACT)]
    marks = [mark for mark, pattern in _WGET if any(map(pattern.search, files))]
    tops = [top for top in sorted(seen.names.folders) if f"{top}/index.html" in files]
    hosts = [match for match in map(HOST_FOLDER.fullmatch, tops) if match]
    if hosts:
        marks.append("folders named after hosts")
    layout = "wget"
    if {"backblue.gif", "fade.gif"} <= files.keys():
        marks.append("HTTrack's pictures")
        layout = "httrack"
    evidence = ", ".join(marks)
    trust = Trust.HIGH if len(marks) > 1 else Trust.GUESSED
    origins = []
    for match in hosts:
        port = f":{match['port']}" if match["port"] else ""
        origins.append(
            Sign(
                f"http://{match['host'].lower()}{port}/",
                f"the folder {match[0]}; {evidence}",
                trust,
                match[0],
            )
        )
    return origins, [Sign(layout, evidence, trust)] if marks else []


# --- writing


def summary(detected: Detected) -> Iterator[str]:
    """What was found and what shows it, in a few lines for a terminal."""
    counts = sorted(detected.pages.items(), key=lambda each: -each[1])
    yield "pages: " + ", ".join(f"{number:,} {KINDS[kind].label}" for kind, number in counts)
    rows = [("published at", sign) for sign in detected.published]
    rows += [("copied from", sign) for sign in detected.origin]
    rows += [("beside it", sign) for sign in detected.siblings]
    rows += [("layout", detected.layout)] if detected.layout else []
    for what, sign in rows[:_SHOWN]:
        shown = sign.evidence if sign.trust else f"{sign.evidence}; a guess, commented out"
        yield f"{what}: {sign.value} ({shown})"
    if len(rows) > _SHOWN:
        yield f"and {len(rows) - _SHOWN} more, in the file"
    if not detected.published:
        yield "published at: nothing here shows it; name it in `published`, so that the mirror knows its own address"


_SHOWN = 8


def write_config(detected: Detected) -> str:
    """A commented config.toml (TOML 1.0) that adopts what is believable and proposes the rest in comments."""
    layout = detected.layout
    lines = [
        "# Written by `mirrorcheck init` from what this folder shows. Each value has its evidence above it.",
        "# A guess is commented out: look at it, and take the `# ` away if it is right.",
        "",
        "[mirror]",
        'root = "."',
        "",
        "# Where the mirror is published; references resolve as on the first address.",
        *_list("published", [sign for sign in detected.published if not sign.folder]),
        "",
        "# Where the mirror was copied from: references that still lead there are reported.",
        *_list("origin", detected.origin),
        "",
        "# How the host turns a URL into a file.",
        *(_comment(sign._replace(evidence=f"{sign.value}: {sign.evidence}")) for sign in detected.layouts),
        f"layout = {_string(layout.value if layout else 'auto')}",
    ]
    for sign in (*(sign for sign in detected.published if sign.folder), *detected.siblings):
        off = "" if sign.trust else "# "
        lines += [
            "",
            _comment(sign),
            f"{off}[[mirror.address]]",
            f"{off}url = {_string(sign.value)}",
            f"{off}folder = {_string(sign.folder)}",
        ]
    return "\n".join(lines) + "\n"


def _list(key: str, signs: Sequence[Sign]) -> Iterator[str]:
    if not signs:
        yield f"{key} = []"
        return
    yield f"{key} = ["
    for sign in signs:
        yield f"    {_comment(sign)}"
        yield f"    {'' if sign.trust else '# '}{_string(sign.value)},"
    yield "]"


def _comment(sign: Sign) -> str:
    text = "".join(character if character.isprintable() else " " for character in sign.evidence)
    return f"# {text} ({sign.trust.name.lower()})"


def _string(text: str) -> str:
    """A basic string of TOML: JSON's escapes, and DEL; a lone surrogate has no place in TOML."""
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")
