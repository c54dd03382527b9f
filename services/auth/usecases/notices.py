"""What people are told by mail about their accounts, written within the transaction of what it is about."""

from typing import Literal

from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from chassis import clock
from services.auth import account_store, mail_texts
from services.auth.consumed import ApplicationProgressed, OrderProgressed, ProfileReady
from services.auth.mail_texts import Act, MailText, OrderFacts
from services.auth.models import Account
from services.auth.portals import Kind
from services.auth.recovery_rules import masked
from services.auth.settings import Settings
from services.auth.usecases.post import write_mail
from services.auth.usecases.sessions import Browser


def login_notice(session: Session, settings: Settings, account: Account, browser: Browser) -> None:
    """That somebody has logged in. Source: the console guide, "login"."""
    act = _act(account, browser)
    for reader in _readers(session, account):
        _send(session, settings, reader, mail_texts.login_mail(act, reader.language, settings.operator()))


def password_changed(session: Session, settings: Settings, account: Account, browser: Browser) -> None:
    act = _act(account, browser)
    for reader in _readers(session, account):
        text = mail_texts.password_changed_mail(act, reader.language, settings.operator())
        _send(session, settings, reader, text)


def address_changed(
    session: Session, settings: Settings, account: Account, old: str | None, browser: Browser
) -> None:
    """To the account's present address and to the one before, which learns the new one only in part."""
    act, language, operator = _act(account, browser), account.language, settings.operator()
    _send(session, settings, account, mail_texts.address_registered_mail(act, language, operator))
    if old is not None:
        shown = masked(account.email or "")
        text = mail_texts.address_replaced_mail(act, shown, language, operator)
        _write(session, settings, account.kind, old, text)


def account_mail(session: Session, settings: Settings, account: Account, initial_password: str) -> bool:
    """ID, password and where to log in, to whom the account is for; False if the account has no address."""
    if account.email is None:
        return False
    page = {Kind.CONSOLE: "/console/login", Kind.STAFF: "/staff/login", Kind.SELFCARE: ""}[account.kind]
    text = mail_texts.account_mail(
        account.kind,
        account.login_id,
        initial_password,
        settings.public_url + page,
        account.initial_password_ends_at,
        account.language,
        settings.operator(),
    )
    _send(session, settings, account, text)
    return True


def factor_changed(
    session: Session, settings: Settings, account: Account, what: Literal["added", "removed"], name: str
) -> None:
    """`name` is what the owner calls the sign-in method."""
    now = clock.now()
    for reader in _readers(session, account):
        text = mail_texts.factor_changed_mail(
            what, account.login_id, name, now, reader.language, settings.operator()
        )
        _send(session, settings, reader, text)


def key_created(session: Session, settings: Settings, customer_code: str, name: str) -> None:
    """To the administrators of the customer: `name` is what one of them calls the API key."""
    now = clock.now()
    for reader in account_store.reachable_administrators(session, Kind.CONSOLE, customer_code):
        text = mail_texts.key_created_mail(name, now, reader.language, settings.operator())
        _send(session, settings, reader, text)


def application_progressed(session: Session, settings: Settings, event: ApplicationProgressed) -> None:
    """To the contact that the application names, in the language of whoever placed it."""
    text = mail_texts.application_mail(
        event.state,
        event.number,
        event.count,
        event.start_date,
        event.reason,
        event.language,
        settings.operator(),
    )
    _write(session, settings, Kind.SELFCARE, event.contact_email, text)


def profile_ready(session: Session, settings: Settings, event: ProfileReady) -> None:
    """To the contact that the order names, in the language of whoever placed it; the code itself is on the portal."""
    url = f"{settings.public_url}/console/orders/{event.order_number}/activation"
    text = mail_texts.profile_ready_mail(
        event.order_number, event.msisdn, url, event.language, settings.operator()
    )
    _write(session, settings, Kind.CONSOLE, event.contact_mail, text)


def order_progressed(session: Session, settings: Settings, event: OrderProgressed) -> None:
    """To who has placed the order or, if that is a program or somebody without an address, to the administrators."""
    applicant = account_store.reachable_account(session, Kind.CONSOLE, event.customer_code, event.applicant)
    readers = (
        [applicant]
        if applicant is not None
        else account_store.reachable_administrators(session, Kind.CONSOLE, event.customer_code)
    )
    facts = OrderFacts(
        event.happening,
        event.number,
        event.kind,
        event.start_date,
        event.cancellable_until,
        event.items_total,
        event.items_failed,
        f"{settings.public_url}/console/orders/{event.number}",
    )
    for reader in readers:
        _send(session, settings, reader, mail_texts.order_mail(facts, reader.language, settings.operator()))


def _readers(session: Session, account: Account) -> list[Account]:
    """The owner or, in place of one without an address, the administrators; self-care accounts have none."""
    if account.email is not None:
        return [account]
    if account.kind is Kind.SELFCARE:
        return []
    return account_store.reachable_administrators(session, account.kind, account.customer_code)


def _act(account: Account, browser: Browser) -> Act:
    return Act(account.login_id, clock.now(), browser.client_ip, browser.user_agent)


def _send(session: Session, settings: Settings, reader: Account, text: MailText) -> None:
    _write(session, settings, reader.kind, reader.email or "", text)


def _write(session: Session, settings: Settings, kind: Kind, recipient: str, text: MailText) -> None:
    sender = settings.mail_from if kind is Kind.SELFCARE else settings.console_mail_from
    correlation_id = get_contextvars().get("correlation_id", "")
    write_mail(session, settings, recipient, text, correlation_id, sender)
