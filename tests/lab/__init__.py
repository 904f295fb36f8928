"""The fault lab: a loopback server whose paths are behaviours, each with the verdict it must get."""

import os
from pathlib import Path

# Where the programs are that tests run: Debian keeps PostgreSQL's out of the way.
PATH = os.pathsep.join([os.environ["PATH"], *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin")))])
PATIENCE = 120.0  # seconds that a test waits for what soon comes, on a machine that has much else to do
