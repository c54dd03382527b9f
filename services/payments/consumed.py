"""What this service reads of the facts that others publish."""

from datetime import date

from pydantic import AwareDatetime, BaseModel, NonNegativeInt, PositiveInt


class RechargeCompleted(BaseModel):
    """`sim.recharge_completed`: an item of an order has put data on a SIM, at the price the order stated."""

    order_number: str
    item: PositiveInt
    customer_code: str
    msisdn: str
    gigabytes: PositiveInt
    price_yen: NonNegativeInt
    start_date: date
    completed_at: AwareDatetime
