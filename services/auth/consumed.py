"""What the auth service reads of the facts that other services tell."""

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
