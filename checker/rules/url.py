"""Rules on how a reference is written."""

from __future__ import annotations

from checker.model import Level, Verdict
from checker.rules.codes import Code
from checker.rules.row import Needs, Rule, Scope

RULES = (
    Rule(
        name=Code.URL_INVALID,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.REFERENCE,
        summary="The reference is not a URL: no browser can parse it.",
        why="Nothing happens when a reader follows it.",
        mend="Correct the host, the port or the brackets.",
        message="cannot be parsed as a URL",
    ),
    Rule(
        name=Code.URL_REPAIRED_BY_BROWSERS,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.REFERENCE,
        summary="The URL is malformed and works only because browsers repair it.",
        why=(
            "Backslashes, spaces, line breaks or missing slashes are repaired by browsers, but not by feed readers, "
            "crawlers, mirroring tools or Markdown renderers."
        ),
        mend="Write the repaired form that the suggestion shows.",
        message="browsers repair it; the suggestion shows how",
    ),
    Rule(
        name=Code.URL_DOUBLE_ENCODED,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.REFERENCE,
        needs=(Needs.TARGETS,),
        summary="The reference was percent-encoded twice; its target exists under the name encoded once.",
        why="A server looks for a name with a literal percent sign and answers 404.",
        mend="Encode the name once: %E7%BE%8E, not %25E7%25BE%258E.",
    ),
    Rule(
        name=Code.URL_SWALLOWED_PUNCTUATION,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.REFERENCE,
        summary="A bare URL swallows the full-width punctuation and text that follow it.",
        why=(
            "Forges end a bare URL only at white space or `<`, so a reader who clicks on it is led to a page that does "
            "not exist."
        ),
        mend="Put a space after the URL, or wrap it in < and >.",
        message="the forge takes the text after the URL as part of it",
    ),
    Rule(
        name=Code.URL_EMPTY,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.REFERENCE,
        summary="An embedded reference is empty.",
        why="With an empty `src`, a browser loads nothing, or the page itself again.",
        mend="Remove the attribute, or name the file it should load.",
        message="the attribute is empty",
    ),
    Rule(
        name=Code.URL_EMPTY_LINK,
        level=Level.NOTE,
        verdict=Verdict.SUSPECT,
        scope=Scope.REFERENCE,
        summary="A link has no address.",
        why="It leads back to the page that the reader is on, where most often an address was to be filled in.",
        mend="Fill the address in, or remove the link. `#` says that the page itself is meant.",
        message="the link leads back to its own page",
    ),
    Rule(
        name=Code.URL_UNDEFINED_REFERENCE,
        level=Level.NOTE,
        verdict=Verdict.SUSPECT,
        scope=Scope.REFERENCE,
        summary="A reference link of Markdown has no definition.",
        why="The reader sees its text and its label in brackets, and no link.",
        mend="Add the definition, `[label]: address`, or correct the label.",
        message="no definition on the page has this label",
    ),
    Rule(
        name=Code.URL_LOST_LINK,
        level=Level.WARNING,
        verdict=Verdict.SUSPECT,
        scope=Scope.REFERENCE,
        summary="A link of Markdown has blanks in its address, and so is none.",
        why="The reader sees its brackets and its address, and no link.",
        mend="Write %20 for each blank, or put the address in < and >.",
        message="an address ends at a blank, so that this is text",
    ),
    Rule(
        name=Code.URL_UNKNOWN_SCHEME,
        level=Level.NOTE,
        verdict=Verdict.SUSPECT,
        scope=Scope.REFERENCE,
        summary="The scheme is not one that the web uses.",
        why="It is often a typing error (`htpp:`), and nothing happens when a reader follows it.",
        mend="Correct the scheme.",
        message="{scheme!r} is not a scheme of the web",
    ),
    Rule(
        name=Code.URL_LOCAL_PATH,
        level=Level.ERROR,
        verdict=Verdict.BROKEN,
        scope=Scope.REFERENCE,
        summary="The reference names a file on one person's computer, or what only one browser or program has.",
        why=(
            "`file:` URLs and drive letters work only where the page was written. A `blob:` URL lives as "
            "long as the page that made it, and the pages of an extension are in the browser that has it. "
            "Of other schemes than the web's (`cid:`, `content:`, `ftp:`) no browser embeds anything."
        ),
        mend="Put what it names into the mirror, and make the reference relative to its page.",
        message="names {what}",
    ),
)
