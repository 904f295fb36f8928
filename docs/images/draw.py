"""How the pictures are drawn: a terminal as an SVG, a page as Chromium shows it."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent


def terminal(name: str, text: str, width: int = 118) -> None:
    """Write what a terminal of so many columns shows, with its colours, as a picture."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text))
    svg = console.export_svg(title="mirrorcheck", unique_id=name)
    svg = re.sub(r"(127\.0\.0\.1):\d+", r"\1:8000", svg)  # the same picture every time
    svg = re.sub(r"@font-face \{.*?\}|<!--.*?-->", "", svg, flags=re.S)  # no font from elsewhere
    held = set(re.findall(r'id="([^"]+)"', svg))
    svg = re.sub(r' clip-path="url\(#([^)]+)\)"', lambda clip: clip[0] if clip[1] in held else "", svg)
    (HERE / f"{name}.svg").write_text(svg, "utf-8")


class Shot(NamedTuple):
    """A picture of a page."""

    name: str
    theme: Literal["light", "dark"]
    width: int  # CSS pixels
    height: int
    scale: int = 1


def photograph(shown: Path, *shots: Shot) -> None:
    """Write pictures of a page; 256 colours are enough for what it shows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--disable-gpu"])
        for shot in shots:
            tab = browser.new_page(
                viewport={"width": shot.width, "height": shot.height},
                color_scheme=shot.theme,
                device_scale_factor=shot.scale,
            )
            tab.goto(shown.as_uri())
            picture = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
            picture.quantize(256, dither=Image.Dither.NONE).save(HERE / f"{shot.name}.png", optimize=True)
        browser.close()
