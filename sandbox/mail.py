"""The mailbox: takes every letter sent to the SMTP port and keeps one record a recipient."""

import logging
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as policy
from email.utils import parseaddr

from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.clock import Clock, stamp
from sandbox.inputs import Refusal
from sandbox.store import Store

log = logging.getLogger(__name__)


class Mailbox:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.deliver(envelope.mail_from or "", list(dict.fromkeys(envelope.rcpt_tos)), content)
        return "250 OK"

    def deliver(self, mail_from: str, recipients: list[str], content: bytes) -> None:
        sender, subject, text = read_letter(content)
        received_at = stamp(self._clock.now())
        with self._store.transaction() as db:
            db.executemany(
                "INSERT INTO mail (mailbox, sender, recipient, subject, text, received_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (_mailbox(to), sender or _storable(mail_from), _storable(to), subject, text, received_at)
                    for to in recipients
                ],
            )

    def letters(self, to: str | None = None) -> list[dict[str, str]]:
        """Oldest first, by arrival: the clock may have been moved back in between."""
        with self._store.transaction() as db:
            rows = db.execute(
                'SELECT sender AS "from", recipient AS "to", subject, text, received_at FROM mail'
                " WHERE ?1 IS NULL OR mailbox = ?1 ORDER BY id",
                (to and _mailbox(to),),
            )
            return [dict(row) for row in rows]

    def empty(self, to: str | None = None) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM mail WHERE ?1 IS NULL OR mailbox = ?1", (to and _mailbox(to),))


def _mailbox(address: str) -> str:
    """RFC 5321, 2.4: the domain is case-insensitive, the local part is the host's own business."""
    local, at, domain = _storable(address).rpartition("@")
    return local + at + domain.lower()


def read_letter(content: bytes) -> tuple[str, str, str]:
    """Bare From address, subject and text of a letter, decoded.

    The text is the plain part, or the HTML part as it stands when there is no plain one. No letter is refused
    for its form: what cannot be decoded is shown as it came.
    """
    try:
        message = message_from_bytes(content, EmailMessage, policy=policy)
        sender = parseaddr(_header(message, "from"))[1]
        return _storable(sender), _storable(_header(message, "subject")), _storable(_text(message))
    except Exception:  # the email package answers some broken letters with errors of any kind
        log.warning("a letter could not be decoded and is kept as it came", exc_info=True)
        return "", "", content.decode("utf-8", "replace")


def _header(message: EmailMessage, name: str) -> str:
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name), "")
    # Unencoded UTF-8 (RFC 6532) reaches the parser as escaped bytes.
    unfolded = re.sub(r"[\r\n]+", "", raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    return str(policy.header_factory(name, unfolded.strip()))


def _text(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        text = str(part.get_content())
    except LookupError:  # a character set that nobody knows
        payload = part.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return text.replace("\r\n", "\n").rstrip("\n")


def _storable(text: str) -> str:
    """Without lone surrogates, which neither SQLite nor JSON can carry."""
    return text.encode("utf-8", "replace").decode()


def blueprint(mailbox: Mailbox) -> Blueprint:
    routes = Blueprint("mail", __name__)

    @routes.get("/sandbox/mail")
    def letters() -> ResponseReturnValue:
        return jsonify(mailbox.letters(_addressee()))

    @routes.delete("/sandbox/mail")
    def empty() -> ResponseReturnValue:
        mailbox.empty(_addressee())
        return "", 204

    return routes


def _addressee() -> str | None:
    to = request.args.get("to")
    if to is not None and (not to or " " in to):
        raise Refusal(
            422,
            "mail.bad_address",
            "Send to as one address, with + written as %2B, or leave it out for all mail.",
        )
    return to
