"""Which mails about their orders customers do not want."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.sim.models import Base


class MailSwitch(Base):
    """A mail that a customer has switched off: of orders of `kind`, when `happening` happens. Without a row it is sent,
    so that nothing has to be stored for a new customer or a new kind."""

    __tablename__ = "mail_switches"

    customer_code: Mapped[str] = mapped_column(ForeignKey("customers.code"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    happening: Mapped[str] = mapped_column(primary_key=True)
