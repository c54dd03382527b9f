"""Customers, their projects and contracts, and the lines (回線) of a contract."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.contracts.display import DisplayPlan
from services.contracts.families import Family, ServiceType

PhoneNumber = String(14, collation="C")  # digits only: bytewise order makes prefix search an index range


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Project(Base):
    """A customer's project (案件): a name under which contracts stand together."""

    __tablename__ = "projects"

    customer_code: Mapped[str] = mapped_column(ForeignKey("customers.code"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)


class Contract(Base):
    __tablename__ = "contracts"
    __table_args__ = (
        # a contract's project is one of its own customer's
        ForeignKeyConstraint(["customer_code", "project_name"], ["projects.customer_code", "projects.name"]),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    customer_code: Mapped[str] = mapped_column(index=True)
    project_name: Mapped[str]
    family: Mapped[Family] = mapped_column(String)
    service_type: Mapped[ServiceType] = mapped_column(String)
    service_name: Mapped[str]
    sip_proxy: Mapped[str | None]
    sip_domain: Mapped[str | None]
    call_plan: Mapped[str | None]
    display_plan: Mapped[DisplayPlan] = mapped_column(String)


class Line(Base):
    """One telephone number of a contract. A line is never deleted: it ends.

    `number` is its No within the contract, given in the order of registration and never changed. A line whose
    `end_date` is still to come is in service: its termination is in process. The passwords are encrypted
    (`passwords.py`).
    """

    __tablename__ = "lines"
    __table_args__ = (
        # Each of these covers every condition of a search, so that hits are found and counted without touching
        # the table: by contract, by the beginning of the telephone number, by start date.
        UniqueConstraint(
            "contract_id",
            "number",
            name="lines_of_contract",
            postgresql_include=["phone_number", "start_date", "end_date"],
        ),
        Index(
            "lines_by_phone",
            "phone_number",
            postgresql_include=["contract_id", "number", "start_date", "end_date"],
        ),
        Index(
            "lines_by_start",
            "contract_id",
            "start_date",
            postgresql_include=["number", "phone_number", "end_date"],
        ),
        # a telephone number has one line without an end, and any number of former ones
        Index("lines_open_by_phone", "phone_number", unique=True, postgresql_where="end_date IS NULL"),
        # a mobile number belongs to one line
        Index("lines_by_mobile", "mobile_number", unique=True, postgresql_where="mobile_number IS NOT NULL"),
        CheckConstraint("end_date >= start_date", name="lines_end_after_start"),
        CheckConstraint("channels > 0", name="lines_have_channels"),
        CheckConstraint(  # what is written into files needs no escaping
            "account_id ~ '^[A-Za-z0-9._@-]+$'"
            " AND concat(phone_number, notified_number, pilot_number, mobile_number) ~ '^[0-9]+$'",
            name="lines_plain_texts",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    number: Mapped[int]
    phone_number: Mapped[str] = mapped_column(PhoneNumber)
    account_id: Mapped[str]
    line_password: Mapped[str | None]
    addon_password: Mapped[str | None]
    start_date: Mapped[date]
    end_date: Mapped[date | None]
    channels: Mapped[int]
    notified_number: Mapped[str | None] = mapped_column(PhoneNumber)
    pilot_number: Mapped[str | None] = mapped_column(PhoneNumber)
    mobile_number: Mapped[str | None] = mapped_column(PhoneNumber)


# their tables belong to the same metadata
from services.contracts import models_applications, models_calls, models_mobile_choice, models_passwords  # noqa: E402, F401
