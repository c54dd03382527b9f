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


class GroupRechargeCompleted(BaseModel):
    """`sim.group_recharge_completed`: an order has put data into a share group, at the price it stated."""

    order_number: str
    item: PositiveInt
    customer_code: str
    group_name: str
    gigabytes: PositiveInt
    price_yen: NonNegativeInt
    start_date: date
    completed_at: AwareDatetime


class SimsShipped(BaseModel):
    """`sim.sims_shipped`: the cards of an order for new SIMs are on their way; `price_yen` is for all of them."""

    order_number: str
    customer_code: str
    quantity: PositiveInt
    price_yen: NonNegativeInt
    handed_over_at: AwareDatetime


class ShareMonthBegun(BaseModel):
    """`sim.share_month_begun`: a share group has begun a month, each of whose members costs `yen_per_member`."""

    customer_code: str
    group_id: PositiveInt
    group_name: str
    month: date
    members: PositiveInt
    yen_per_member: NonNegativeInt
    begun_at: AwareDatetime
