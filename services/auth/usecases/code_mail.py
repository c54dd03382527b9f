"""Mailing a code, as often as the caps allow."""

import math

from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from chassis import clock
from chassis.errors import TooMany
from services.auth import attempt_store, mail_cap, mail_texts
from services.auth.models import Account, CodeMail
from services.auth.settings import Settings
from services.auth.usecases.post import write_mail


def mail_code(session: Session, settings: Settings, account: Account, recipient: str, code: str) -> None:
    """Put the mail with a code for this account into the out-tray. The account's row is locked.

    Raises TooMany("login.mail_capped", retry_after=seconds), and has changed nothing then.
    """
    caps = settings.code_mail_caps()
    now = clock.now()
    since = now - max(cap.window for cap in caps)
    sent = attempt_store.code_mails(session, account.id, since, now)
    wait = (mail_cap.free_at(caps, sent, now) - now).total_seconds()
    if wait > 0:
        raise TooMany("login.mail_capped", retry_after=math.ceil(wait))
    session.add(CodeMail(account_id=account.id, sent_at=now))
    text = mail_texts.code_mail(code, settings.code_valid_minutes, account.language, settings.operator())
    write_mail(session, settings, recipient, text, get_contextvars().get("correlation_id", ""))
