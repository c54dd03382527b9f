"""The mails as they are sent: the texts of `services.auth.mails`, filled in, in the language of the reader."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from chassis.clock import in_japan
from services.auth.browsers import browser_name
from services.auth.mails import en, ja
from services.auth.portals import Kind


@dataclass(frozen=True)
class MailText:
    subject: str
    body: str


@dataclass(frozen=True)
class Operator:
    """The operator's name as it stands in a mail of either language."""

    name_ja: str
    name_en: str


@dataclass(frozen=True)
class Act:
    """Whose account, when and from where. `user_agent` is what the browser said of itself."""

    login_id: str
    at: datetime
    client_ip: str
    user_agent: str


@dataclass(frozen=True)
class OrderFacts:
    """What has happened to an order. `cancellable_until` None: it can be cancelled until it is begun."""

    happening: Literal["accepted", "changed", "shipped", "completed", "failed", "cancelled"]
    number: str
    kind: str
    start_date: date
    cancellable_until: datetime | None
    items_total: int
    items_failed: int
    url: str


def code_mail(code: str, valid_minutes: int, language: str, operator: Operator) -> MailText:
    """The login code; `language` is ja or en, here and below."""
    return _fill("code", language, operator, code=code, minutes=str(valid_minutes))


def address_registered_mail(act: Act, language: str, operator: Operator) -> MailText:
    """To the new address."""
    return _fill("address_registered", language, operator, **_where(act, language))


def address_replaced_mail(act: Act, masked_address: str, language: str, operator: Operator) -> MailText:
    """To the old address, which tells a stranger not too much of the new one."""
    return _fill("address_replaced", language, operator, address=masked_address, **_where(act, language))


def password_changed_mail(act: Act, language: str, operator: Operator) -> MailText:
    return _fill("password_changed", language, operator, **_where(act, language))


def login_mail(act: Act, language: str, operator: Operator) -> MailText:
    return _fill("login", language, operator, **_where(act, language))


def account_mail(
    kind: Kind,
    login_id: str,
    password: str,
    url: str,
    ends_at: datetime | None,
    language: str,
    operator: Operator,
) -> MailText:
    """ID, password and where to log in. `ends_at` is the last instant at which an initial password works; one that
    stays good (self-care) has none.
    """
    values = {"login_id": login_id, "password": password, "url": url}
    if ends_at is not None:
        values["ends_at"] = _moment(ends_at, language)
    return _fill(f"account_{kind}", language, operator, **values)


def factor_changed_mail(
    what: Literal["added", "removed"],
    login_id: str,
    name: str,
    at: datetime,
    language: str,
    operator: Operator,
) -> MailText:
    """`name` is what the owner calls the sign-in method."""
    moment = _moment(at, language)
    return _fill(f"factor_{what}", language, operator, login_id=login_id, name=_one_line(name), at=moment)


def key_created_mail(name: str, at: datetime, language: str, operator: Operator) -> MailText:
    return _fill("key_created", language, operator, name=_one_line(name), at=_moment(at, language))


def application_mail(
    state: Literal["received", "issued", "declined"],
    number: str,
    count: int,
    start_date: date | None,
    reason: str | None,
    language: str,
    operator: Operator,
) -> MailText:
    """About an application for more numbers: `start_date` of those that were issued, `reason` of a decline."""
    values = {"number": number, "count": str(count), "reason": _one_line(reason or "")}
    if start_date is not None:
        values["start_date"] = _day(start_date, language)
    return _fill(f"application_{state}", language, operator, **values)


def profile_ready_mail(
    order_number: str, msisdn: str, url: str, language: str, operator: Operator
) -> MailText:
    """`url` is the page that shows the activation code after a proof of the person."""
    return _fill("profile_ready", language, operator, number=order_number, msisdn=msisdn, url=url)


def order_mail(facts: OrderFacts, language: str, operator: Operator) -> MailText:
    """About an order for SIMs; of people and SIMs it tells nothing but their count."""
    texts = en if language == "en" else ja
    until = facts.cancellable_until
    return _fill(
        f"order_{facts.happening}",
        language,
        operator,
        number=facts.number,
        kind=texts.ORDER_KINDS.get(facts.kind, facts.kind),
        start_date=_day(facts.start_date, language),
        until=texts.BEFORE.format(at=_moment(until, language)) if until else texts.UNTIL_BEGUN,
        count=str(facts.items_total),
        failed=str(facts.items_failed),
        url=facts.url,
    )


def _fill(text: str, language: str, operator: Operator, **values: str) -> MailText:
    texts, name = (en.TEXTS, operator.name_en) if language == "en" else (ja.TEXTS, operator.name_ja)
    subject, body = texts[text]
    return MailText(subject.format(operator=name, **values), body.format(operator=name, **values))


def _where(act: Act, language: str) -> dict[str, str]:
    unknown = en.UNKNOWN if language == "en" else ja.UNKNOWN
    return {
        "login_id": act.login_id,
        "at": _moment(act.at, language),
        "client_ip": act.client_ip or unknown,
        "browser": browser_name(act.user_agent) or unknown,
    }


def _moment(at: datetime, language: str) -> str:
    """To the minute, in Japan time."""
    here = in_japan(at)
    if language == "en":
        return f"{here:%Y-%m-%d %H:%M}"
    return f"{here.year}年{here.month}月{here.day}日 {here:%H:%M}"


def _day(day: date, language: str) -> str:
    return f"{day:%Y-%m-%d}" if language == "en" else f"{day.year}年{day.month}月{day.day}日"


def _one_line(text: str) -> str:
    """What somebody typed, so that it cannot pass for a paragraph of ours."""
    return " ".join(text.split())
