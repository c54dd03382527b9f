"""What this service reads of the events of others."""

from pydantic import BaseModel


class CustomerRegistered(BaseModel):
    customer_code: str
    name: str
