"""A real Chromium that looks at pages from the file system and notes what goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Look:
    """A browser's page, with the addresses it asked for and the errors it met."""

    page: Any
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def at(self, path: Path) -> Any:
        """Open a file and return the browser's page."""
        self.page.goto(path.as_uri())
        return self.page


@contextmanager
def looking(width: int = 1200, height: int = 900) -> Iterator[Look]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        look = Look(page)
        page.on("request", lambda request: look.asked.append(request.url))
        page.on("requestfailed", lambda request: look.errors.append(f"failed: {request.url}"))
        page.on("pageerror", lambda error: look.errors.append(str(error)))
        page.on("dialog", lambda dialog: look.errors.append(f"dialog: {dialog.message}"))
        page.on(
            "console",
            lambda said: look.errors.append(said.text) if said.type == "error" else None,
        )
        yield look
        browser.close()
