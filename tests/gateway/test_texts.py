"""Every refusal has its text, in both languages."""

import ast
import re
from collections.abc import Iterator

import pytest
from apiflask import APIFlask
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from gateway import language
from gateway.texts import is_known, message, title
from gateway.texts.bulk import BULK
from gateway.texts.cards import CARDS
from gateway.texts.codes import CODES
from gateway.texts.identity import IDENTITY
from gateway.texts.line_passwords import LINE_PASSWORDS
from gateway.texts.masters import MASTERS
from gateway.texts.pairs import PAIRS
from gateway.texts.plans import PLANS
from gateway.texts.rejections import REJECTIONS
from gateway.texts.rows import ROWS
from gateway.texts.types import TYPES
from tests.harness import ROOT

REFUSALS = {
    "BadRequest",
    "Conflict",
    "Forbidden",
    "Internal",
    "Invalid",
    "NotFound",
    "PydanticCustomError",
    "TimedOut",
    "TooMany",
    "Unauthenticated",
    "Unavailable",
    "UnsupportedMediaType",
}

# Codes that never reach a caller over HTTP: of commands, and of events that end as dead letters.
INTERNAL = {"charge.differs"}

_CODE = re.compile(r"[a-z_]+\.[a-z_]+")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
            yield node.value


def _codes_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in REFUSALS:
                yield from _texts(node.args[:1])
            else:  # a factory of row checks, such as _like(pattern, "import.bad_phone", …)
                yield from (code for code in _texts(node.args) if code.startswith("import."))
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "code":
                    yield from _texts([value])


@pytest.fixture(scope="module")
def raised() -> set[str]:
    """Every code that the sources raise or report."""
    found = {"internal"}
    for package in ("chassis", "services", "gateway"):
        for source in (ROOT / package).rglob("*.py"):
            if "texts" not in source.parts:
                found.update(_codes_in(ast.parse(source.read_text())))
    return found - INTERNAL


def test_every_code_has_a_text(raised: set[str]) -> None:
    assert len(raised) > 40
    assert sorted(code for code in raised if not is_known(code)) == []


def test_no_text_is_kept_for_a_code_that_nobody_raises(raised: set[str]) -> None:
    named_elsewhere = {
        # made of parts in services/auth/usecases/code.py and services/contracts/comparing.py
        "code.expired",
        "import.unknown_customer",
        "import.unknown_contract",
        # from the table of fields in services/auth/recovery_rules.py
        "phone.format",
        # from the table of HTTP failures in gateway/errors.py
        "method.not_allowed",
        "request.failed",
        "request.too_large",
        "route.unknown",
    }
    assert (
        sorted(
            {*BULK, *CARDS, *CODES, *IDENTITY, *LINE_PASSWORDS, *MASTERS, *PAIRS, *PLANS, *REJECTIONS, *ROWS}
            - raised
            - named_elsewhere
        )
        == []
    )


def test_every_text_is_translated() -> None:
    """Those of the core; the pages' own catalogue has its own test."""
    with (ROOT / "gateway/translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file)
    keywords = {"_l": None, "lazy_gettext": None, "gettext": None}
    used = {
        text
        for folder in ("texts", "api")
        for _, _, text, _, _ in extract_from_dir(ROOT / "gateway" / folder, keywords=keywords)
    }
    translated = {str(entry.id): str(entry.string) for entry in catalogue if entry.id}
    assert set(translated) == used
    for japanese, english in translated.items():
        assert english, japanese
        assert not _JAPANESE.search(english), english
        placeholders = [set(re.findall(r"%\(\w+\)s", text)) for text in (japanese, english)]
        assert placeholders[0] == placeholders[1], english
        assert re.search(r"\n|  ", english) is None, english


@pytest.mark.parametrize("accept", language.LANGUAGES)
def test_every_text_can_be_said_without_details(app: APIFlask, accept: str) -> None:
    """Whatever a service leaves out, no placeholder is shown and nothing breaks."""
    codes = [
        *BULK,
        *PAIRS,
        *PLANS,
        *CARDS,
        *CODES,
        *IDENTITY,
        *LINE_PASSWORDS,
        *MASTERS,
        *REJECTIONS,
        *ROWS,
        *(f"type.{kind}" for kind in TYPES),
        "import.of_a_type_to_come",
        "some.code_to_come",
    ]
    with app.test_request_context("/api/v1/nothing", headers={"Accept-Language": accept}):
        for code in codes:
            text = message(code)
            assert text, code
            assert "%(" not in text, code
            assert bool(_JAPANESE.search(text)) == (accept == "ja"), code


@pytest.mark.parametrize(
    ("accept", "code", "details", "expected"),
    [
        (
            "en",
            "start_date.out_of_range",
            {"earliest": "2026-03-11", "latest": "2026-06-11"},
            "Choose a start date from March 11, 2026 to June 11, 2026.",
        ),
        (
            "ja",
            "start_date.out_of_range",
            {"earliest": "2026-03-11", "latest": "2026-06-11"},
            "適用開始日は2026年3月11日から2026年6月11日までの日付を指定してください。",
        ),
        ("en", "recharge.amount", {"allowed": [1, 3, 10, 100]}, "Choose an amount of 1, 3, 10, 100 GB."),
        (
            "ja",
            "recharge.amount",
            {"allowed": [1, 3, 10, 100]},
            "チャージ容量は1、3、10、100GBから選んでください。",
        ),
        (
            "en",
            "lines.too_many",
            {"total": 5001, "limit": 5000},
            "5,001 lines match. Please add search conditions until at most 5,000 do.",
        ),
        (
            "ja",
            "code.wrong",
            {"tries_left": 4},
            "認証コードが正しくありません。届いたメールをご確認のうえ、もう一度入力してください（あと4回）。",
        ),
        ("en", "lines.too_many", {"total": None}, "Too many lines match. Please add search conditions."),
    ],
)
def test_details_are_told_as_people_read_them(
    app: APIFlask, accept: str, code: str, details: dict[str, object], expected: str
) -> None:
    with app.test_request_context("/api/v1/nothing", headers={"Accept-Language": accept}):
        assert message(code, details) == expected


def test_an_instant_is_told_in_japan_time(app: APIFlask) -> None:
    with app.test_request_context("/api/v1/nothing", headers={"Accept-Language": "ja"}):
        text = message("order.not_cancellable", {"cancellable_until": "2026-03-31T15:00:00+00:00"})
    assert "2026年4月1日 0:00:00" in text


def test_a_detail_cannot_bring_a_placeholder_of_its_own(app: APIFlask) -> None:
    with app.test_request_context("/api/v1/nothing"):
        assert "%(secret)s" in message("request.json", {"reason": "%(secret)s", "secret": "x"})


def test_every_status_has_a_heading(app: APIFlask) -> None:
    with app.test_request_context("/api/v1/nothing", headers={"Accept-Language": "en"}):
        assert title(418) == "The request cannot be read"
        assert title(502) == "Something went wrong"
