"""The mail relay, spoken to by SMTP (RFC 5321)."""

import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

from chassis import clock


@dataclass(frozen=True)
class Mail:
    """`message_id` is the same at every try, so that a mail sent twice after a crash can be told from two mails."""

    message_id: str
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


class SmtpRelay:
    """A relay in the operator's own network, without TLS or login. `timeout` (seconds) bounds each wait for it."""

    def __init__(self, host: str, port: int, timeout: int, sender: str) -> None:
        self._host = host
        self._port = port
        self._timeout = timeout
        self._sender = sender
        self._domain = sender.rpartition("@")[2]

    def send(self, mail: Mail) -> None:
        message = self._compose(mail)
        try:
            # our own name is given, because finding it out can take the resolver seconds
            with smtplib.SMTP(self._host, self._port, self._domain, timeout=self._timeout) as connection:
                connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise _failure(code, f"recipient answered with {code}") from None
        except smtplib.SMTPDataError as error:
            raise _failure(error.smtp_code, f"content answered with {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise MailDelayed(type(error).__name__) from None

    def _compose(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["Subject"] = mail.subject
        message["From"] = self._sender
        message["To"] = mail.recipient
        message["Date"] = format_datetime(clock.wall())
        message["Message-ID"] = f"<{mail.message_id}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer
        message.set_content(mail.text)
        return message


def _failure(code: int, reason: str) -> MailError:
    return MailRefused(reason) if code >= 500 else MailDelayed(reason)
