"""Importing lines: a file has thousands, so the database is asked and told about all of them at once."""

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Cast, cast, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import UnitOfWork
from chassis.sealing import FieldCipher
from services.contracts.comparing import Changes, compare
from services.contracts.imports import LineRow
from services.contracts.models import Contract, Line
from services.contracts.passwords import encrypt

_YIELD_EVERY = 500


class LineImport:
    model = LineRow

    def __init__(self, uow: UnitOfWork, cipher: FieldCipher) -> None:
        self._session = uow.session
        self._cipher = cipher

    def compare(self, rows: Sequence[tuple[int, LineRow]]) -> Changes[LineRow]:
        contracts = self._session.scalars(
            select(Contract.code).where(Contract.code.in_({row.contract_code for _, row in rows}))
        )
        stored = self._session.execute(
            select(
                Contract.code.label("contract_code"),
                Line.phone_number,
                *(getattr(Line, name) for name in LineRow.DESCRIPTIVE),
            )
            .join(Contract, Contract.id == Line.contract_id)
            .where(Line.phone_number.in_([row.phone_number for _, row in rows]))
        )
        return compare(rows, {record.phone_number: record for record in stored}, set(contracts))

    def store(self, changes: Changes[LineRow]) -> None:
        if changes.created:
            self._session.execute(insert(Line), self._new_records(changes.created))
        if changes.updated:
            self._update([row for row, _ in changes.updated])

    def _new_records(self, rows: Sequence[LineRow]) -> list[dict[str, Any]]:
        """Complete records; each contract's lines are numbered on in the order of the file."""
        ids: dict[str, int] = {}
        last_numbers: dict[str, int] = defaultdict(int)
        for code, contract_id, last in self._session.execute(
            select(Contract.code, Contract.id, func.coalesce(func.max(Line.number), 0))
            .outerjoin(Line)
            .where(Contract.code.in_({row.contract_code for row in rows}))
            .group_by(Contract.id)
        ):
            ids[code], last_numbers[code] = contract_id, last
        records = []
        for position, row in enumerate(rows):
            if position % _YIELD_EVERY == 0:
                time.sleep(0)  # encrypting takes the processor: let others be answered in between
            last_numbers[row.contract_code] += 1
            phone, line_password, addon_password = row.phone_number, row.line_password, row.addon_password
            records.append(
                row.model_dump(exclude={"contract_code"})
                | {
                    "contract_id": ids[row.contract_code],
                    "number": last_numbers[row.contract_code],
                    "line_password": encrypt(self._cipher, phone, "line_password", line_password),
                    "addon_password": encrypt(self._cipher, phone, "addon_password", addon_password),
                }
            )
        return records

    def _update(self, rows: Sequence[LineRow]) -> None:
        """One statement for all of them: UPDATE … FROM unnest(…)."""
        arrays: dict[str, Cast[Any]] = {
            name: cast([getattr(row, name) for row in rows], ARRAY(Line.__table__.c[name].type))
            for name in (LineRow.KEY, *LineRow.DESCRIPTIVE)
        }
        changed = func.unnest(*arrays.values()).table_valued(*arrays, name="changed").render_derived()
        self._session.execute(
            update(Line)
            .where(Line.phone_number == changed.c.phone_number)
            .values({name: changed.c[name] for name in LineRow.DESCRIPTIVE})
            .execution_options(synchronize_session=False)
        )
