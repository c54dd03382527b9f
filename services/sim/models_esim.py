"""The profiles of eSIMs on their way to a customer."""

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.sim.models import Base, SimSerial

ProfileState = Literal["reserved", "ordered", "ready", "withdrawn", "cancelled"]


class EsimProfile(Base):
    """The profile from the stock that an item of an order has got, for the device with this EID.

    Reserved for the order, ordered at the SM-DP+, and ready when the network serves it in place of the former SIM; or
    withdrawn after a failure until the SM-DP+ has cancelled it. `matching_id` is encrypted (`activation_code.py`): with
    the address it makes the activation code, which opens the profile to whoever has it. It is gone when nobody may
    have the profile any more.
    """

    __tablename__ = "esim_profiles"
    __table_args__ = (
        Index("esim_profiles_of_iccid", "iccid", unique=True, postgresql_where="state <> 'cancelled'"),
        CheckConstraint(
            "(matching_id IS NULL) = (state IN ('withdrawn', 'cancelled'))",
            name="matching_id_kept_while_needed",
        ),
    )

    order_item_id: Mapped[int] = mapped_column(
        ForeignKey("order_items.id"), primary_key=True, autoincrement=False
    )
    iccid: Mapped[str] = mapped_column(SimSerial)
    eid: Mapped[str]
    state: Mapped[ProfileState] = mapped_column(String)
    smdp_address: Mapped[str]
    matching_id: Mapped[str | None]
    ready_at: Mapped[datetime | None]
