"""The table of rules, which configuration, reports and docs read. A new one is a row and a folder of tests/sites."""

from __future__ import annotations

from typing import NamedTuple

from checker.model import Level, Verdict


class Rule(NamedTuple):
    """What can be wrong. The name says the fault; `why` says why it matters, `mend` how to cure it."""

    name: str
    level: Level
    verdict: Verdict
    summary: str
    why: str
    mend: str

    @property
    def family(self) -> str:
        return self.name.partition("/")[0]


_ERROR, _WARNING, _NOTE = Level.ERROR, Level.WARNING, Level.NOTE
_BROKEN, _SUSPECT, _OK, _UNCHECKED = Verdict.BROKEN, Verdict.SUSPECT, Verdict.OK, Verdict.UNCHECKED
_REDIRECTED = Verdict.REDIRECTED

_TABLE = (
    Rule(
        "url/invalid",
        _ERROR,
        _BROKEN,
        "The reference is not a URL: no browser can parse it.",
        "A browser does nothing when it is followed.",
        "Correct the host, port or brackets the message names.",
    ),
    Rule(
        "url/repaired-by-browsers",
        _WARNING,
        _SUSPECT,
        "The URL is malformed and works only because browsers repair it.",
        "Backslashes, spaces, line breaks or missing slashes are repaired by browsers, but not by feed readers, "
        "crawlers, mirroring tools or Markdown renderers.",
        "Write the repaired form the suggestion shows.",
    ),
    Rule(
        "url/double-encoded",
        _WARNING,
        _SUSPECT,
        "The reference was percent-encoded twice; its target exists under the name encoded once.",
        "A server looks for a name with a literal percent sign and answers 404.",
        "Encode the name once: %E7%BE%8E, not %25E7%25BE%258E.",
    ),
    Rule(
        "url/swallowed-punctuation",
        _WARNING,
        _SUSPECT,
        "A bare URL swallows the full-width punctuation and text that follow it.",
        "Forges end a bare URL only at white space or `<`, so a reader who clicks asks for a page that does not exist.",
        "Put a space after the URL, or wrap it in < and >.",
    ),
    Rule(
        "url/empty",
        _WARNING,
        _SUSPECT,
        "An embedded reference is empty.",
        "An empty src asks the browser for nothing, or for the page itself again.",
        "Remove the attribute, or name the file it should load.",
    ),
    Rule(
        "url/unknown-scheme",
        _NOTE,
        _SUSPECT,
        "The scheme is not one that the web uses.",
        "It is often a typing error (`htpp:`), and nothing happens when a reader follows it.",
        "Correct the scheme.",
    ),
    Rule(
        "url/local-path",
        _ERROR,
        _BROKEN,
        "The reference names a file of one person's computer.",
        "`file:` URLs and drive letters work only on the machine where the page was written.",
        "Make the reference relative to its page.",
    ),
    Rule(
        "local/missing-file",
        _ERROR,
        _BROKEN,
        "The file that is referred to is not in the mirror.",
        "A reader who follows the reference gets an error.",
        "Correct the reference, restore the file, or take the suggestion.",
    ),
    Rule(
        "local/missing-fragment",
        _ERROR,
        _BROKEN,
        "The target has no such id, heading or line.",
        "The reader lands at the top of the page instead of the place that was meant.",
        "Correct the fragment, or give the element that id.",
    ),
    Rule(
        "local/wrong-case",
        _ERROR,
        _BROKEN,
        "The target exists only under a name in another case.",
        "It works on Windows and macOS and is a 404 on every Linux server and forge.",
        "Write the name as it is on disk.",
    ),
    Rule(
        "local/wrong-normalisation",
        _ERROR,
        _BROKEN,
        "The target exists only under another Unicode form of the name (NFC or NFD).",
        "The names look the same, but are different bytes: servers and git answer 404.",
        "Write the name in the form it has on disk; NFC is the web's usual form.",
    ),
    Rule(
        "local/missing-index",
        _ERROR,
        _BROKEN,
        "The reference leads to a folder that has no index.",
        "A server answers 403, 404 or a bare listing.",
        "Refer to a file of the folder, or give it an index.",
    ),
    Rule(
        "local/outside-mirror",
        _ERROR,
        _BROKEN,
        "The reference climbs above the mirror's root.",
        "What lies above the root is not published with the mirror.",
        "Correct the `../` steps, or tell the configuration where the mirror is published ([mirror] published).",
    ),
    Rule(
        "local/unreadable",
        _ERROR,
        _BROKEN,
        "A page could not be read.",
        "Nothing on it was checked.",
        "Mend the permissions, the disk or the file; or exclude it under [pages].",
    ),
    Rule(
        "local/too-large",
        _WARNING,
        _UNCHECKED,
        "A page is larger than the limit and was not read.",
        "Nothing on it was checked.",
        "Raise [pages] max_bytes, or exclude the file.",
    ),
    Rule(
        "local/bad-symlink",
        _WARNING,
        _SUSPECT,
        "A symbolic link dangles, loops or leaves the mirror.",
        "What it names is not part of the mirror and is missing in every copy of it.",
        "Replace the link by the file, or point it inside the mirror.",
    ),
    Rule(
        "local/name-collision",
        _NOTE,
        _SUSPECT,
        "Two names differ only by case or Unicode form.",
        "On Windows and macOS only one of them survives a clone or a copy.",
        "Rename one of them.",
    ),
    Rule(
        "local/undecodable",
        _WARNING,
        _SUSPECT,
        "A page is not in the character encoding that it declares.",
        "Readers see replacement characters, and references in them cannot be followed.",
        "Correct the declaration, or save the page as UTF-8.",
    ),
    Rule(
        "remote/not-found",
        _ERROR,
        _BROKEN,
        "The server says that there is no such page (404).",
        "A reader who follows the reference gets an error page.",
        "Find where the page went, refer to an archived copy, or remove the reference.",
    ),
    Rule(
        "remote/gone",
        _ERROR,
        _BROKEN,
        "The server says that the page was removed for good (410).",
        "It will not come back.",
        "Refer to an archived copy, or remove the reference.",
    ),
    Rule(
        "remote/client-error",
        _ERROR,
        _BROKEN,
        "The server refuses the request (another 4xx).",
        "A reader is likely to be refused as well.",
        "Open it in a browser; correct the reference, or accept the status for its host ([[remote.host]] accept).",
    ),
    Rule(
        "remote/server-error",
        _ERROR,
        _BROKEN,
        "The server fails (5xx), after several attempts.",
        "A reader gets an error page, at least for now.",
        "Wait a night; if it lasts, treat it as dead.",
    ),
    Rule(
        "remote/unexpected-status",
        _WARNING,
        _SUSPECT,
        "The server answers with a status that is no answer to a page's request.",
        "Browsers show something, nobody knows what.",
        "Open it in a browser; accept the status for its host if it is as it should be.",
    ),
    Rule(
        "remote/dns",
        _ERROR,
        _BROKEN,
        "The host's name does not resolve.",
        "The domain was given up, or is misspelt.",
        "Correct the host, refer to an archived copy, or remove the reference.",
    ),
    Rule(
        "remote/connection",
        _ERROR,
        _BROKEN,
        "No connection: refused, reset, or no way to the host.",
        "A reader sees an error of the browser.",
        "Wait a night; if it lasts, treat it as dead.",
    ),
    Rule(
        "remote/timeout",
        _ERROR,
        _BROKEN,
        "No answer in time.",
        "A reader waits, and goes.",
        "Wait a night, or raise the host's timeout ([[remote.host]] timeout).",
    ),
    Rule(
        "remote/tls",
        _ERROR,
        _BROKEN,
        "No secure connection: the certificate or the protocol is not accepted.",
        "Browsers warn the reader off.",
        "Use another address of the page, or tell its owner.",
    ),
    Rule(
        "remote/protocol",
        _ERROR,
        _BROKEN,
        "What the server sends is not HTTP.",
        "A browser shows nothing.",
        "Correct the scheme or the port, or remove the reference.",
    ),
    Rule(
        "remote/blocked",
        _WARNING,
        _SUSPECT,
        "The server does not answer programs: a login, a challenge, a refusal (401, 403, 451, 999).",
        "The page may be well, or gone: only a person can tell.",
        "Look at it in a browser; ignore the rule for its host, or configure a login ([[remote.host]]).",
    ),
    Rule(
        "remote/rate-limited",
        _WARNING,
        _SUSPECT,
        "The server asks for fewer requests (429), to the end.",
        "The page may be well: it could not be asked for.",
        "Ask the host more slowly ([[remote.host]] interval, per_host).",
    ),
    Rule(
        "remote/moved",
        _WARNING,
        _REDIRECTED,
        "The page has moved for good (301, 308).",
        "The redirect costs each reader a round trip, and may vanish.",
        "Refer to the new address, as the suggestion shows.",
    ),
    Rule(
        "remote/redirected",
        _NOTE,
        _REDIRECTED,
        "The page is elsewhere for now (302, 303, 307).",
        "It is often as it should be.",
        "Nothing, or allow it ([[remote.redirect]]).",
    ),
    Rule(
        "remote/redirect-loop",
        _ERROR,
        _BROKEN,
        "The redirects never end.",
        "A browser gives up.",
        "Correct the reference, or remove it.",
    ),
    Rule(
        "remote/bad-redirect",
        _ERROR,
        _BROKEN,
        "A redirect leads nowhere: without an address, or to what is no web page.",
        "A browser shows nothing.",
        "Correct the reference, or remove it.",
    ),
    Rule(
        "remote/redirected-home",
        _WARNING,
        _SUSPECT,
        "Instead of the page, the server shows its home page.",
        "That is how many sites hide that a page is gone.",
        "Look for the page; refer to an archived copy, or remove the reference.",
    ),
    Rule(
        "remote/soft-404",
        _WARNING,
        _SUSPECT,
        "The server says 200, and shows what it shows for any path that does not exist.",
        "The page is likely to be gone.",
        "Look at it in a browser; refer to an archived copy, or remove the reference.",
    ),
    Rule(
        "remote/missing-fragment",
        _WARNING,
        _BROKEN,
        "The page has no such id.",
        "The reader lands at the top of the page; or a script makes the id.",
        "Correct the fragment; ignore the rule for hosts whose ids are made by scripts.",
    ),
    Rule(
        "remote/private-address",
        _WARNING,
        _SUSPECT,
        "The host is on a private network, and was not asked.",
        "Readers elsewhere cannot reach it, and pages must not make a checker knock at its neighbours' doors.",
        "Remove the reference, or allow the host ([remote] allow_private).",
    ),
    Rule(
        "remote/unreachable-here",
        _NOTE,
        _SUSPECT,
        "The page answers elsewhere, but not from here.",
        "Readers here cannot reach it.",
        "Nothing, or refer to a copy that all can reach.",
    ),
    Rule(
        "mirror/leak",
        _WARNING,
        _SUSPECT,
        "The reference points at the origin although the mirror has a copy.",
        "Readers are led away from the mirror, and are lost when the origin vanishes.",
        "Refer to the copy, as the suggestion shows.",
    ),
    Rule(
        "mirror/orphan",
        _NOTE,
        _OK,
        "No page refers to this page.",
        "Readers can find it only by its address.",
        "Link to it, remove it, or list it under [pages] entry.",
    ),
    Rule(
        "mirror/not-live",
        _ERROR,
        _BROKEN,
        "The live site lacks a page of the folder.",
        "Readers of the site get an error where the mirror has a page.",
        "Publish it, or exclude it under [pages].",
    ),
    Rule(
        "mirror/not-here",
        _WARNING,
        _SUSPECT,
        "The folder lacks a page of the live site.",
        "The mirror is not whole: the page is lost with the site.",
        "Copy it, or exclude it under [site].",
    ),
    Rule(
        "suppression/unused",
        _NOTE,
        _OK,
        "A suppression silences nothing.",
        "It would hide the next fault at that place.",
        "Remove it.",
    ),
    Rule(
        "suppression/unknown-rule",
        _WARNING,
        _OK,
        "A suppression names no rule.",
        "It silences nothing; the finding it was meant for is still reported.",
        "Correct the name: `mirrorcheck rules` lists them.",
    ),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _TABLE}
FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(rule.family for rule in _TABLE))
