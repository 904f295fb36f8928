"""What asking brought: what is wrong with URLs and fragments of them, and which of them have no verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from checker.model import Reason
from checker.rules.codes import Code
from checker.sweep.keys import remote_key
from checker.verify.placeholder import Pictures
from checker.verify.remote import Answer


class Verdicts:
    """Verdicts of a run on remote URLs, by `remote_key`."""

    def __init__(self, ignored: Callable[[str, str], bool] = lambda _url, _rule: False) -> None:
        """`ignored(url, rule)`: whether the configuration lets a host break a rule."""
        self._ignored = ignored
        self._pictures = Pictures()
        self.embedded: set[int] = set()  # URLs that pages embed
        self.answers: dict[int, Answer] = {}  # only where something is wrong
        self.mismatches: dict[int, str] = {}  # of a URL and its `integrity`: how they differ
        self.unchecked: Counter[Reason] = Counter()  # reason -> URLs
        self.left: set[int] = set()  # those, and fragments of them

    def allowed(self, url: str, answer: Answer) -> Answer:
        """An answer without what the configuration lets its host do."""
        if answer.rule and self._ignored(url, answer.rule):
            answer = answer._replace(rule="")
        if answer.flaw and self._ignored(url, answer.flaw.rule):
            answer = answer._replace(flaw=None)
        return answer

    def conclude(self, url: str, fragments: tuple[str, ...], answer: Answer, *, embedded: bool) -> None:
        """Keep what is wrong with a URL, and with fragments of it. `embedded`: it was looked at as an asset."""
        key = remote_key(url, "")
        keys = [remote_key(url, fragment) for fragment in fragments]
        if embedded or key not in self.embedded:  # else its answer as an asset says more
            keys.append(key)
        for each in keys:
            self.answers.pop(each, None)
        if answer.rule or answer.flaw:
            self.answers |= dict.fromkeys(keys, answer)
        for fragment in answer.missing:
            self.answers[remote_key(url, fragment)] = answer

    def mismatch(self, url: str, integrity: str, message: str) -> None:
        """Note how a URL differs from the hash that a page states."""
        self.mismatches[remote_key(url, integrity)] = message

    def show(self, url: str, looks: int) -> None:
        """Note what a picture looks like; 0: nothing is known of that."""
        if looks and not self._ignored(url, Code.ASSET_PLACEHOLDER):
            self._pictures.add(url, remote_key(url, ""), looks)

    def compare_pictures(self) -> None:
        """Find what a host shows in place of many pictures."""
        for key, flaw in self._pictures.placeholders():
            self.answers[key] = self.answers.get(key, Answer(status=200))._replace(flaw=flaw)

    def leave(self, reason: Reason, url: str, fragments: Iterable[str] = ()) -> None:
        """Count a URL as not asked for, nor fragments of it."""
        self.unchecked[reason] += 1
        self.miss(url, fragments)

    def miss(self, url: str, fragments: Iterable[str] = ()) -> None:
        """Note that a URL, and fragments of it, have no verdict."""
        self.left.add(remote_key(url, ""))
        self.left.update(remote_key(url, fragment) for fragment in fragments)

    def found(self, url: str, fragments: Iterable[str]) -> None:
        """Note that they have one after all."""
        self.left.difference_update(remote_key(url, fragment) for fragment in ("", *fragments))
