"""What the auth service reads of the facts that other services tell."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel


class CustomerRegistered(BaseModel):
    """`contracts.customer_registered`: a customer is new or has another name."""

    customer_code: str
    name: str


class ContractRegistered(BaseModel):
    """`contracts.contract_registered`: decides which self-care portal admits the customer."""

    customer_code: str
    contract_code: str
    family: str


class ApplicationProgressed(BaseModel):
    """`contracts.application_progressed`: its contact is told that an application was received, issued or declined."""

    number: str
    state: Literal["received", "issued", "declined"]
    count: int
    start_date: date | None
    reason: str | None
    contact_email: str
    language: str


class ProfileReady(BaseModel):
    """`sim.profile_ready`: the contact of an order is told that its eSIM can be downloaded."""

    order_number: str
    msisdn: str
    contact_mail: str
    language: str


class OrderProgressed(BaseModel):
    """`sim.order_progressed`: the applicant, a login ID, is told of what has happened to an order."""

    customer_code: str
    number: str
    kind: str
    happening: Literal["accepted", "changed", "shipped", "completed", "failed", "cancelled"]
    applicant: str
    start_date: date
    cancellable_until: datetime | None
    items_total: int
    items_failed: int


class Audited(BaseModel):
    """`contracts.audited`, `payments.audited`, `sim.audited`: somebody has done there what belongs into the trail."""

    at: datetime
    actor: str
    kind: str
    login_id: str
    customer_code: str | None
    client_ip: str
    action: str
    target: str
    result: str
    details: dict[str, Any]
