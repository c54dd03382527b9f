"""SIM cards and eSIM profiles that no customer has yet."""

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.sim.models import Base, SimSerial
from services.sim.states import SimType

StockState = Literal["free", "reserved", "assigned", "retired"]
"""`reserved` for an item of an order, until that has ended well (`assigned`) or not (`free` again); `retired`: taken
out by staff."""


class StockedSim(Base):
    """A card, or the profile of an eSIM, whose serial is its ICCID and whose size is empty.

    `msisdn` is the number of a card that comes with one. A serial is given away once: `assigned` is the end.
    """

    __tablename__ = "sim_stock"
    __table_args__ = (
        Index("sim_stock_free", "sim_type", "sim_size", "serial", postgresql_where="state = 'free'"),
        Index(
            "sim_stock_of_number",
            "msisdn",
            unique=True,
            postgresql_where="state IN ('free', 'reserved')",
        ),
        CheckConstraint(
            "state NOT IN ('reserved', 'assigned') OR order_item_id IS NOT NULL",
            name="stock_given_away_names_its_item",
        ),
    )

    serial: Mapped[str] = mapped_column(SimSerial, primary_key=True)
    sim_type: Mapped[SimType] = mapped_column(String)
    sim_size: Mapped[str]
    msisdn: Mapped[str | None]
    state: Mapped[StockState] = mapped_column(String)
    order_item_id: Mapped[int | None] = mapped_column(ForeignKey("order_items.id"), index=True)
    added_at: Mapped[datetime]
