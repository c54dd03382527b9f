"""The mail relay, spoken to by SMTP (RFC 5321)."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal, Protocol

from chassis import clock


@dataclass(frozen=True)
class Mail:
    """`message_id` is the same at every try, so that a mail sent twice after a crash can be told from two mails."""

    message_id: str
    sender: str
    recipient: str
    subject: str
    text: str


class MailError(Exception):
    """The relay did not take the mail; the text names the reason and nothing of the mail."""


class MailRefused(MailError):
    """It never will: trying again is useless."""


class MailDelayed(MailError):
    """It may later."""


class MailRelay(Protocol):
    def send(self, mail: Mail) -> None:
        """Hand the mail over; raises MailRefused or MailDelayed."""


@dataclass(frozen=True)
class Server:
    """Where the relay is and how it wants to be spoken to. `tls`: none, starttls, or tls from the first byte;
    the certificate is checked against the machine's own authorities. `user` is empty for a relay without login.
    """

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"] = "none"
    user: str = ""
    password: str = field(default="", repr=False)


class SmtpRelay:
    """A relay of the operator's. `timeout` (seconds) bounds each wait for it."""

    def __init__(self, server: Server, timeout: int) -> None:
        self._server = server
        self._timeout = timeout

    def send(self, mail: Mail) -> None:
        message = _compose(mail)
        try:
            with self._connect(_domain(mail)) as connection:
                connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise _failure(code, f"recipient answered with {code}") from None
        except smtplib.SMTPDataError as error:
            raise _failure(error.smtp_code, f"content answered with {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise MailDelayed(type(error).__name__) from None

    def _connect(self, own_name: str) -> smtplib.SMTP:
        # our own name is given, because finding it out can take the resolver seconds
        host, port = self._server.host, self._server.port
        connection: smtplib.SMTP
        if self._server.tls == "tls":
            trusted = ssl.create_default_context()
            connection = smtplib.SMTP_SSL(host, port, own_name, timeout=self._timeout, context=trusted)
        else:
            connection = smtplib.SMTP(host, port, own_name, timeout=self._timeout)
        try:
            if self._server.tls == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if self._server.user:
                connection.login(self._server.user, self._server.password)
        except BaseException:
            connection.close()
            raise
        return connection


def _compose(mail: Mail) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = mail.subject
    message["From"] = mail.sender
    message["To"] = mail.recipient
    message["Date"] = format_datetime(clock.wall())
    message["Message-ID"] = f"<{mail.message_id}@{_domain(mail)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer
    message.set_content(mail.text)
    return message


def _domain(mail: Mail) -> str:
    return mail.sender.rpartition("@")[2]


def _failure(code: int, reason: str) -> MailError:
    return MailRefused(reason) if code >= 500 else MailDelayed(reason)
