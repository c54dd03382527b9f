"""Importing lines: a file has thousands, so the database is asked and told about all of them at once."""

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Cast, cast, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError

from chassis import clock
from chassis.database import UnitOfWork
from chassis.errors import Conflict
from chassis.sealing import FieldCipher
from services.contracts import choice_store, pool_store, termination_store
from services.contracts.comparing import Changes, compare
from services.contracts.imports import LineRow
from services.contracts.models import Contract, Line
from services.contracts.number_reuse import unfit, which_line
from services.contracts.passwords import encrypt

_YIELD_EVERY = 500


class LineImport:
    model = LineRow

    def __init__(self, uow: UnitOfWork, cipher: FieldCipher, quarantine_days: int) -> None:
        self._session = uow.session
        self._cipher = cipher
        self._quarantine_days = quarantine_days

    def compare(self, rows: Sequence[tuple[int, LineRow]]) -> Changes[LineRow]:
        numbers = [row.phone_number for _, row in rows]
        pool_store.lock(self._session, numbers)  # what staff give out meanwhile waits, or is seen here
        contracts = self._session.scalars(
            select(Contract.code).where(Contract.code.in_({row.contract_code for _, row in rows}))
        )
        former: dict[str, list[Any]] = defaultdict(list)
        for record in self._session.execute(
            select(
                Line.id,
                Contract.code.label("contract_code"),
                Line.phone_number,
                *(getattr(Line, name) for name in LineRow.DESCRIPTIVE),
            )
            .join(Contract, Contract.id == Line.contract_id)
            .where(Line.phone_number.in_(numbers))
            .order_by(Line.start_date, Line.id)
        ):
            former[record.phone_number].append(record)
        completed = termination_store.completed(
            self._session, [line.id for lines in former.values() for line in lines]
        )
        stored, good, errors = {}, [], []
        for place, row in rows:
            lines = former[row.phone_number]
            meant = which_line(row.start_date, lines)
            if meant is not None and meant.id in completed:  # an older file does not bring the line back
                row = row.model_copy(update={"end_date": meant.end_date})
            problem = unfit(row.start_date, row.end_date, meant, lines, self._quarantine_days)
            if problem is not None:
                errors.append({"row": place, "field": "start_date"} | problem)
                continue
            good.append((place, row))
            if meant is not None:
                stored[row.phone_number] = meant
        changes = compare(good, stored, set(contracts))
        changes.errors += errors
        self._refuse_doubles(rows, changes)
        return changes

    def store(self, changes: Changes[LineRow]) -> None:
        """Raises Conflict("import.paired_meanwhile") if a customer has just got the mobile number of a new line."""
        if changes.created:
            mobiles = [row.mobile_number for row in changes.created if row.mobile_number]
            choice_store.free_mobile_numbers(self._session, mobiles, clock.today())
            try:
                self._session.execute(insert(Line), self._new_records(changes.created))
            except IntegrityError as error:
                if "lines_by_mobile" in str(error.orig):
                    raise Conflict("import.paired_meanwhile") from None
                raise
        if changes.updated:
            self._update(changes.updated)
        changed = changes.created + [row for row, _ in changes.updated]
        pool_store.settle(self._session, [row.phone_number for row in changed])

    def _refuse_doubles(self, rows: Sequence[tuple[int, LineRow]], changes: Changes[LineRow]) -> None:
        """A mobile number belongs to one line: take the new rows out whose number another line or row has."""
        new = {row.phone_number for row in changes.created if row.mobile_number}
        wished = [(number, row) for number, row in rows if row.phone_number in new]
        mobiles = [str(row.mobile_number) for _, row in wished]
        holders = choice_store.holders(self._session, mobiles, clock.today())
        first_rows: dict[str, int] = {}
        refused = set()
        for (number, row), mobile in zip(wished, mobiles, strict=True):
            first = first_rows.setdefault(mobile, number)
            error = {"row": number, "field": "mobile_number"}
            if first != number:
                changes.errors.append(error | {"code": "import.mobile_twice", "first_row": first})
            elif mobile in holders:
                changes.errors.append(error | {"code": "import.mobile_paired"})
            else:
                continue
            refused.add(row.phone_number)
        changes.created = [row for row in changes.created if row.phone_number not in refused]

    def _new_records(self, rows: Sequence[LineRow]) -> list[dict[str, Any]]:
        """Complete records; each contract's lines are numbered on in the order of the file."""
        codes = {row.contract_code for row in rows}
        self._session.execute(
            select(Contract.id)
            .where(Contract.code.in_(codes))
            .order_by(Contract.id)
            .with_for_update(key_share=True)
        )
        ids: dict[str, int] = {}
        last_numbers: dict[str, int] = defaultdict(int)
        for code, contract_id, last in self._session.execute(
            select(Contract.code, Contract.id, func.coalesce(func.max(Line.number), 0))
            .outerjoin(Line)
            .where(Contract.code.in_(codes))
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

    def _update(self, updated: Sequence[tuple[LineRow, Any]]) -> None:
        """One statement for all of them: UPDATE … FROM unnest(…)."""
        arrays: dict[str, Cast[Any]] = {"id": cast([known.id for _, known in updated], ARRAY(Line.id.type))}
        for name in LineRow.DESCRIPTIVE:
            values = [getattr(row, name) for row, _ in updated]
            arrays[name] = cast(values, ARRAY(Line.__table__.c[name].type))
        changed = func.unnest(*arrays.values()).table_valued(*arrays, name="changed").render_derived()
        self._session.execute(
            update(Line)
            .where(Line.id == changed.c.id)
            .values({name: changed.c[name] for name in LineRow.DESCRIPTIVE})
            .execution_options(synchronize_session=False)
        )
