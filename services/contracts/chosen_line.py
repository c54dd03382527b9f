"""A line of Mobile Choice 050 with what has been chosen for it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class ChosenLine:
    """A line with what has been chosen for it; a line whose `end_date` is to come is still in service."""

    line_id: int
    number: int
    phone_number: str
    end_date: date | None
    contract_code: str
    customer_code: str
    mobile_number: str | None
    group_id: int | None
    group_code: str | None
    limit_id: int | None
    limit_code: str | None

    def in_service(self, today: date) -> bool:
        return self.end_date is None or self.end_date > today
