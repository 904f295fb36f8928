"""Slugs: the ids that forges and site generators make of headings."""

from __future__ import annotations

import re
import unicodedata
from html import escape

from checker.web import latin, words


def github(text: str) -> str:
    """The anchor on GitHub, as github-slugger has it but for Σ, İ and joiners: may be empty, of punctuation alone."""
    return text.translate(words.GITHUB)


def github_slugger(text: str) -> str:
    """The anchor of the package of this name, and so of JavaScript, which looks at words: Σ at the end of one is ς."""
    return github(text if text.isascii() else text.lower())


def kramdown(text: str) -> str:
    """The anchor of kramdown's GFM parser: Ruby leaves İ its dot."""
    return github(text if text.isascii() else text.replace("İ", "i\u0307"))


def gitlab(text: str) -> str:
    """The anchor on GitLab: `lib/gitlab/utils/markdown.rb`."""
    *parts, last = _BADGE.split(text.strip(_SPACE + "\0"))
    slug = "".join([part.rstrip("*").rstrip(_SPACE) for part in parts]) + last
    slug = re.sub("-{2,}", "-", slug.translate(words.GITHUB))
    return f"anchor-{slug}" if slug.isdecimal() else slug


def goldmark(text: str) -> str:
    """The anchor in Hugo, where a dash is written as `--` or `---`: it is dropped like other punctuation."""
    return github(_DASH.sub(" ", text).strip() if "--" in text else text.strip())


_DASH = re.compile(r" -{2,3}(?= )")
zola = latin.slug
eleventy = latin.slugify
decamelized = latin.decamelized
hexo_plain = latin.slugized


def hexo(text: str) -> str:
    """The anchor of hexo-renderer-marked, of a heading whose signs are set as `kramdown.typeset` does."""
    return latin.slugized(text.replace(FILLER, ""))


FILLER = "\ue001"  # for what a sign is shorter than the signs that it stands for


def hexo_lower(text: str) -> str:
    """The same in lower case."""
    return hexo(text).lower()


_DOCSIFY_ID = re.compile(r"(?:^|\s):id=([\w%-]+)")
_DOCSIFY_IGNORED = re.compile(r"\{docsify-ignore(?:-all)?\}|(?<!\S):(?:[\w-]+)(?:=[\w%-]+)?(?![\w%:=-])")


def docsify(text: str) -> str:
    """The anchor in Docsify 4, which makes it of HTML: what is escaped there leaves the name of its entity."""
    if ":" in text or "{" in text:
        own = _DOCSIFY_ID.search(text)
        text = own[1] if own else _DOCSIFY_IGNORED.sub("", text)
    slug = _docsify(escape(text.strip()).replace("&#x27;", "&#39;"))
    return re.sub("-{2,}", "-", slug) if "--" in slug else slug


def docsify_5(text: str) -> str:
    """The same in Docsify 5, which makes it of the Markdown as it is written."""
    if ":" in text and (own := _DOCSIFY_ID.search(text)):
        text = own[1]
    text = text.strip()
    return _docsify(text if text.isascii() else unicodedata.normalize("NFC", text).translate(_WITHOUT_EMOJI))


def _docsify(text: str) -> str:
    slug = text.translate(_DOCSIFY)
    return f"_{slug}" if slug[:1].isdecimal() and slug[:1].isascii() else slug


def gitea(text: str) -> str:
    """The anchor on Gitea and Forgejo: `CleanValue` of `modules/markup/common`."""
    return text.strip().translate(_LETTERS) or "heading"


_BLANK = re.compile(r"\s")
_NO_WORD = re.compile(r"[^\w\s-]")


def mdbook(text: str) -> str:
    """The anchor in an mdBook: `id_from_content`."""
    text = text.strip().lower()
    if text.isascii():
        return _BLANK.sub("-", _NO_WORD.sub("", text)) or "section"
    return text.translate(_OF_MDBOOK) or "section"


_MARKS = re.compile(r"[\u0300-\u036f]")
_CONTROLS = re.compile(r"[\u0000-\u001f]")
_SPECIAL = re.compile(r"""[\s~`!@#$%^&*()\-_+=[\]{}|\\;:"'“”‘’<>,.?/]+""")


_EMOJI = re.compile(r"(?<!\S):[a-z0-9_+-]+:(?!\S)")


def vitepress(text: str) -> str:
    """The anchor in VitePress and VuePress: `slugify` of @mdit-vue/shared. Names of emoji are no text."""
    text = _CONTROLS.sub("", _MARKS.sub("", unicodedata.normalize("NFKD", _EMOJI.sub("", text))))
    slug = re.sub("-{2,}", "-", _SPECIAL.sub("-", text)).strip("-")
    return (f"_{slug}" if slug[:1].isdigit() else slug).lower()


def python_markdown(text: str) -> str:
    """The anchor of Python-Markdown's extension toc: `slugify`."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", ascii_only).strip().lower())


_DIGRAPHS = str.maketrans({"ß": "sz", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "ł": "l", "ŧ": "t"})


def docutils(text: str) -> str:
    """The id of Docutils: `make_id`."""
    text = unicodedata.normalize("NFKD", text.lower().translate(_DIGRAPHS)).encode("ascii", "ignore").decode()
    return re.sub(r"^[-0-9]+|-+$", "", re.sub(r"[^a-z0-9]+", "-", " ".join(text.split())))


_DROPPED = re.compile(r"""[=":’'`,⚠?!]""")


def decamelized_bare(text: str) -> str:
    """The same where signs within words are dropped first."""
    return latin.decamelized(_DROPPED.sub("", text))


def markdown_it_anchor(text: str) -> str:
    """The anchor of the plug-in of this name for markdown-it, decoded."""
    return re.sub(r"\s+", "-", text.strip().lower())


_SIGNS = str.maketrans({"&": " and ", "<": " less-than ", ">": " greater-than "})
_OF_GITBOOK = re.compile(r"[^\w.]+")
_AD = re.compile(r"(?<![^\W_])ad(?![^\W_])")  # blockers of advertisements would hide what has it for an id


def gitbook(text: str) -> str:
    """The anchor on gitbook.com, as the links show that its editor writes."""
    slug = _AD.sub("a-d", _OF_GITBOOK.sub("-", text.translate(_SIGNS)).strip("-").lower())
    return f"id-{slug}" if slug[:1].isdigit() else slug


_NOT_OF_PANDOC = re.compile(r"[^\w\s.-]")
_BEFORE_LETTERS = re.compile(r"^[\W\d_]+")


def pandoc(text: str) -> str:
    """The identifier of Pandoc, without its extension for GFM; it begins with a letter."""
    slug = re.sub(r"\s+", "-", _NOT_OF_PANDOC.sub("", text).strip()).lower()
    return _BEFORE_LETTERS.sub("", slug) or "section"


def nothing(_text: str) -> str:
    """No anchor."""
    return ""


def _letter(character: str) -> str | None:
    if character in "_-":
        return character
    if character.isspace() and character not in "\x1c\x1d\x1e\x1f":  # Go's unicode.IsSpace excludes these four
        return "-"
    return words.lower(character) if unicodedata.category(character)[0] in "LN" else None


def _of_mdbook(character: str) -> str | None:
    if character.isspace():
        return "-"
    return character if character in "_-" or words.is_alphanumeric(character) else None


_DELETED = "\\'!\"#$%&()*+,./:;<=>?@[]^`{|}~"


def _of_docsify(character: str) -> str | None:
    if "A" <= character <= "Z":
        return character.lower()
    if character in _DELETED or "\u2000" <= character <= "\u206f" or "\u2e00" <= character <= "\u2e7f":
        return None
    return "-" if character.isspace() else character


# Near to \p{Emoji_Presentation} and \p{Extended_Pictographic}: the first and the last of each run.
_EMOJI_RUNS = "\ufe0f\ufe0f©©®®‼‼⁉⁉™™ℹℹ↔↪⌚⏿ⓂⓂ▪◾☀➿⤴⤵⬅⭕〰〰〽〽㊗㊗㊙㊙\U0001f004\U0001faff"


def _of_emoji(character: str) -> str | None:
    runs = zip(_EMOJI_RUNS[::2], _EMOJI_RUNS[1::2], strict=True)
    return None if any(first <= character <= last for first, last in runs) else character


_OF_MDBOOK = words.Table(_of_mdbook)
_DOCSIFY = words.Table(_of_docsify)
_WITHOUT_EMOJI = words.Table(_of_emoji)
_LETTERS = words.Table(_letter)
_SPACE = " \t\n\v\f\r"
_BADGE = re.compile(
    r"\((?:core|starter|premium|ultimate|free|bronze|silver|gold)(?:\s+(?:only|self|saas))?\)\**", re.I | re.A
)
