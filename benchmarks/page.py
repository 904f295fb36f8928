"""The health page under load: `python -m benchmarks.page [--findings N]`.

A report of so many findings, each of another target, is written as the page, opened from the disk in headless Chromium,
and filtered, searched and sorted. Loading counts until the first rows are painted; the rest from the event until the
next picture is on the screen.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

import reports
from checker.model import (
    Finding,
    Health,
    Hop,
    Host,
    Level,
    Past,
    Report,
    Role,
    RunFigures,
    Seen,
    State,
    Totals,
    Verdict,
)

LOAD, FILTER = 3.0, 0.2  # seconds to reach
FLAGS = ["--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
RULES = ("remote/gone", "remote/not-found", "remote/moved", "remote/timeout", "local/missing-file")
# Two frames: what is waiting to be painted when the first begins is on the screen when the second does.
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
ACTIONS = {
    "search, few": "type('page-0777')",
    "search, half": "type('7')",
    "search, all": "type('host')",
    "search, none": "type('no such text')",
    "search cleared": "type('')",
    "rule": "pick('rule', 2)",
    "rule and search": "type('99')",
    "rule given up": "pick('rule', 0)",
    "host and search": "pick('host', 3)",
    "host": "type('')",
    "host given up": "pick('host', 0)",
    "state": "pick('state', 1)",
    "state given up": "pick('state', 0)",
}
SORTS = {"sort by pages": "head(4)", "sort by target": "head(1)"}
HELPERS = """
window.type = (text) => { const field = document.getElementById('search'); field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true })); };
window.pick = (name, index) => { const field = document.getElementById(name); field.selectedIndex = index;
    field.dispatchEvent(new Event('input', { bubbles: true })); };
window.head = (index) => document.querySelectorAll('#grid th button')[index].click();
0
"""


def made(findings: int, seed: int) -> Report:
    """So many findings of as many targets, on a thousand hosts, with thirty runs behind them."""
    draw = random.Random(seed)
    found, past = [], []
    for number in range(findings):
        rule = draw.choice(RULES)
        url = f"https://host{draw.randrange(1_000)}.example.org/some/path/page-{number:06}.html"
        target = f"some/folder/page-{number:06}.html" if rule.startswith("local") else url
        page = f"pages/{draw.randrange(500):03}/n{draw.randrange(20_000):05}.md"
        state = State.NEW if draw.random() < 0.01 else State.KNOWN
        moved = rule == "remote/moved"
        found.append(
            Finding(
                rule,
                Level.WARNING if moved else Level.ERROR,
                page,
                draw.randrange(1, 900),
                7,
                "301: moved for good" if moved else "410: gone for good",
                Role.LINK,
                target,
                target,
                Verdict.REDIRECTED if moved else Verdict.BROKEN,
                301 if moved else 410,
                (Hop(301, f"{url}?new"),) if moved else (),
                f"{url}?new" if moved else None,
                f"{number:x}",
                state,
            )
        )
        if target is url:
            seen = tuple(Seen(run, Verdict.BROKEN, 410) for run in (1, 30))
            past.append(Past(url, "2026-10-29T03:17:00Z", None, 30, seen))
    totals = Totals(20_000, 5 * findings, 0, 2 * findings, 0, {Verdict.OK: findings, Verdict.BROKEN: findings})
    runs = tuple(
        RunFigures(run, f"2026-11-{run:02}T03:17:00Z", f"2026-11-{run:02}T03:47:00Z", True, totals, 9, 9, 9, 0.2)
        for run in range(1, 31)
    )
    hosts = tuple(
        Host(f"host{number}.example.org", 200, {Verdict.OK: 100, Verdict.BROKEN: 100}) for number in range(1_000)
    )
    health = Health(runs, hosts, tuple(past), (), "2026-11-29T03:17:00Z")
    found.sort(key=lambda finding: finding.order)
    times = ("2026-11-30T03:17:00Z", "2026-11-30T03:47:00Z")
    return Report("0", *times, "site", "/site", ("https://m.example/",), totals, tuple(found), health=health)


def _acted(page: Page, action: str) -> float:
    """Seconds from an event until what it changes is on the screen."""
    body = f"const began = performance.now(); {action}; await {PAINTED}; return performance.now() - began;"
    milliseconds: float = page.evaluate(f"(async () => {{ {body} }})()")
    return milliseconds / 1000


def main() -> int:
    """0 where the page is as quick as it should be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--findings", type=int, default=100_000, metavar="N")
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    arguments = parser.parse_args()
    report = made(arguments.findings, arguments.seed)
    loads: list[float] = []
    took: dict[str, list[float]] = {name: [] for name in ACTIONS | SORTS}
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder, "health.html")
        began = time.perf_counter()
        with file.open("w", encoding="utf-8") as stream:
            reports.write("html", report, stream)
        wrote = time.perf_counter() - began
        print(f"{arguments.findings:,} findings: {file.stat().st_size / 1e6:.1f} MB, written in {wrote:.1f} s")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for _ in range(arguments.runs):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            began = time.perf_counter()
            page.goto(file.as_uri())
            page.evaluate(PAINTED)
            loads.append(time.perf_counter() - began)
            page.evaluate(HELPERS)
            page.wait_for_timeout(500)  # nobody types sooner
            for name, action in (ACTIONS | SORTS).items():
                took[name].append(_acted(page, action))
            page.close()
        browser.close()
    print(f"  load                {median(loads):.2f} s, at most {max(loads):.2f} (to reach: {LOAD})")
    for name, times in took.items():
        aim = f" (to reach: {FILTER})" if name in ACTIONS else ""
        print(f"  {name:<20}{median(times):.3f} s, at most {max(times):.3f}{aim}")
    slow = [name for name in ACTIONS if median(took[name]) > FILTER]
    return 1 if slow or median(loads) > LOAD else 0


if __name__ == "__main__":
    sys.exit(main())
