"""Every text of the pages exists in English, and nothing else is in their catalogue."""

import re
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

GATEWAY = Path(__file__).parents[2] / "gateway"
CATALOGUE = GATEWAY / "translations/en/LC_MESSAGES/pages.po"
SOURCES = ("account", "console", "selfcare", "staff", "web", "templates")
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
JINJA = {"**.html": {"silent": "false"}}
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None}
JAPANESE = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]")
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def used_texts() -> set[str]:
    """The msgids in the templates and modules of the pages."""
    texts: set[str] = set()
    for folder in SOURCES:
        for found in extract_from_dir(GATEWAY / folder, METHODS, JINJA, KEYWORDS):
            texts.add(str(found[2]))
    for found in extract_from_dir(GATEWAY, [("entry.py", "python")], keywords=KEYWORDS):
        texts.add(str(found[2]))
    return texts


def catalogue() -> dict[str, Message]:
    with CATALOGUE.open("rb") as file:
        return {str(message.id): message for message in read_po(file, locale="en") if message.id}


def test_every_text_of_the_pages_is_translated() -> None:
    translated = {text for text, message in catalogue().items() if message.string and not message.fuzzy}
    assert used_texts() - translated == set()


def test_the_catalogue_holds_nothing_that_no_page_uses() -> None:
    assert catalogue().keys() - used_texts() == set()


def test_translations_keep_their_placeholders() -> None:
    def placeholders(text: object) -> set[str]:
        return set(PLACEHOLDER.findall(str(text)))

    wrong = [
        text for text, message in catalogue().items() if placeholders(message.string) != placeholders(text)
    ]
    assert wrong == []


def test_templates_hold_no_japanese_outside_the_catalogue() -> None:
    literal = re.compile(r'_\("[^"]*"')
    language_switch = ">日本語<"
    left_over = [
        f"{path.relative_to(GATEWAY)}:{number}"
        for path in sorted((GATEWAY / "templates").rglob("*.html"))
        if "manual/ja" not in str(path)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if JAPANESE.search(re.sub(r"{#.*?#}", "", literal.sub("", line)).replace(language_switch, ""))
    ]
    assert left_over == []
