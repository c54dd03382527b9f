"""What the auth service reads of the facts that other services tell."""

from datetime import datetime
from typing import Any

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


class Audited(BaseModel):
    """`contracts.audited` and `sim.audited`: somebody has done something there that belongs into the audit trail."""

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
