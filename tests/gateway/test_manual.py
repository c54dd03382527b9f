"""Every entry of a menu works, and has a chapter in both languages."""

import re
from pathlib import Path

import pytest
from apiflask import APIFlask

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


@pytest.mark.parametrize("path", sorted((FOLDER / "ja").glob("*.html")), ids=lambda path: path.stem)
def test_both_languages_tell_the_same_things_in_the_same_order(path: Path) -> None:
    translated = FOLDER / "en" / path.name
    assert SHAPE.findall(path.read_text()) == SHAPE.findall(translated.read_text())
