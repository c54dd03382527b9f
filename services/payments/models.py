"""The tables of the payments database."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Index, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.payments.charges import ChargeKind


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {datetime: DateTime(timezone=True), str: Text(), int: BigInteger}


class Charge(Base):
    """What a customer owes for one item of one order, or for a month of a share group. Never changed or deleted: a
    trigger refuses it.

    `usage_month` is the first day of a month in Japan; the descriptions are the words as they were billed.
    """

    __tablename__ = "charges"
    __table_args__ = (
        UniqueConstraint("order_number", "item", name="charges_once_per_item"),
        UniqueConstraint("group_id", "usage_month", name="charges_once_per_group_and_month"),
        CheckConstraint(
            "(order_number IS NULL) <> (group_id IS NULL) AND (order_number IS NULL) = (item IS NULL)",
            name="charges_are_of_an_item_or_a_group",
        ),
        CheckConstraint("amount_yen >= 0", name="charges_amount_not_negative"),
        CheckConstraint("extract(day from usage_month) = 1", name="charges_usage_month_is_a_first"),
        Index("charges_of_month", "customer_code", "usage_month", "occurred_at", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    customer_code: Mapped[str]
    kind: Mapped[ChargeKind] = mapped_column(Text)
    order_number: Mapped[str | None]
    item: Mapped[int | None]
    group_id: Mapped[int | None]
    usage_month: Mapped[date]
    occurred_at: Mapped[datetime]
    description_ja: Mapped[str]
    description_en: Mapped[str]
    amount_yen: Mapped[int]


# their tables belong to the same metadata
from services.payments import models_cards  # noqa: E402, F401
