"""Importing contracts, and with them the projects they name."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.database import UnitOfWork
from services.contracts.comparing import Changes, compare
from services.contracts.events import ContractRegistered
from services.contracts.imports import ContractRow
from services.contracts.models import Contract, Customer, Project


class ContractImport:
    model = ContractRow

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def compare(self, rows: Sequence[tuple[int, ContractRow]]) -> Changes[ContractRow]:
        customers = self._uow.session.scalars(
            select(Customer.code).where(Customer.code.in_({row.customer_code for _, row in rows}))
        )
        stored = self._uow.session.execute(
            select(
                Contract.code.label("contract_code"),
                Contract.customer_code,
                *(getattr(Contract, name) for name in ContractRow.DESCRIPTIVE),
            ).where(Contract.code.in_([row.contract_code for _, row in rows]))
        )
        return compare(rows, {record.contract_code: record for record in stored}, set(customers))

    def store(self, changes: Changes[ContractRow]) -> None:
        rows = changes.created + [row for row, _ in changes.updated]
        if not rows:
            return
        self._uow.session.execute(
            insert(Project).on_conflict_do_nothing(),
            [{"customer_code": row.customer_code, "name": row.project_name} for row in rows],
        )
        statement = insert(Contract)
        self._uow.session.execute(
            statement.on_conflict_do_update(
                index_elements=["code"],
                set_={name: statement.excluded[name] for name in ContractRow.DESCRIPTIVE},
            ),
            [
                {"code": row.contract_code, "customer_code": row.customer_code}
                | row.model_dump(include=set(ContractRow.DESCRIPTIVE))
                for row in rows
            ],
        )
        told_otherwise = [
            row
            for row, known in changes.updated
            if (row.family, row.project_name) != (known.family, known.project_name)
        ]
        for row in changes.created + told_otherwise:
            self._uow.emit(
                ContractRegistered(row.customer_code, row.contract_code, row.family, row.project_name)
            )
