"""URLs as browsers read them: joining, splitting, decoding, and silent repairs. No I/O.

The standard is https://url.spec.whatwg.org/; `ada-url` implements it.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from ada_url import join_url

from checker.web import encodings

# Characters that the parser itself removes: https://url.spec.whatwg.org/#concept-basic-url-parser steps 1 to 3
_EDGES = "".join(map(chr, range(0x21)))
_STRIPPED = re.compile(r"[\t\n\r]")
_SURROGATE = re.compile("[\ud800-\udfff]")

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|[A-Za-z]\|[\\/]")
_SPECIAL_SLASHES = re.compile(r"(https?|wss?|ftp):(?!//[^/\\])", re.I)
_UNFIT = re.compile(r"""[\x00-\x20"<>`\x7f]|%(?=[0-9A-Fa-f]{2})""")
_UP = re.compile(r"(?:\.|%2e){2}(?=[/\\?#]|$)", re.I)
_PERCENT_DOT = re.compile(r"%2e", re.I)

# Schemes that pages use on purpose, whether something is fetched from them or not. Any other is suspicious.
KNOWN_SCHEMES = frozenset(
    [
        "about",
        "callto",
        "data",
        "dat",
        "dict",
        "dns",
        "doi",
        "ed2k",
        "facetime",
        "feed",
        "file",
        "ftp",
        "ftps",
        "geo",
        "git",
        "gopher",
        "http",
        "https",
        "im",
        "imap",
        "info",
        "intent",
        "ipfs",
        "ipns",
        "irc",
        "irc6",
        "ircs",
        "itms-apps",
        "javascript",
        "ldap",
        "ldaps",
        "magnet",
        "mailto",
        "market",
        "maps",
        "matrix",
        "mid",
        "mms",
        "msteams",
        "news",
        "nfs",
        "nntp",
        "obsidian",
        "openpgp4fpr",
        "pkcs11",
        "pop",
        "res",
        "rsync",
        "rtmp",
        "rtsp",
        "s3",
        "sftp",
        "sip",
        "sips",
        "skype",
        "slack",
        "smb",
        "sms",
        "spotify",
        "ssh",
        "steam",
        "stun",
        "stuns",
        "svn",
        "tag",
        "tel",
        "telnet",
        "tg",
        "thunder",
        "turn",
        "turns",
        "urn",
        "view-source",
        "vnc",
        "vscode",
        "web+ap",
        "webcal",
        "wechat",
        "weixin",
        "whatsapp",
        "ws",
        "wss",
        "wtai",
        "xmpp",
        "xri",
        "zoommtg",
        "bitcoin",
        "ethereum",
        "monero",
        "mumble",
        "teamspeak",
        "viber",
        "line",
        "aim",
        "acct",
    ]
)

# Schemes of what one browser has made or installed.
_OF_ONE_BROWSER = frozenset(
    {
        "applewebdata",
        "blob",  # https://w3c.github.io/FileAPI/#lifeTime
        "chrome-error",
        "chrome-extension",
        "chrome-search",
        "chrome-untrusted",
        "devtools",
        "extension",
        "filesystem",
        "moz-extension",
        "moz-icon",
        "ms-browser-extension",
        "resource",
        "safari-extension",
        "safari-resource",
        "safari-web-extension",
        "webkit-fake-url",
        "wyciwyg",
    }
)
_READER = re.compile(r"[\x00-\x20]*+about:reader\b", re.I)  # a page as Firefox showed it to one reader
# Schemes of which a page can embed something, or states that it embeds nothing.
EMBEDDABLE = frozenset({"about", "data", "javascript"})


def is_of_one_browser(scheme: str, raw: str) -> bool:
    """Whether a reference of this scheme names what only one browser has: no other reader's finds anything there."""
    return scheme in _OF_ONE_BROWSER or (scheme == "about" and _READER.match(raw) is not None)


class InvalidURL(ValueError):  # noqa: N818 - aiohttp and requests call it so too
    """The reference cannot be parsed as a URL: https://url.spec.whatwg.org/#concept-url-parser returns failure."""


def resolve(base: str, raw: str) -> str:
    """Join a reference to an absolute base as a browser does, and serialise the URL with its fragment.

    Raises InvalidURL where the standard's parser fails.
    """
    try:
        return join_url(base, raw)
    except ValueError as error:
        if _SURROGATE.search(raw):  # browsers see U+FFFD
            return resolve(base, _SURROGATE.sub("\ufffd", raw))
        raise InvalidURL(raw) from error


def parses(url: str) -> bool:
    """Whether a browser can parse an absolute URL: only where it names a host can it fail."""
    if not url.partition(":")[2].startswith(("/", "\\")) and not _SPECIAL_SLASHES.match(url):
        return True
    try:
        resolve("about:blank", url)
    except InvalidURL:
        return False
    return True


# URLs that the parser returns unchanged: a plain host, no segment that begins with a dot, nothing to encode.
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_SERIALISED = re.compile(
    rf"https?://(?:(?![^/]*xn--)(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*|(?:{_BYTE}\.){{3}}{_BYTE})"
    r"(?::(?!(?:80|443)/)(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?"
    r"(?:/(?!\.|%2[eE])[A-Za-z0-9!$&()*+,;=:@_~%.-]*)+(?:\?[A-Za-z0-9!$&()*+,;=:@_~%./?-]*)?"
)


def serialised(raw: str) -> bool:
    """Whether a reference certainly equals its own serialisation, as most absolute ones do: it need not be parsed."""
    return _SERIALISED.fullmatch(raw) is not None


# Of these, the ones that stand for nothing else: no escape, no login, no other URL within. They have a line each.
_PLAIN = re.compile(
    r"^(https?://(?!\S*xn--)((?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*))((?:(?:/(?!\.)[A-Za-z0-9!$&()*+,;=_~.-]*)+"
    r"(?:\?[A-Za-z0-9!$&()*+,;=_~./?-]*)?)?)((?:#[A-Za-z0-9_.-]*)?)$",
    re.M,
)


def plain(lines: str) -> list[tuple[str, str, str, str]]:
    """(origin, host, path with its query, fragment with its `#`) of the lines that certainly are absolute URLs,
    serialised and plain; the path may be missing.
    """
    return _PLAIN.findall(lines)


def encode_query(raw: str, encoding: str, base: str) -> str:
    """Percent-encode the query of a reference in its page's legacy charset, if its URL is one that is fetched.

    The path is always UTF-8, and so is the query of other URLs: https://url.spec.whatwg.org/#query-state
    """
    text = strip(raw)
    before, hash_, fragment = text.partition("#")
    path, mark, query = before.partition("?")
    if not mark or query.isascii() or (scheme(text) or scheme(base)) not in _FETCHED:
        return raw
    from urllib.parse import quote_from_bytes

    encoded = quote_from_bytes(encodings.write(encoding, query), _KEPT)
    return f"{path}?{encoded}{hash_}{fragment}"


_FETCHED = frozenset({"http", "https", "ftp", "file"})
# All of ASCII except https://url.spec.whatwg.org/#special-query-percent-encode-set
_KEPT = "!$%&()*+,-./:;=?@[\\]^_`{|}~"


def split_fragment(url: str) -> tuple[str, str]:
    """Return (everything before the first `#`, the fragment as written)."""
    before, _, fragment = url.partition("#")
    return before, fragment


# Of Liquid, Jinja, Go, Vue, Angular (`{{`, `{%`), ERB (`<%`), PHP (`<?`), JavaScript (`${`), Blade (`{!!`), Smarty
# (`{$`), Ruby (`#{`), Thymeleaf (`@{`), JSP (`<c:url`), Template Toolkit (`[%`), Razor and shells (`$BASE/`), as they
# stand or encoded; and a word in capitals within `<…>` or `%…%`, which is to be replaced by hand or by a program. Each
# alternative begins with a letter of its own: so the pattern is sought only where one of them stands.
_PLACEHOLDER = re.compile(
    r"""\{[{%!$]|\}\}|\#\{|\[%(?:[-=\s]|%20)
    |\$(?:\{|%7[Bb]|(?<!.\$)[A-Z][A-Z_]+(?=[/?\#]|\Z))
    |@(?:\{|(?<!.@)(?:Url|Html|Model)\.)
    |<(?:%|\?(?:php|=)|(?:c|s|fmt|jsp|spring):[a-z]|[A-Z][A-Z\d_]*(?:>|%3[Ee]))
    |%(?:\}|3[Cc](?:%25|[A-Z][A-Z\d_]*(?:>|%3[Ee]))|7[Bb](?:%7[Bb]|%25|%(?![\dA-Fa-f]{2}))
        |(?<!.%)[-=](?:\s|%20).*%\Z|(?<![^/]%)(?![A-F]+%)[A-Z][A-Z_]+%(?=/|\Z))""",
    re.X | re.S,
)


# A name that a script replaces by the address that it says: `ENGLISH_VERSION_URL`.
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:URL|URI|LINK|HREF)")
_ENDS = ("_URL", "_URI", "_LINK", "_HREF")


_FIRST = frozenset("$@")


def holds_placeholder(raw: str) -> bool:
    """Whether a template, or a script, is to fill in a part of the reference before a browser sees it."""
    if raw.endswith(_ENDS) and _VARIABLE.fullmatch(raw):
        return True
    return ("{" in raw or "%" in raw or "<" in raw or "}" in raw or raw[:1] in _FIRST) and _PLACEHOLDER.search(
        raw
    ) is not None


def before_fragment(raw: str) -> str:
    """A reference without `#` and what follows. Blanks before the `#` are part of the URL and not its edge."""
    before, hash_, _ = raw.partition("#")
    if not hash_ or not before or before[-1] > " " or not (kept := before.rstrip(_EDGES)):
        return before
    return kept + quote(_joined(before[len(kept) :]))


def strip(raw: str) -> str:
    """Remove what the parser drops: C0 controls and spaces at the edges, tabs and line breaks anywhere."""
    return _joined(raw.strip(_EDGES))


def _joined(text: str) -> str:
    """A text without tabs and line breaks. Few have any, and a picture in a `data:` URL is long."""
    return _STRIPPED.sub("", text) if "\n" in text or "\t" in text or "\r" in text else text


def scheme(raw: str) -> str | None:
    """The scheme of a reference in lower case, or None if it has none."""
    match = _SCHEME.match(raw.strip(_EDGES))
    return match[0][:-1].lower() if match else None


def decode(path: str) -> str:
    """Percent-decode once; bytes that are not UTF-8 become lone surrogates, as in file names."""
    return unquote(path, "utf-8", "surrogateescape") if "%" in path else path


def escape_stray(raw: str) -> str:
    """A reference of a header, in which bytes that are not UTF-8 are escaped: browsers send them unchanged."""
    return _STRAY.sub(lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", raw)


_STRAY = re.compile("[\udc80-\udcff]")


def decode_fragment(fragment: str) -> str:
    """https://html.spec.whatwg.org/multipage/browsing-the-web.html#find-a-potential-indicated-element, step 5."""
    return unquote(fragment, "utf-8", "replace") if "%" in fragment else fragment


def is_needless(fragment: str) -> bool:
    """Whether a fragment is percent-encoded where no URL parser encodes it: as it stands it names another id than
    decoded does. https://url.spec.whatwg.org/#fragment-percent-encode-set
    """
    return "%" in fragment and quote(decode_fragment(fragment), safe=_IN_FRAGMENT) != fragment


_IN_FRAGMENT = "!#$%&'()*+,-./:;=?@[\\]^_{|}~"  # beside letters and digits


def encode_path(path: str) -> str:
    """The URL path that names a file, `/`-separated."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/!$&'()*+,;=:@~")


def encode_fragment(name: str) -> str:
    """The fragment that names an id. It stays readable: only what would be repaired or decoded is encoded."""
    return _UNFIT.sub(lambda match: f"%{ord(match[0]):02X}", name)


def climbs(raw: str) -> int:
    """The number of `..` segments in a relative reference, in every spelling that a browser accepts."""
    return len(_UP.findall(raw.partition("#")[0].partition("?")[0])) if ".." in raw or "%2" in raw else 0


def local_path(raw: str) -> bool:
    """Whether a reference names a file on somebody's computer: a `file:` URL or a drive letter."""
    text = raw.strip(_EDGES)
    return bool(_DRIVE.match(text)) or text[:5].lower() == "file:"


def repaired(raw: str) -> str | None:
    """The form that a browser makes of a malformed reference, or None if it needs no repair.

    Spaces at the edges are part of HTML's attribute grammar and need no repair. A validation error of the URL
    standard that changes what is requested needs one: https://url.spec.whatwg.org/#validation-error
    """
    text = raw.strip(" \t\n\f\r")
    fixed = strip(text)
    stated = _SCHEME.match(fixed)
    if stated and stated[0].lower() not in {"http:", "https:", "ftp:", "ws:", "wss:", "file:"}:
        return None  # browsers change nothing in an opaque URL
    before, hash_, fragment = fixed.partition("#")
    path, mark, query = before.partition("?")
    slashes = _SPECIAL_SLASHES.match(path)
    if slashes and re.match(r"[^/\\]|$", path[slashes.end() :]) and not path[slashes.end() :].startswith(("/", "\\")):
        # browsers read `https:page` as relative on a page at https, and as a host on others: the host is suggested
        return (
            f"{slashes[1]}://{path[slashes.end() :]}{mark}{query}{hash_}{fragment}" if path[slashes.end() :] else None
        )
    if "\\" in path:
        path = path.replace("\\", "/")
    if slashes:
        path = f"{slashes[1]}://{path[slashes.end() :].lstrip('/')}"
    path, query, fragment = (part.replace(" ", "%20") for part in (path, query, fragment))
    result = f"{path}{mark}{query}{hash_}{fragment}"
    return None if result == text else result


def below_scheme(url: str) -> str:
    """Host, port, path and query of a serialised URL: the part that is the same for http, https and any user name."""
    rest = url.partition("//")[2]
    authority, slash, path = rest.partition("/")
    return f"{authority.rpartition('@')[2]}{slash}{path}"


def authority(url: str) -> str:
    """Host and port of a serialised http(s) URL."""
    return url.partition("//")[2].partition("/")[0].rpartition("@")[2]


def hostname(authority: str) -> str:
    """The host of an authority, without its port and brackets."""
    host, colon, port = authority.rpartition(":")
    return (host if colon and port.isdigit() else authority).strip("[]")


def host_and_path(url: str) -> tuple[str, str]:
    """(host with its port, path with its query) of a serialised http(s) URL."""
    rest = url.partition("//")[2]
    before, slash, path = rest.partition("/")
    return before.rpartition("@")[2], slash + path
