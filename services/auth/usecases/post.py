"""Mail: written down with the change that calls for it, sent afterwards, tried again while the relay is down."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import uuid4

import eventlet
from sqlalchemy.orm import Session

from chassis import clock, logs
from chassis.database import UnitOfWork
from chassis.sealing import FieldCipher
from services.auth import store
from services.auth.adapters.mail import Mail, MailDelayed, MailError, MailRefused, MailRelay
from services.auth.backoff import next_try
from services.auth.mail_texts import MailText
from services.auth.models import OutgoingMail
from services.auth.settings import Settings

log = logs.get_logger()

_AT_ONCE = 4  # mails that one replica sends side by side
_LONGEST_WAITS = 3  # a relay that makes us wait this often for its longest time is given up


def write_mail(
    session: Session,
    settings: Settings,
    recipient: str,
    text: MailText,
    correlation_id: str,
    sender: str | None = None,
) -> None:
    """Put a mail into the out-tray, within the caller's transaction; from `mail_from` unless a sender is given."""
    mail_id = uuid4()
    content = json.dumps(
        {
            "sender": sender or settings.mail_from,
            "recipient": recipient,
            "subject": text.subject,
            "text": text.body,
        }
    )
    now = clock.wall()
    session.add(
        OutgoingMail(
            id=mail_id,
            message=FieldCipher(settings.field_keys).encrypt(content, _place(mail_id)),
            correlation_id=correlation_id,
            created_at=now,
            next_try_at=now,
        )
    )


def send_mails(new_uow: Callable[[], UnitOfWork], relay: MailRelay, settings: Settings) -> None:
    """Send everything that is due. A claimed mail is no other replica's business until the claim has run out."""
    longest = timedelta(seconds=_LONGEST_WAITS * settings.smtp_timeout_seconds)
    send = partial(_send, new_uow, relay, settings, longest)
    pool = eventlet.GreenPool(_AT_ONCE)
    while True:
        with new_uow() as uow:
            mails = store.claim_mails(uow.session, clock.wall(), claim=2 * longest, limit=_AT_ONCE)
            uow.commit()
        for _ in pool.imap(send, mails):
            pass
        if len(mails) < _AT_ONCE:
            return


def _send(
    new_uow: Callable[[], UnitOfWork],
    relay: MailRelay,
    settings: Settings,
    longest: timedelta,
    row: OutgoingMail,
) -> None:
    with logs.bind(correlation_id=row.correlation_id, mail=str(row.id), tries=row.tries):
        try:
            with eventlet.Timeout(longest.total_seconds(), MailDelayed("slow relay")):
                relay.send(_open(row, settings))
        except MailError as error:
            _put_back(new_uow, settings, row, error)
            return
        with new_uow() as uow:
            store.delete_mail(uow.session, row)
            uow.commit()
        log.info("mail sent")


def _put_back(
    new_uow: Callable[[], UnitOfWork], settings: Settings, row: OutgoingMail, error: MailError
) -> None:
    later = next_try(row.tries, clock.wall())
    is_hopeless = isinstance(error, MailRefused) or later > row.created_at + timedelta(
        hours=settings.mail_give_up_hours
    )
    with new_uow() as uow:
        if is_hopeless:
            store.delete_mail(uow.session, row)
        else:
            store.postpone_mail(uow.session, row, later)
        uow.commit()
    if is_hopeless:
        log.error("mail given up", reason=str(error))
    else:
        log.warning("mail delayed", reason=str(error), next_try_at=later.isoformat())


def _open(row: OutgoingMail, settings: Settings) -> Mail:
    try:
        content = json.loads(FieldCipher(settings.field_keys).decrypt(row.message, _place(row.id)))
    except ValueError:  # the key may come back, by a corrected setting
        raise MailDelayed("no key to open the mail") from None
    return Mail(
        message_id=str(row.id),
        sender=content.get("sender", settings.mail_from),  # mails of an earlier release name none
        recipient=content["recipient"],
        subject=content["subject"],
        text=content["text"],
    )


def _place(mail_id: object) -> str:
    return f"outgoing_mail.message:{mail_id}"
