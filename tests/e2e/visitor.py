"""A person at a browser window: real Chromium on the running product.

Screenshots go to KAISEN_SCREENSHOTS, or to `.screenshots`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.e2e.system import EmbeddedSystem
from tests.harness import ROOT

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
SCREENSHOTS = Path(os.environ.get("KAISEN_SCREENSHOTS", ROOT / ".screenshots"))


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> Iterator[Browser]:
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync"]
    if os.geteuid() == 0:
        quiet.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=quiet)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """A person at a browser window; every page that is seen is checked and kept as a picture."""

    page: Page
    system: EmbeddedSystem
    name: str
    language: str
    errors: list[str]
    seen: int = 0

    def click(self, testid: str) -> None:
        self.page.get_by_test_id(testid).first.click()

    def look(self, what: str) -> None:
        """The page is no error, and in a wide window and in a narrow one it fits, passes axe's rules, and is kept."""
        self.seen += 1
        self.page.wait_for_load_state()
        own = self.page.viewport_size
        assert own is not None
        for size in sorted((WIDE, NARROW), key=lambda size: size["width"] == own["width"]):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            self._examine(f"{self.name}-{size['width']}-{self.seen:02d}-{what}")
        assert self.errors == []

    def _examine(self, what: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{what}.png", full_page=True)
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not self.page.evaluate(wide), f"{what} scrolls sideways"
        found = Axe().run(self.page).response["violations"]
        assert found == [], f"{what}: {[(one['id'], one['nodes'][0]['html']) for one in found]}"

    def open(self, path: str) -> None:
        """Come in by this page, and choose the language there: the choice goes before the account's own."""
        self.page.goto(f"{self.system.url}{path}")
        if self.language == "en":
            self.page.get_by_role("button", name="English").click()
            expect(self.page.locator("html")).to_have_attribute("lang", "en")

    def log_in(self, login_id: str, path: str) -> None:
        login = self.system.credentials(login_id)
        self.open(path)
        self.fill(login_id=login["login_id"], password=login["password"])
        self.look("login")
        self.click("submit")

    def fill(self, **fields: str) -> None:
        for name, text in fields.items():
            self.page.locator(f"#{name}").fill(text)


Visitors = Callable[..., Visitor]


@pytest.fixture
def visitor(browser: Browser, embedded_system: EmbeddedSystem) -> Iterator[Visitors]:
    """`visitor(name, size, language)` is a person with a browser window of their own, closed after the test."""
    with ExitStack() as windows:

        def arrive(name: str, size: dict[str, int], language: str, script: bool = True) -> Visitor:
            locale = "ja-JP" if language == "ja" else "en-GB"
            context = browser.new_context(viewport=size, locale=locale, reduced_motion="reduce")  # type: ignore[arg-type]
            windows.callback(context.close)
            if not script:
                context.route("**/*.js", lambda route: route.abort())
            page = context.new_page()
            page.set_default_timeout(15_000)
            errors: list[str] = []

            def on_console(line: ConsoleMessage) -> None:
                refused = (
                    "the server responded with a status of 4" in line.text
                    and line.location["url"] == page.url
                )
                if line.type == "error" and script and not refused:
                    errors.append(line.text)

            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", on_console)
            return Visitor(page, embedded_system, f"{name}-{language}", language, errors)

        yield arrive


# One walk a language, each in a window of its own width; `look` examines every page in both widths.
VIEWS = pytest.mark.parametrize(
    ("size", "language"), [(WIDE, "ja"), (NARROW, "en")], ids=["wide-ja", "narrow-en"]
)
