"""Verdicts on remote URLs and fragments: which have a fault, and which have no verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from checker.model import Reason, Unchecked
from checker.rules.codes import Code
from checker.sweep.keys import remote_key
from checker.verify.known import Answer
from checker.verify.placeholder import Pictures


class Verdicts:
    """Verdicts of a run on remote URLs, by `remote_key`."""

    def __init__(self, ignored: Callable[[str, str], bool] = lambda _url, _rule: False) -> None:
        """`ignored(url, rule)`: whether the configuration ignores a rule for the URL's host."""
        self._ignored = ignored
        self._pictures = Pictures()
        self.embedded: set[int] = set()  # URLs that pages embed
        self.unlooked: set[int] = set()  # those that are asked for as links: an error page may be where they moved to
        self.answers: dict[int, Answer] = {}  # only for URLs and fragments with a fault
        self.mismatches: dict[int, str] = {}  # key of a URL and an `integrity` -> the evidence
        self.unchecked: Counter[Reason] = Counter()  # reason -> number of URLs
        self.left: set[int] = set()  # keys of those URLs and of their fragments

    def allowed(self, url: str, answer: Answer) -> Answer:
        """The answer without faults that the configuration ignores for the host, and without a blind suggestion."""
        if answer.suggestion and remote_key(url, "") in self.unlooked:
            answer = answer._replace(suggestion=None)
        if answer.rule and self._ignored(url, answer.rule):
            answer = answer._replace(rule="")
        if answer.flaw and self._ignored(url, answer.flaw.rule):
            answer = answer._replace(flaw=None)
        return answer

    def conclude(self, url: str, fragments: tuple[str, ...], answer: Answer, *, embedded: bool) -> None:
        """Keep the faults of a URL and of its fragments. `embedded`: it was examined as an asset."""
        key = remote_key(url, "")
        keys = [remote_key(url, fragment) for fragment in fragments]
        if embedded or key not in self.embedded:  # an answer as an asset says more than one as a link
            keys.append(key)
        for each in keys:
            self.answers.pop(each, None)
        if answer.rule or answer.flaw:
            self.answers |= dict.fromkeys(keys, answer)
        for fragment in answer.missing:
            self.answers[remote_key(url, fragment)] = answer

    def mismatch(self, url: str, integrity: str, message: str) -> None:
        """Note the evidence that a URL does not have the hash that a page states."""
        self.mismatches[remote_key(url, integrity)] = message

    def note_picture(self, url: str, picture_hash: int) -> None:
        """Note the hash of a picture; 0: it is not known."""
        if picture_hash and not self._ignored(url, Code.ASSET_PLACEHOLDER):
            self._pictures.add(url, remote_key(url, ""), picture_hash)

    def compare_pictures(self) -> None:
        """Find placeholders: pictures that a host shows in place of many."""
        for key, flaw in self._pictures.placeholders():
            self.answers[key] = self.answers.get(key, Answer(status=200))._replace(flaw=flaw)

    def leave(self, reason: Reason, url: str, fragments: Iterable[str] = ()) -> None:
        """Count a URL and its fragments as not asked for."""
        self.unchecked[reason] += 1
        self.miss(url, fragments)

    def leave_parts(self, url: str, fragments: tuple[str, ...]) -> None:
        """Count fragments of a page as not looked for where it was not read."""
        if fragments:
            self.unchecked[Unchecked.UNREAD] += len(fragments)
            self.left.update(remote_key(url, fragment) for fragment in fragments)

    def miss(self, url: str, fragments: Iterable[str] = ()) -> None:
        """Note that a URL and its fragments have no verdict."""
        self.left.add(remote_key(url, ""))
        self.left.update(remote_key(url, fragment) for fragment in fragments)

    def found(self, url: str, fragments: Iterable[str]) -> None:
        """Note that a URL and its fragments have a verdict after all."""
        self.left.difference_update(remote_key(url, fragment) for fragment in ("", *fragments))
