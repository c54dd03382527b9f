"""The words of the code mail."""

import re

import pytest

from services.auth.mail_texts import Operator, code_mail

OPERATOR = Operator("ミナト通信", "Minato Telecom")


def test_s0_07_japanese() -> None:
    mail = code_mail("094672", 20, "ja", OPERATOR)
    assert mail.subject == "【ミナト通信】ログイン認証コードの送付"
    assert "ログイン認証コード : 094672" in mail.body.splitlines()
    for fact in ("自動", "20 分間", "ほかの方に教えないで", "お心当たりのない", "破棄"):
        assert fact in mail.body


def test_s0_07_english_says_the_same() -> None:
    mail = code_mail("094672", 20, "en", OPERATOR)
    assert mail.subject.startswith("[Minato Telecom]")
    assert "Login code : 094672" in mail.body.splitlines()
    for fact in ("automatically", "20 minutes", "not share", "did not expect", "discard"):
        assert fact in mail.body


@pytest.mark.parametrize("language", ["ja", "en"])
def test_s0_07_the_code_is_the_only_number_of_six_digits(language: str) -> None:
    assert re.findall(r"\d{6}", code_mail("000000", 20, language, OPERATOR).body) == ["000000"]
