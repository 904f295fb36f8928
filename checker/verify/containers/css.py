"""CSS: blocks, strings and comments, closed to the end. https://www.w3.org/TR/css-syntax-3/"""

from __future__ import annotations

import re

from checker.verify.containers.flaw import Flaw, truncated

# Up to the next bracket, over all that can hide one; what is cut falls through to the last branch.
_QUIET = re.compile(
    rb"""(?:[^][(){}"'/\\uU]++
    |/(?!\*) | /\*(?:[^*]++|\*(?!/))*+\*/
    |"(?:[^"\\\n]++|\\.)*+["\n] | '(?:[^'\\\n]++|\\.)*+['\n]
    |\\.
    |[uU][rR][lL]\(\s*+(?!["'])(?:[^)\\]++|\\.)*+\) | [uU]
    )*+""",
    re.S | re.X,
)
_CLOSERS = {0x7B: 0x7D, 0x28: 0x29, 0x5B: 0x5D}
_NAMES = {0x22: "string", 0x27: "string", 0x2F: "comment", 0x5C: "escape", 0x75: "url()", 0x55: "url()"}
