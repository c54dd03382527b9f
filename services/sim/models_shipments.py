"""What staff have handed over to shipping."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.sim.models import Base


class Shipment(Base):
    """The parcel of an order for cards. Whereto it goes is in the order's request, and there alone."""

    __tablename__ = "shipments"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True, autoincrement=False)
    handed_over_at: Mapped[datetime]
    carrier_name: Mapped[str]
    tracking_number: Mapped[str]
    arrived_on: Mapped[date | None]
