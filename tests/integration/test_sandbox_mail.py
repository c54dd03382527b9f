"""The sandbox's mailbox: real SMTP in, JSON and a page out."""

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.message import EmailMessage
from email.mime.text import MIMEText
from pathlib import Path

import pytest
import requests

from sandbox.testing import RunningSandbox, running_sandbox

SUBJECT = "認証コードのお知らせ（ミナト通信）"
TEXT = "山田 花子 様\n認証コードをご確認ください。"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(autouse=True)
def _empty_mailbox(sandbox: RunningSandbox) -> None:
    assert requests.delete(f"{sandbox.url}/sandbox/mail", timeout=10).status_code == 204


def letters(sandbox: RunningSandbox, **query: str) -> list[dict[str, str]]:
    answer = requests.get(f"{sandbox.url}/sandbox/mail", params=query, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def send(sandbox: RunningSandbox, content: bytes, *to: str, options: tuple[str, ...] = ()) -> None:
    content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    with smtplib.SMTP(sandbox.smtp_host, sandbox.smtp_port, timeout=10) as smtp:
        assert smtp.sendmail("bounce@example.com", to, content, mail_options=options) == {}


def letter(charset: str = "utf-8", cte: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "ミナト通信 <no-reply@example.com>"
    message["To"] = "someone@example.com"
    message["Subject"] = SUBJECT
    message.set_content(TEXT, charset=charset, cte=cte)
    return message


def old_style_letter(charset: str) -> bytes:
    message = MIMEText(TEXT, "plain", charset)
    message["Subject"] = str(Header(SUBJECT, charset).encode())
    message["From"] = f"{Header('ミナト通信', charset).encode()} <no-reply@example.com>"
    return message.as_bytes()


@pytest.mark.parametrize(
    "content",
    [
        letter(cte="base64").as_bytes(),
        letter(cte="quoted-printable").as_bytes(),
        letter(cte="8bit").as_bytes(),
        old_style_letter("utf-8"),
        old_style_letter("iso-2022-jp"),
        old_style_letter("euc-jp"),
        letter("shift_jis", "base64").as_bytes(),
    ],
    ids=["base64", "quoted-printable", "8bit", "old-utf-8", "iso-2022-jp", "euc-jp", "shift-jis"],
)
def test_letters_come_out_decoded(sandbox: RunningSandbox, content: bytes) -> None:
    before = datetime.now(UTC)
    send(sandbox, content, "hanako@example.com")
    (received,) = letters(sandbox)
    assert timedelta(0) <= datetime.fromisoformat(received.pop("received_at")) - before < timedelta(seconds=5)
    assert received == {
        "from": "no-reply@example.com",
        "to": "hanako@example.com",
        "subject": SUBJECT,
        "text": TEXT,
    }


def test_unencoded_utf8_headers_come_out_decoded(sandbox: RunningSandbox) -> None:
    content = f"From: ミナト <no-reply@example.com>\r\nSubject: {SUBJECT}\r\n\r\nok\r\n".encode()
    send(sandbox, content, "hanako@example.com", options=("SMTPUTF8", "BODY=8BITMIME"))
    assert letters(sandbox)[0]["subject"] == SUBJECT


def test_the_plain_part_is_preferred_and_html_alone_is_shown_as_it_stands(sandbox: RunningSandbox) -> None:
    both = letter()
    both.add_alternative("<p>HTML</p>", subtype="html")
    both.add_attachment(b"\0\1", maintype="application", subtype="octet-stream", filename="a.bin")
    send(sandbox, both.as_bytes(), "hanako@example.com")
    alone = EmailMessage()
    alone.set_content("<p>HTML</p>", subtype="html")
    send(sandbox, alone.as_bytes(), "hanako@example.com")
    assert [each["text"] for each in letters(sandbox)] == [TEXT, "<p>HTML</p>"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no header at all",
        b"Subject: =?utf-8?b?/w==?= =?nonsense?q?=FF?=\r\n\r\n\xff\xfe",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff",
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
        b"From: <<<@@\r\nSubject:\r\n\r\n",
    ],
)
def test_no_letter_is_too_broken_to_be_kept(sandbox: RunningSandbox, content: bytes) -> None:
    send(sandbox, content, "hanako@example.com")
    send(sandbox, letter().as_bytes(), "hanako@example.com")
    assert [each["to"] for each in letters(sandbox)] == ["hanako@example.com"] * 2
    assert requests.get(f"{sandbox.url}/sandbox/mailbox", timeout=10).status_code == 200


def test_one_record_a_recipient_oldest_first(sandbox: RunningSandbox) -> None:
    send(sandbox, b"Subject: 1\r\n\r\n", "a@example.com", "b@example.com", "a@example.com")
    send(sandbox, b"Subject: 2\r\n\r\n", "b@example.com")
    assert [(each["to"], each["subject"]) for each in letters(sandbox)] == [
        ("a@example.com", "1"),
        ("b@example.com", "1"),
        ("b@example.com", "2"),
    ]


def test_the_filter_ignores_the_case_of_the_domain_only(sandbox: RunningSandbox) -> None:
    send(sandbox, b"\r\n", "Hanako+sim@Example.com")
    assert len(letters(sandbox, to="Hanako+sim@EXAMPLE.COM")) == 1
    assert letters(sandbox, to="hanako+sim@example.com") == []
    assert letters(sandbox, to="nobody@example.com") == []


@pytest.mark.parametrize("query", ["to=", "to=a+b@example.com"])
def test_a_bad_address_is_refused_with_advice(sandbox: RunningSandbox, query: str) -> None:
    answer = requests.get(f"{sandbox.url}/sandbox/mail?{query}", timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (422, "mail.bad_address")
    assert "%2B" in answer.json()["detail"]


def test_mail_of_one_address_can_be_deleted(sandbox: RunningSandbox) -> None:
    send(sandbox, b"\r\n", "a@example.com", "b@example.com")
    assert requests.delete(f"{sandbox.url}/sandbox/mail?to=a@EXAMPLE.com", timeout=10).status_code == 204
    assert [each["to"] for each in letters(sandbox)] == ["b@example.com"]


def test_mail_is_received_at_the_moved_time_and_survives_a_restart(tmp_path: Path) -> None:
    with running_sandbox(tmp_path) as sandbox:
        eve = datetime.fromisoformat("2031-03-30T22:00:00+09:00")
        requests.post(f"{sandbox.url}/sandbox/clock", json={"now": eve.isoformat()}, timeout=10)
        send(sandbox, letter().as_bytes(), "hanako@example.com")
        before = letters(sandbox)
        assert timedelta(0) <= datetime.fromisoformat(before[0]["received_at"]) - eve < timedelta(seconds=5)
    with running_sandbox(tmp_path) as sandbox:
        assert letters(sandbox) == before


def test_the_page_shows_letters_newest_first_and_escapes_them(sandbox: RunningSandbox) -> None:
    send(sandbox, b"Subject: first\r\n\r\n<script>alert(1)</script>\r\n", "hanako@example.com")
    send(sandbox, b"Subject: second\r\n\r\n", "taro@example.com")
    page = requests.get(f"{sandbox.url}/sandbox/mailbox", timeout=10).text
    assert page.index("second") < page.index("first")
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert ">すべて削除</button>" in page
    page = requests.get(f"{sandbox.url}/sandbox/mailbox", params={"to": "taro@example.com"}, timeout=10).text
    assert "first" not in page
    page = requests.post(f"{sandbox.url}/sandbox/mailbox", params={"lang": "en"}, timeout=10).text
    assert "No mail." in page
