"""Every entry of a menu works, and has a chapter in both languages."""

import re
from pathlib import Path

import pytest
from apiflask import APIFlask

from gateway.console.manual import CHAPTERS
from gateway.console.requests import MENU
from gateway.selfcare.manual import chapters
from gateway.selfcare.menu import MENUS, entries
from tests.harness import ROOT

FOLDER = ROOT / "gateway/templates/manual"
SHAPE = re.compile(r"<h{{ level }}>|<li>|{{ manual\.table\(|<pre>")


def names(portal: str) -> list[str]:
    return [chapter.name for chapter in chapters(portal)]


@pytest.mark.parametrize("portal", MENUS)
def test_every_entry_of_a_menu_leads_somewhere(app: APIFlask, portal: str) -> None:
    for entry in entries(portal):
        assert entry.endpoint in app.view_functions, entry.name
        assert entry.name in names(portal)


def test_every_chapter_is_there_in_both_languages_and_belongs_to_a_portal() -> None:
    told = {name for portal in MENUS for name in names(portal)}
    for language in ("ja", "en"):
        assert {path.stem for path in (FOLDER / language).glob("*.html")} == told


def test_s4_12_every_entry_of_the_console_s_requests_leads_somewhere(app: APIFlask) -> None:
    endpoints = [entry.endpoint for group in MENU for entry in group.entries]
    assert len(endpoints) == 9 + 4
    for endpoint in endpoints:
        assert endpoint in app.view_functions, endpoint


def test_s4_59_every_chapter_of_the_console_is_there_in_both_languages() -> None:
    for language in ("ja", "en"):
        kept = {path.stem for path in (FOLDER / language / "console").glob("*.html")}
        assert kept == {chapter.name for chapter in CHAPTERS}


@pytest.mark.parametrize(
    "path",
    sorted((FOLDER / "ja").rglob("*.html")),
    ids=lambda path: str(path.relative_to(FOLDER / "ja").with_suffix("")),
)
def test_both_languages_tell_the_same_things_in_the_same_order(path: Path) -> None:
    translated = FOLDER / "en" / path.relative_to(FOLDER / "ja")
    assert SHAPE.findall(path.read_text()) == SHAPE.findall(translated.read_text())
