"""The health page in headless Chromium: it asks for nothing, runs nothing of a mirror, and works by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from payloads import PAYLOADS, report_of
from playwright.sync_api import Browser, Page, expect, sync_playwright

import reports
from checker.model import (
    Finding,
    Grade,
    Health,
    Hop,
    Host,
    Level,
    Past,
    Report,
    Role,
    RunFigures,
    Section,
    Seen,
    State,
    Totals,
    Verdict,
)

pytestmark = pytest.mark.needs("chromium")

FLAGS = ["--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")

# What is made for browsers, besides what any reader of a report can meet.
MARKUP = {
    "end of the data": "</script><script>alert(1)</script>",
    "end of the style": "</style><script>alert(1)</script>",
    "begin of a comment in a script": "<!--<script>alert(1)",
    "end of CDATA": "]]><script>alert(1)</script>",
    "image that fails": "<img src=x onerror=alert(1)>",
    "svg": "<svg onload=alert(1)>",
    "svg script": "<svg><script xlink:href='data:,alert(1)'></script></svg>",
    "math": "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    "frame": "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "object": "<object data='javascript:alert(1)'></object>",
    "base": "<base href='https://evil.example/'>",
    "refresh": "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "form": "<form action=https://evil.example/><button>x</button></form>",
    "autofocus": '" autofocus onfocus="alert(1)" x="',
    "attribute without quotes": "x onmouseover=alert(1) y=",
    "details": "<details open ontoggle=alert(1)>",
    "video": "<video><source onerror=alert(1)></video>",
    "style": "<style>*{background:url(https://evil.example/)}</style>",
    "link": "<link rel=stylesheet href=https://evil.example/x.css>",
    "preload": "<link rel=preload as=image href=https://evil.example/x.png>",
    "import": "<script type=module>import 'https://evil.example/x.js'</script>",
    "template of Jinja": "{{ 7 * 7 }}{% include 'page.html' %}{# x",
    "template literal": "${alert(1)}`",
    "JSON string": '","x":"</script>',
    "escape of JSON": "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "prototype": "__proto__",
    "constructor": "constructor",
    "javascript": "javascript:alert(document.domain)",
    "javascript in capitals": "JaVaScRiPt:alert(1)",
    "javascript after a tab": "java\tscript:alert(1)",
    "javascript after a control": "\x01javascript:alert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "vbscript": "vbscript:msgbox(1)",
    "web address that breaks out": 'https://h.example/"onclick="alert(1)',
    "web address with a user": "https://good.example@evil.example/",
    "web address without a host": "http://",
    "web address that cannot be parsed": "http://[::1",
    "relative protocol": "//evil.example/x.png",
    "entities": "&lt;img src=x onerror=alert(1)&gt;",
    "UTF-7": "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "noscript": "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "template element": "<template><script>alert(1)</script></template>",
    "select": "</option></select><script>alert(1)</script>",
    "title": "</title><script>alert(1)</script>",
    "table": "</td></tr></table><script>alert(1)</script>",
}
assert len(MARKUP) >= 40


class Watched:
    """A tab, and all that it did."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", self._dialog)
        page.on("popup", lambda popup: self.requests.append(popup.url))

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def focused(self) -> str:
        """The text of what has the focus."""
        text: str = self.page.evaluate("document.activeElement.textContent")
        return text

    def rows(self) -> list[str]:
        """The targets of the rows that are drawn."""
        return self.page.locator("#grid tbody .target").all_text_contents()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def opened(browser: Browser, folder: Path, report: Report, **context: Any) -> Iterator[Watched]:
    """A report as its page, opened from the disk; it has made no request but for itself when it is closed."""
    file = folder / "health.html"
    with file.open("w", encoding="utf-8") as stream:
        reports.write("html", report, stream)
    with browser.new_context(**context) as made:
        watched = Watched(made.new_page())
        watched.page.goto(file.as_uri())
        yield watched
        assert watched.requests == [file.as_uri()]
        assert watched.dialogs == []
        assert watched.said == []


def health(targets: int = 300) -> Report:
    """A report with a history, of so many broken targets."""
    hosts = ["a.example", "b.example", "c.example"]
    findings = []
    for number in range(targets):
        url = f"https://{hosts[number % 3]}/page-{number:05}"
        for page in range(1 + number % 3):
            findings.append(
                Finding(
                    "remote/gone" if number % 2 else "remote/moved",
                    Level.ERROR if number % 2 else Level.WARNING,
                    f"pages/{page}.md",
                    number + 1,
                    3,
                    "410: gone for good" if number % 2 else "301: moved",
                    Role.LINK,
                    url,
                    url,
                    Verdict.BROKEN if number % 2 else Verdict.REDIRECTED,
                    410 if number % 2 else 200,
                    () if number % 2 else (Hop(301, f"{url}/new"),),
                    None if number % 2 else f"{url}/new",
                    f"{number}.{page}",
                    State.NEW if number == 1 else State.KNOWN,
                )
            )
    verdicts = {Verdict.OK: targets, Verdict.REDIRECTED: targets // 2, Verdict.BROKEN: targets // 2}
    totals = Totals(3, 900, 5, targets * 2, 0, verdicts, unchecked={"offline": 2})
    runs = tuple(
        RunFigures(run, f"2026-11-{run:02}T03:17:00Z", f"2026-11-{run:02}T03:18:00Z", True, totals, 1, 1, 9, run / 100)
        for run in range(1, 28)
    )
    past = Past(
        "https://b.example/page-00001",
        "2026-11-20T03:17:00Z",
        "2026-11-19T03:17:00Z",
        8,
        tuple(Seen(run, Verdict.OK, 200) if run < 20 else Seen(run, Verdict.BROKEN, 410) for run in range(1, 28)),
    )
    seen = tuple(Host(name, targets // 3, {Verdict.OK: 5, Verdict.BROKEN: targets // 3 - 5}, 0.05) for name in hosts)
    gone = (replace(findings[0], target="https://a.example/mended", fingerprint="gone"),)
    return Report(
        "1",
        "2026-11-27T03:17:00Z",
        "2026-11-27T03:18:00Z",
        "site",
        "/site",
        ("https://mirror.example/",),
        totals,
        tuple(findings),
        sections=(Section("pages", 3, 900, 12, 11), Section("", 1, 2)),
        health=Health(runs, seen, (past,), gone, "2026-11-26T03:17:00Z"),
    )


@pytest.mark.parametrize("payloads", [PAYLOADS, MARKUP], ids=["readers", "browsers"])
def test_nothing_of_a_hostile_mirror_runs_or_is_asked_for(
    browser: Browser, tmp_path: Path, payloads: dict[str, str]
) -> None:
    texts = [text[:5_000] for text in payloads.values()]
    report = report_of(*texts)
    runs = tuple(RunFigures(run, f"2026-11-0{run}T03:17:00Z", "", True, Totals()) for run in (1, 2))
    past = tuple(Past(text, None, None, 1, (Seen(1, Verdict.BROKEN, 404),)) for text in texts)
    assert report.health
    report = replace(report, source=" ".join(texts), health=replace(report.health, runs=runs, past=past))
    with opened(browser, tmp_path, report, viewport={"width": 390, "height": 844}) as tab:
        assert tab.page.evaluate("document.documentElement.scrollWidth") == 390
        rows = int(tab.page.get_attribute("#grid", "aria-rowcount") or 0) - 1
        assert rows > len(texts)
        tab.page.focus("#grid tbody tr[tabindex='0']")
        for row in range(2, rows + 2):
            tab.page.wait_for_selector(f"#grid tr[aria-rowindex='{row}']:focus")
            tab.page.keyboard.press("Enter")
            tab.page.keyboard.press("Escape")
            tab.page.keyboard.press("ArrowDown")
        for text in texts:
            tab.page.fill("#search", text)
        hrefs = tab.page.evaluate("[...document.querySelectorAll('[href]')].map((each) => each.getAttribute('href'))")
        assert {href for href in hrefs if not href.startswith("#")} == {"data:,"}


def test_only_web_addresses_are_links_and_tell_nobody_where_they_are(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, health()) as tab:
        tab.page.fill("#search", "page-00000")
        tab.page.locator("#grid tbody tr").click()
        links = tab.page.locator("#drawer a")
        assert links.evaluate_all("(all) => all.map((each) => each.href)") == [
            "https://a.example/page-00000",
            "https://a.example/page-00000/new",
        ]
        for rel in links.evaluate_all("(all) => all.map((each) => each.rel)"):
            assert set(rel.split()) == {"noopener", "noreferrer", "nofollow"}


def test_pages_of_a_live_mirror_are_links(browser: Browser, tmp_path: Path) -> None:
    report = health(3)
    live = replace(report.findings[0], page="https://m.example/a", target="b.html", line=4, column=2)
    with opened(browser, tmp_path, replace(report, findings=(live,), sections=(), health=None)) as tab:
        tab.page.locator("#grid tbody tr").click()
        assert tab.page.inner_text("#drawer .place") == "https://m.example/a:4:2"
        assert tab.page.get_attribute("#drawer .place a", "href") == "https://m.example/a"


def test_only_rows_in_sight_are_drawn_and_keys_reach_them_all(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, health(5_000)) as tab:
        assert tab.page.get_attribute("#grid", "aria-rowcount") == "5001"
        assert len(tab.rows()) < 60
        tab.page.focus("#grid tbody tr[tabindex='0']")
        tab.page.keyboard.press("ArrowDown")
        assert tab.page.evaluate("document.activeElement.getAttribute('aria-rowindex')") == "3"
        tab.page.keyboard.press("End")
        expect(tab.page.locator("tr[aria-rowindex='5001']")).to_be_focused()
        assert len(tab.rows()) < 60
        tab.page.keyboard.press("Home")
        expect(tab.page.locator("tr[aria-rowindex='2']")).to_be_focused()


def test_a_drawer_opens_by_key_and_gives_the_focus_back(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, health()) as tab:
        tab.page.focus("#grid tbody tr[tabindex='0']")
        before = tab.focused()
        assert before.startswith("errornewhttps://b.example/page-00001")
        tab.page.keyboard.press("Enter")
        assert tab.focused() == "https://b.example/page-00001"
        text = tab.page.inner_text("#drawer")
        for said in (
            "2 places on 2 pages",
            "pages/0.md:2:3",
            "Fails since 20 Nov 2026, 8 runs in a row. Last good on 19 Nov 2026.",
            "1 Nov 2026 to 19 Nov 2026",
            "broken, 410",
        ):
            assert said in text
        tab.page.keyboard.press("Escape")
        assert tab.focused() == before
        assert not tab.page.is_visible("#drawer")


def test_rows_are_searched_filtered_and_sorted(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, health()) as tab:
        page = tab.page
        assert page.inner_text("#count") == "300"

        page.fill("#search", "PAGE-0000")
        assert page.inner_text("#count") == "10 of 301"
        page.fill("#search", "")
        page.select_option("#rule", label="remote/gone (150)")
        page.select_option("#host", label="b.example (100)")
        assert page.inner_text("#count") == "50 of 301"
        assert all(target.startswith("https://b.example/") for target in tab.rows())

        page.press("#host", "Tab")
        assert tab.focused() == "Clear"
        page.keyboard.press("Enter")
        expect(page.locator("#count")).to_have_text("300")
        page.select_option("#state", label="fixed (1)")
        assert tab.rows() == ["https://a.example/mended"]
        page.select_option("#state", label="new (1)")
        assert tab.rows() == ["https://b.example/page-00001"]
        page.fill("#search", "no such text")
        assert page.is_visible("#nothing")
        page.click("text=Clear")
        expect(page.locator("#count")).to_have_text("300")

        page.focus("#grid th:nth-child(5) button")
        page.keyboard.press("Enter")
        assert page.get_attribute("#grid th:nth-child(5)", "aria-sort") == "descending"
        assert page.inner_text("#grid tbody tr:first-child td:nth-child(5)") == "3"
        page.keyboard.press("Enter")
        assert page.get_attribute("#grid th:nth-child(5)", "aria-sort") == "ascending"
        assert page.inner_text("#grid tbody tr:first-child td:nth-child(5)") == "1"


def test_a_host_leads_to_its_targets(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, health()) as tab:
        tab.page.click("th.host a >> text=c.example")
        assert tab.page.inner_text("#count") == "100 of 301"
        assert all(target.startswith("https://c.example/") for target in tab.rows())


def test_a_section_leads_to_its_targets_as_often_as_it_is_asked(browser: Browser, tmp_path: Path) -> None:
    report = health(30)
    outside = replace(report.findings[0], page="top.md", target="https://z.example/", fingerprint="z")
    with opened(browser, tmp_path, replace(report, findings=(*report.findings, outside))) as tab:
        for _ in range(2):
            tab.page.evaluate("scrollTo(0, 0)")
            tab.page.click(".sections a >> text=outside the folders")
            assert tab.page.url.endswith("#section=outside%20the%20folders")
            assert tab.rows() == ["https://z.example/"]
            expect(tab.page.locator("#targets")).to_be_in_viewport()
            expect(tab.page.locator("#targets")).to_be_focused()


def mendable(root: Path) -> Report:
    """A report on a clone: two files are named wrongly, one is gone, and a host does not answer clearly."""
    (root / ".git").mkdir(exist_ok=True)
    stood = {"a": "2026-11-26T03:17:00Z", "b": "2026-11-27T03:17:00Z"}
    report = health(30)
    wrong = [
        replace(
            report.findings[0],
            rule="local/wrong-case",
            level=Level.ERROR,
            page=page,
            line=7,
            target="docs/Guide.md",
            reference="Guide.md",
            verdict=Verdict.BROKEN,
            hops=(),
            suggestion="guide.md",
            grade=Grade.CERTAIN,
            fingerprint=mark,
        )
        for page, mark in (("docs/a b.md", "a"), ("top.md", "b"))
    ]
    lost = replace(wrong[0], rule="local/missing-file", target="lost.md", suggestion=None, grade=None, fingerprint="c")
    slow = replace(lost, rule="remote/timeout", target="http://127.0.0.1:81/x", verdict=Verdict.SUSPECT)
    other = replace(slow, target="http://127.0.0.1:82/x", fingerprint="d", state=State.NEW)
    assert report.health
    return replace(
        report,
        root=str(root),
        lines="https://github.com/o/r/blob/main/{page}?plain=1#L{line}",
        findings=(*wrong, lost, slow, other),
        health=replace(report.health, stood=stood),
        owners={"b": "ann <script>"},
    )


@pytest.mark.parametrize("height", [844, 667])
def test_what_to_mend_first_is_on_the_second_screen_of_a_phone_at_most(
    browser: Browser, tmp_path: Path, height: int
) -> None:
    report = mendable(tmp_path)
    reasons = {f"a long reason that a mirror has, number {number}": 1 for number in range(50)}
    report = replace(report, totals=replace(report.totals, unchecked=reasons))
    with opened(browser, tmp_path, report, viewport={"width": 390, "height": height}) as tab:
        assert tab.page.evaluate("document.getElementById('mend').getBoundingClientRect().top") < 2 * height
        targets = tab.page.locator(".queue .target").all_text_contents()
        assert targets == ["docs/Guide.md", "lost.md", "http://127.0.0.1:82/x", "http://127.0.0.1:81/x"]


def test_a_suggestion_and_a_command_are_copied(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = {"permissions": ["clipboard-read", "clipboard-write"]}
    with opened(browser, tmp_path, mendable(tmp_path), **options) as tab:
        for name, text in (
            ("Copy the suggestion", "guide.md"),
            ("Copy the command", "mirrorcheck fix --select local/wrong-case 'docs/a b.md' top.md"),
        ):
            tab.page.locator(".queue").get_by_label(name).first.click()
            expect(tab.page.locator("#told")).to_have_text("Copied.")
            assert tab.page.evaluate("navigator.clipboard.readText()") == text


def test_a_place_leads_to_its_line_on_the_forge(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, mendable(tmp_path)) as tab:
        tab.page.locator(".queue .target a").first.click()
        links = tab.page.locator("#drawer .place a").evaluate_all("(all) => all.map((each) => each.href)")
        assert links == [
            "https://github.com/o/r/blob/main/docs/a%20b.md?plain=1#L7",
            "https://github.com/o/r/blob/main/top.md?plain=1#L7",
        ]


def test_a_page_whose_name_is_shown_with_escapes_is_no_link(browser: Browser, tmp_path: Path) -> None:
    report = mendable(tmp_path)
    report = replace(report, findings=(replace(report.findings[0], page="a\x1b.md"),))
    with opened(browser, tmp_path, report) as tab:
        tab.page.locator(".queue .target a").first.click()
        assert tab.page.inner_text("#drawer .place") == "a\\x1b.md:7:3"
        assert tab.page.locator("#drawer .place a").count() == 0


def test_the_address_says_what_is_shown_and_shows_it_again(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, mendable(tmp_path)) as tab:
        page = tab.page
        page.click(".changes h3 a >> text=New")
        expect(page.locator("#count")).to_have_text("1 of 5")
        page.select_option("#host", label="127.0.0.1:82 (1)")
        assert page.url.endswith("#state=new&host=127.0.0.1%3A82")
        page.locator("#grid tbody tr").click()
        assert "target=remote%2Ftimeout%20http%3A%2F%2F127.0.0.1%3A82%2Fx" in page.url
        page.reload()
        tab.requests.pop()
        assert tab.rows() == ["http://127.0.0.1:82/x"]
        assert page.inner_text("#about") == "http://127.0.0.1:82/x"
        page.go_back()
        expect(page.locator("#drawer")).to_be_hidden()
        assert page.input_value("#host") == "127.0.0.1:82"
        page.go_back()
        expect(page.locator("#host")).to_have_value("")
        assert page.input_value("#state") == "new"


def test_an_address_from_elsewhere_is_text(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, mendable(tmp_path)) as tab:
        for asked in (
            "target=local/missing-file%20gone.md",
            "rule=<img src=x onerror=alert(1)>",
            "q=%E0%A4%A",
            "run-9x",
        ):
            tab.page.evaluate("(text) => { location.hash = text; }", asked)
        tab.page.evaluate("() => { location.hash = 'target=no%20such'; }")
        expect(tab.page.locator("#told")).to_have_text("This run does not have that target.")
        tab.page.evaluate("() => { location.hash = 'run-12'; }")
        expect(tab.page.locator("#run-12")).to_be_visible()


def test_targets_are_filtered_by_level_section_owner_and_turn_and_sorted_by_age(
    browser: Browser, tmp_path: Path
) -> None:
    with opened(browser, tmp_path, mendable(tmp_path)) as tab:
        for name, label, count in (
            ("turn", "fix mends it (1)", "1 of 5"),
            ("section", "outside the folders (1)", "1 of 5"),
            ("owner", "ann <script> (1)", "1 of 5"),
        ):
            tab.page.select_option(f"#{name}", label=label)
            assert tab.page.inner_text("#count") == count
            assert tab.rows() == ["docs/Guide.md"]
            tab.page.select_option(f"#{name}", "")
        assert tab.page.is_hidden("#level") is False
        assert tab.page.inner_text("#grid tr:has-text('Guide.md') .since") == "26 Nov"
        tab.page.click("#grid th >> text=Since")
        assert tab.rows()[0] == "docs/Guide.md"


def test_the_worst_is_there_without_scripts(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, health(), java_script_enabled=False) as tab:
        text = tab.page.inner_text("body")
        assert "references are broken" in text
        assert "https://b.example/page-00001" in text
        assert not tab.page.is_visible("#filters")


def test_paper_shows_all_rows_in_light(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, health(), color_scheme="dark") as tab:
        assert len(tab.page.pdf()) > 10_000
        tab.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert len(tab.rows()) == 300
        assert tab.page.evaluate("document.documentElement.dataset.theme") == "light"
        tab.page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert len(tab.rows()) < 60


def test_the_theme_can_be_changed_and_is_stored_nowhere(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, health(), color_scheme="light") as tab:
        paper = "getComputedStyle(document.body).backgroundColor"
        light = tab.page.evaluate(paper)
        tab.page.click("#theme")
        assert tab.page.evaluate(paper) != light
        assert tab.page.inner_text("#theme") == "Light"
        tab.page.reload()
        assert tab.page.evaluate(paper) == light
        tab.requests.pop()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("which", ["page", "mend", "drawer", "filtered", "clean", "interrupted"])
def test_axe_finds_no_violation(browser: Browser, tmp_path: Path, theme: Any, width: int, which: str) -> None:
    report = health(40)
    if which == "clean":
        report = replace(report, findings=(), health=None, sections=())
    if which == "mend":
        report = mendable(tmp_path)
    if which == "interrupted":
        report = replace(report, complete=False, baselined=frozenset(f.fingerprint for f in report.findings[:9]))
    viewport: Any = {"width": width, "height": 844}
    options = {"color_scheme": theme, "viewport": viewport, "reduced_motion": "reduce", "bypass_csp": True}
    with opened(browser, tmp_path, report, **options) as tab:
        assert tab.page.evaluate("document.documentElement.scrollWidth") == width
        if which == "drawer":
            tab.page.locator("#grid tbody tr").first.click()
        if which == "filtered":
            tab.page.fill("#search", "no such text")
        tab.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        tab.page.evaluate(AXE)
        found = tab.page.evaluate("axe.run(document)")
        assert found["passes"]
        assert [
            f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
            for each in found["violations"]
            for node in each["nodes"]
        ] == []


def test_a_drawer_tells_a_target_once(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, tmp_path, health()) as tab:
        tab.page.locator("#grid tbody tr").first.click()
        text = tab.page.inner_text("#drawer")
        assert text.count("https://b.example/page-00001") == 1
        assert tab.page.get_attribute("#about a", "href") == "https://b.example/page-00001"
        assert "pages/0.md:2:3" in text
