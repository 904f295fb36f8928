"""Converts an answer of a remote URL to its row in the history, and the row to the answer."""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from typing import TYPE_CHECKING

from checker import logins
from checker.history.rows import hops_of, hops_text, packed, signed, unpacked
from checker.history.schema import Answered, Stored
from checker.model import Verdict
from checker.rules import RULES
from checker.sweep.keys import remote_key

if TYPE_CHECKING:  # an offline run does not need the network
    from checker.verify.known import Known

FINE = frozenset({Verdict.OK, Verdict.REDIRECTED})
_UNSIGNED = (1 << 64) - 1


def row_of(url: str, known: Known, series: int, run: int, asked: datetime) -> Answered:
    """The row that a run keeps of a URL. It never contains a login."""
    answer = known.answer
    verdict = RULES[answer.rule].verdict if answer.rule else Verdict.OK
    if answer.flaw and verdict in FINE:
        verdict = RULES[answer.flaw.rule].verdict
    public = logins.hidden(url)
    return Answered(
        series=series,
        key=signed(remote_key(public, "")),
        url=public,
        run=run,
        asked=int(asked.timestamp()),
        verdict=str(verdict),
        rule=answer.rule,
        message=logins.hidden_in(answer.message).encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00"),
        status=answer.status,
        hops=hops_text(answer.hops),
        suggestion=answer.suggestion and logins.hidden(answer.suggestion),
        latency=known.latency,
        media=known.media,
        read=run if known.read else None,
        ids=None if known.ids is None else packed(known.ids),
        etag=known.etag,
        modified=known.modified,
        looked=run if known.role else None,
        role=known.role or None,
        looks=signed(known.picture_hash),
        flaw=json.dumps(answer.flaw) if answer.flaw else None,
    )


def known_of(row: Stored) -> Known:
    """The answer that a row of the history keeps."""
    from checker.verify.containers.flaw import Flaw
    from checker.verify.known import Answer, Known

    answer = Answer(row.rule, row.message, row.status, hops_of(row.hops), row.suggestion)
    if row.flaw:
        answer = answer._replace(flaw=Flaw(*json.loads(row.flaw)))
    try:
        ids = None if row.ids is None else unpacked(row.ids)
    except (ValueError, zlib.error):  # damage that SQLite does not see: the body counts as not read
        return Known(answer, row.latency, row.media or "")
    known = Known(answer, row.latency, row.media or "", row.read is not None, ids, row.etag or "", row.modified or "")
    return known._replace(role=row.role or "", picture_hash=(row.looks or 0) & _UNSIGNED)
