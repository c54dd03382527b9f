"""The mails about orders for SIMs."""

from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest

from services.auth import mail_texts
from services.auth.mail_texts import Operator, OrderFacts
from services.auth.mails import en, ja
from services.sim.happenings import Happening
from services.sim.numbers import ORDER_KINDS

OPERATOR = Operator("ミナト通信", "Minato Telecom")
NUMBER = "TC1000-00009-CS260001"
URL = f"https://portal.example/console/orders/{NUMBER}"


def facts(happening: Any, **more: Any) -> OrderFacts:
    values = {
        "number": NUMBER,
        "kind": "CS",
        "start_date": date(2026, 4, 1),
        "cancellable_until": datetime(2026, 3, 31, 15, tzinfo=UTC),
        "items_total": 10_000,
        "items_failed": 17,
        "url": URL,
    }
    return OrderFacts(happening, **{**values, **more})


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("happening", get_args(Happening))
def test_a_mail_for_each_happening(happening: str, language: str) -> None:
    mail = mail_texts.order_mail(facts(happening), language, OPERATOR)
    assert NUMBER in mail.subject
    kind, day = ("Suspend", "2026-04-01") if language == "en" else ("一時停止", "2026年4月1日")
    for said in (NUMBER, kind, day, "10000", URL):
        assert said in mail.body
    assert "{" not in mail.subject + mail.body


def test_the_subjects_differ() -> None:
    for language in ("ja", "en"):
        mails = [mail_texts.order_mail(facts(each), language, OPERATOR) for each in get_args(Happening)]
        assert len({mail.subject for mail in mails}) == len(mails)


@pytest.mark.parametrize(
    ("language", "dated", "same_day"),
    [
        ("ja", "2026年4月1日 00:00 より前（日本時間）", "処理が始まるまで"),
        ("en", "before 2026-04-01 00:00 (Japan time)", "until it is begun"),
    ],
    ids=["ja", "en"],
)
def test_the_deadline(language: str, dated: str, same_day: str) -> None:
    assert dated in mail_texts.order_mail(facts("accepted"), language, OPERATOR).body
    today = facts("accepted", cancellable_until=None)
    assert same_day in mail_texts.order_mail(today, language, OPERATOR).body


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_failure_tells_how_many(language: str) -> None:
    assert "17" in mail_texts.order_mail(facts("failed"), language, OPERATOR).body


def test_every_kind_has_its_name() -> None:
    assert set(ja.ORDER_KINDS) == set(en.ORDER_KINDS) == set(ORDER_KINDS)
    assert {code: kind.name_ja for code, kind in ORDER_KINDS.items()} == ja.ORDER_KINDS
