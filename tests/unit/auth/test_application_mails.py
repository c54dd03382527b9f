"""The mails about applications for more numbers."""

from datetime import date

import pytest

from services.auth import mail_texts
from services.auth.mail_texts import Operator

OPERATOR = Operator("ミナト通信", "Minato Telecom")
NUMBER = "C900000001-AN260001"


@pytest.mark.parametrize(
    ("language", "day"), [("ja", "2026年4月1日"), ("en", "2026-04-01")], ids=["ja", "en"]
)
def test_s0_28_a_mail_for_each_step(language: str, day: str) -> None:
    received = mail_texts.application_mail("received", NUMBER, 3, None, None, language, OPERATOR)
    issued = mail_texts.application_mail("issued", NUMBER, 3, date(2026, 4, 1), None, language, OPERATOR)
    declined = mail_texts.application_mail("declined", NUMBER, 3, None, "a\nb", language, OPERATOR)
    assert len({mail.subject for mail in (received, issued, declined)}) == 3
    for mail in (received, issued, declined):
        assert NUMBER in mail.body
        assert "3" in mail.body
        assert "{" not in mail.subject + mail.body
    assert day in issued.body
    assert "a b" in declined.body
