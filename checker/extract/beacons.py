"""The URLs of well-known web beacons, which are embedded to count readers, not to be seen."""

from __future__ import annotations

import re

# Hosts and paths as their owners document them.
_BEACON = re.compile(
    r"https?://(?:[^/]*\.)?(?:"
    r"google-analytics\.com/(?:[jgr]/)?(?:collect|__utm\.gif)"
    r"|googletagmanager\.com/ns\.html|googleadservices\.com/pagead/conversion"
    r"|doubleclick\.net/(?:activity|pagead)"
    r"|facebook\.com/tr(?:/|\?)"
    r"|bat\.bing\.com/action|clarity\.ms/c\.gif"
    r"|px\.ads\.linkedin\.com/|analytics\.twitter\.com/i/|t\.co/i/adsct"
    r"|pixel\.quantserve\.com/|scorecardresearch\.com/[bp]\?"
    r"|(?:pixel|stats)\.wp\.com/[bg]\.gif"
    r"|mc\.yandex\.(?:ru|com)/watch/|counter\.yadro\.ru/hit|top-fwz1\.mail\.ru/counter"
    r"|hm\.baidu\.com/hm\.(?:gif|js)|c\.statcounter\.com/"
    r"|[^/]+/(?:[^?]*/)?(?:matomo|piwik)\.php\?"
    r"|[^/]+/(?:[^?]*/)?(?:pixel|beacon|tracking|counter|impression|1x1|utm)\.(?:gif|png)(?:\?|$)"
    r")",
    re.I,
)


def is_beacon(url: str) -> bool:
    """Whether a URL looks like that of a well-known beacon."""
    return _BEACON.match(url) is not None
