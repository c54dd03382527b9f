"""Importing customers."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.database import UnitOfWork
from services.contracts.comparing import Changes, compare
from services.contracts.events import CustomerRegistered
from services.contracts.imports import CustomerRow
from services.contracts.models import Customer


class CustomerImport:
    model = CustomerRow

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def compare(self, rows: Sequence[tuple[int, CustomerRow]]) -> Changes[CustomerRow]:
        codes = [row.customer_code for _, row in rows]
        stored = self._uow.session.execute(
            select(Customer.code.label("customer_code"), Customer.name).where(Customer.code.in_(codes))
        )
        return compare(rows, {record.customer_code: record for record in stored}, ())

    def store(self, changes: Changes[CustomerRow]) -> None:
        rows = changes.created + [row for row, _ in changes.updated]
        if not rows:
            return
        statement = insert(Customer)
        self._uow.session.execute(
            statement.on_conflict_do_update(index_elements=["code"], set_={"name": statement.excluded.name}),
            [{"code": row.customer_code, "name": row.name} for row in rows],
        )
        for row in rows:
            self._uow.emit(CustomerRegistered(row.customer_code, row.name))
