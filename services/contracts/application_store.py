"""Queries about applications for more numbers."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.contracts.application_rules import ApplicationState
from services.contracts.models import Contract, Customer, Line
from services.contracts.models_applications import Application, ApplicationLine, ApplicationSequence
from services.contracts.viewing import Anybody, Whose

Found = tuple[Application, Contract, str]
"""An application, its contract, and the name of the customer."""


def lock_contract(session: Session, customer: Whose, code: str) -> Contract | None:
    """The contract, held against others that add lines or applications to it."""
    return session.scalar(
        select(Contract)
        .where(Contract.code == code, *_of(customer))
        .with_for_update(of=Contract, key_share=True)
    )


def next_in_sequence(session: Session, customer: str, year: int) -> int:
    """The next number of an application; held until the end of the transaction, so that none is given twice."""
    first = insert(ApplicationSequence).values(customer_code=customer, year=year, last=1)
    key = [ApplicationSequence.customer_code, ApplicationSequence.year]
    taken = first.on_conflict_do_update(index_elements=key, set_={"last": ApplicationSequence.last + 1})
    return session.scalars(taken.returning(ApplicationSequence.last)).one()


def count_open(session: Session, contract: Contract) -> int:
    mine = (Application.contract_id == contract.id, Application.state == "received")
    return session.scalar(select(func.count()).where(*mine)) or 0


def search(
    customer: Whose, state: ApplicationState | None, customer_code: str | None
) -> list[ColumnElement[bool]]:
    """Conditions of a list: whose the caller may see, and what is asked for."""
    conditions = _of(customer)
    if state is not None:
        conditions.append(Application.state == state)
    if customer_code:
        conditions.append(Contract.customer_code == customer_code)
    return conditions


def count(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    found = (
        select(func.count()).select_from(Application).join(Contract, Contract.id == Application.contract_id)
    )
    return session.scalar(found.where(*conditions)) or 0


def page(
    session: Session, conditions: Sequence[ColumnElement[bool]], before: int, limit: int
) -> Sequence[Found]:
    """The first `limit` hits whose id is below `before`, newest first."""
    rows = session.execute(
        select(Application, Contract, Customer.name)
        .join(Contract, Contract.id == Application.contract_id)
        .join(Customer, Customer.code == Contract.customer_code)
        .where(*conditions, Application.id < before)
        .order_by(Application.id.desc())
        .limit(limit)
    )
    return rows.tuples().all()


def find(session: Session, customer: Whose, number: str, *, lock: bool = False) -> Found | None:
    """The application; with `lock` it is held until the end of the transaction."""
    statement = (
        select(Application, Contract, Customer.name)
        .join(Contract, Contract.id == Application.contract_id)
        .join(Customer, Customer.code == Contract.customer_code)
        .where(Application.number == number, *_of(customer))
    )
    if lock:
        statement = statement.with_for_update(of=Application)
    return session.execute(statement).tuples().one_or_none()


def lines_of(session: Session, application: Application) -> Sequence[str]:
    """The telephone numbers that were issued for it."""
    return session.scalars(
        select(Line.phone_number)
        .join(ApplicationLine, ApplicationLine.line_id == Line.id)
        .where(ApplicationLine.application_id == application.id)
        .order_by(Line.phone_number)
    ).all()


def last_line_number(session: Session, contract: Contract) -> int:
    """The highest No of the contract's lines; the caller holds the contract."""
    return session.scalar(select(func.max(Line.number)).where(Line.contract_id == contract.id)) or 0


def _of(customer: Whose) -> list[ColumnElement[bool]]:
    return [] if customer is Anybody.ANYBODY else [Contract.customer_code == customer]
