"""Importing the stock."""

from typing import Any

from sqlalchemy import insert, select

from chassis import clock, csvfile
from chassis.csvfile import ImportReport
from chassis.database import UnitOfWork
from services.sim import shipment_store, store
from services.sim.imports import Mode, StockRow
from services.sim.models import Sim
from services.sim.models_stock import StockedSim


def import_stock(uow: UnitOfWork, sizes: list[str], mode: Mode, text: str) -> ImportReport:
    """Check a file of cards and profiles and add it to the stock with mode "apply"; the caller commits.

    What is in the stock already stays as it is; a row that describes it otherwise is refused.
    """
    session = uow.session
    rows, errors = csvfile.read(text, StockRow, ("sim_serial",))
    refused = {error["row"] for error in errors if error["row"] > 1}
    serials = [row.sim_serial for _, row in rows]
    stored = {
        each.serial: each
        for each in session.scalars(select(StockedSim).where(store.is_any(StockedSim.serial, serials)))
    }
    given = store.known(session, Sim.serial, serials)
    in_use = shipment_store.numbers_in_use(session, {row.msisdn for _, row in rows if row.msisdn}, [])
    created: list[StockRow] = []
    numbers: set[str] = set()
    for number, row in rows:
        before = stored.get(row.sim_serial)
        wrong: dict[str, Any] | None = None
        if row.sim_type == "card" and row.sim_size not in sizes:
            wrong = {"field": "sim_size", "code": "import.unknown_size", "allowed": sizes}
        elif before is not None:
            same = (before.sim_type, before.sim_size, before.msisdn) == (
                row.sim_type,
                row.sim_size,
                row.msisdn,
            )
            wrong = None if same else {"field": "sim_serial", "code": "import.stock_differs"}
        elif row.sim_serial in given:
            wrong = {"field": "sim_serial", "code": "import.serial_given"}
        elif row.msisdn in in_use or row.msisdn in numbers:
            wrong = {"field": "msisdn", "code": "import.number_given"}
        else:
            created.append(row)
        numbers |= {row.msisdn} if row.msisdn else set()
        if wrong is not None:
            errors.append({"row": number, **wrong})
    applied = mode == "apply" and not errors
    if applied and created:
        now = clock.now()
        session.execute(
            insert(StockedSim),
            [
                {
                    "serial": row.sim_serial,
                    "sim_type": row.sim_type,
                    "sim_size": row.sim_size,
                    "msisdn": row.msisdn,
                    "state": "free",
                    "added_at": now,
                }
                for row in created
            ],
        )
    return csvfile.report(
        "stock",
        mode,
        len(rows) + len(refused),
        errors,
        created=len(created),
        unchanged=len(rows) - len(created) - sum(error["row"] in {n for n, _ in rows} for error in errors),
        applied=applied,
    )
