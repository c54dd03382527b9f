"""The words of the mails."""

import re
import string
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from services.auth import mail_texts
from services.auth.browsers import browser_name
from services.auth.mail_texts import Act, MailText, Operator, code_mail
from services.auth.mails import en, ja
from services.auth.portals import Kind

OPERATOR = Operator("ミナト通信", "Minato Telecom")
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
AT = datetime(2024, 2, 29, 2, 51, tzinfo=UTC)
ACT = Act("aoba-admin", AT, "192.0.2.7", CHROME)
FIELD = string.Formatter()


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


@pytest.mark.parametrize(("kind", "path"), [(Kind.CONSOLE, "/console/login"), (Kind.STAFF, "/staff/login")])
def test_s4_01_the_account_mail(kind: Kind, path: str) -> None:
    url = f"https://portal.example{path}"
    mail = mail_texts.account_mail(kind, "aoba-admin", "k4Vq8Zt2mWx7Lp3", url, AT, "ja", OPERATOR)
    assert mail.subject == "【管理コンソールポータル】ポータルサイト利用アカウントのご案内"
    lines = mail.body.splitlines()
    assert {"ログインID：aoba-admin", "パスワード：k4Vq8Zt2mWx7Lp3", f"ログインURL：{url}"} <= set(lines)
    assert "ミナト通信" in mail.body
    assert "最初のログイン" in mail.body
    assert "2024年2月29日 11:51（日本時間）まで" in mail.body


@pytest.mark.parametrize("kind", [Kind.CONSOLE, Kind.STAFF])
def test_s4_01_the_account_mail_in_english(kind: Kind) -> None:
    mail = mail_texts.account_mail(kind, "aoba", "k4Vq8Zt2", "https://x.example/", AT, "en", OPERATOR)
    assert mail.subject.startswith("[Management Console Portal]")
    lines = set(mail.body.splitlines())
    assert {"Login ID: aoba", "Password: k4Vq8Zt2", "Login URL: https://x.example/"} <= lines
    assert "first login" in mail.body
    assert "until 2024-02-29 11:51 (Japan time)" in mail.body


@pytest.mark.parametrize(
    ("language", "label"), [("ja", "セルフケアパスワード："), ("en", "Self-care password: ")]
)
def test_a_password_of_self_care_stays_good(language: str, label: str) -> None:
    mail = mail_texts.account_mail(
        Kind.SELFCARE, "C91234567", "k4Vq8Zt2", "https://x.example", None, language, OPERATOR
    )
    assert f"{label}k4Vq8Zt2" in mail.body.splitlines()
    assert not re.search("管理コンソール|Console|まで|until", mail.subject + mail.body)


@pytest.mark.parametrize(
    ("make", "subject"),
    [
        (mail_texts.login_mail, "【ミナト通信】ログインのお知らせ"),
        (mail_texts.password_changed_mail, "【ミナト通信】パスワード変更のお知らせ"),
        (mail_texts.address_registered_mail, "【ミナト通信】メールアドレス登録完了のお知らせ"),
    ],
)
def test_s4_04_a_notice_says_whose_account_when_from_where_and_with_what(
    make: Callable[[Act, str, Operator], MailText], subject: str
) -> None:
    mail = make(ACT, "ja", OPERATOR)
    assert mail.subject == subject
    assert {
        "ログインID：aoba-admin",
        "日時：2024年2月29日 11:51（日本時間）",
        "IPアドレス：192.0.2.7",
        "ブラウザ：Chrome (Windows)",
    } <= set(mail.body.splitlines())
    english = set(make(ACT, "en", OPERATOR).body.splitlines())
    assert {
        "Login ID: aoba-admin",
        "Time: 2024-02-29 11:51 (Japan time)",
        "IP address: 192.0.2.7",
        "Browser: Chrome (Windows)",
    } <= english


@pytest.mark.parametrize(("language", "word"), [("ja", "不明"), ("en", "unknown")])
def test_what_a_client_says_of_itself_is_not_repeated(language: str, word: str) -> None:
    forged = Act("aoba-admin", AT, "", "Call 0120-000-000 now! https://evil.example")
    body = mail_texts.login_mail(forged, language, OPERATOR).body
    assert "evil" not in body
    assert body.count(word) == 2


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_old_address_learns_the_new_one_as_it_was_given(language: str) -> None:
    assert (
        "h***@ggg.co.jp" in mail_texts.address_replaced_mail(ACT, "h***@ggg.co.jp", language, OPERATOR).body
    )


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_name_that_somebody_typed_stays_on_its_line(language: str) -> None:
    name = "key\n\nDear customer {operator}"
    for mail in (
        mail_texts.key_created_mail(name, AT, language, OPERATOR),
        mail_texts.factor_changed_mail("added", "aoba-admin", name, AT, language, OPERATOR),
        mail_texts.factor_changed_mail("removed", "aoba-admin", name, AT, language, OPERATOR),
    ):
        (line,) = [line for line in mail.body.splitlines() if "Dear" in line]
        assert line.endswith("key Dear customer {operator}")


def test_both_languages_have_the_same_mails_with_the_same_facts() -> None:
    assert set(ja.TEXTS) == set(en.TEXTS)
    for name in ja.TEXTS:
        facts = [
            {field for part in texts[name] for _, field, _, _ in FIELD.parse(part) if field}
            for texts in (ja.TEXTS, en.TEXTS)
        ]
        assert facts[0] == facts[1], name


def test_no_subject_can_be_broken_and_no_japanese_is_left_in_english() -> None:
    for texts in (ja.TEXTS, en.TEXTS):
        assert all("\n" not in subject for subject, _ in texts.values())
    assert not re.search("[ぁ-んァ-ヶ一-龠]", "".join(map("".join, en.TEXTS.values())))


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (CHROME, "Chrome (Windows)"),
        (f"{CHROME} Edg/120.0", "Microsoft Edge (Windows)"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0", "Firefox (Linux)"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/17.2 Mobile/15E148 Safari/604.1",
            "Safari (iPhone)",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
            "Chrome (Android)",
        ),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)
def test_the_name_of_a_browser(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
