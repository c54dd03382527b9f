"""The lines of a large contract as CSV: as a customer downloads them, against the database's own COPY."""

import csv
import io
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

from sqlalchemy import text

from bench.measuring import Size, Subject, in_turns
from bench.surroundings import Surroundings
from tests.harness import make_database
from tests.integration.contracts.portal import portal
from tests.integration.contracts.system import LINE, ContractsSystem, phones

IMPORTED_AT_ONCE = 5_000

OURS = "Kaisen, through the gateway"
COPY = "COPY TO STDOUT"

# the same columns with the same content: passwords are told as set or not
COPY_LINES = (
    "COPY (SELECT number, phone_number, account_id,"
    " CASE WHEN line_password IS NULL THEN '' ELSE '********' END,"
    " CASE WHEN addon_password IS NULL THEN '' ELSE '********' END,"
    " start_date, end_date, channels, notified_number, pilot_number, mobile_number"
    " FROM lines WHERE contract_id = (SELECT id FROM contracts WHERE code = %s) ORDER BY number)"
    " TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)"
)


def measure(around: Surroundings, size: Size) -> list[Subject]:
    database_url = make_database(around.database_server_url, "bench_contracts")
    with ContractsSystem(around.amqp_uri, database_url, around.folder) as system:
        customer = system.new_customer()
        contract = system.new_contract(customer)
        for number in range(0, size.lines, IMPORTED_AT_ONCE):
            count = min(IMPORTED_AT_ONCE, size.lines - number)
            system.store("lines", *_lines(contract, number, count))
        with system.engine.begin() as connection:
            connection.execute(text("ANALYZE lines"))  # as autovacuum would soon
        copied, exported = io.BytesIO(), io.BytesIO()
        with portal(system, customer, around.folder) as gateway:

            def copy() -> None:
                _emptied(copied)
                _copy(system, contract, copied)

            def export() -> None:
                _emptied(exported)
                for piece in gateway.pieces(f"/contracts/{contract}/lines.csv"):
                    exported.write(piece)

            by_copy, by_us = in_turns(size.rounds, size.lines, "lines/s", {COPY: copy, OURS: export})
        rows = _rows(exported)[1:]  # the first one holds the titles
        facts = {
            "lines": size.lines,
            "lines in the file": len(rows),
            "same content as COPY": rows == _rows(copied),
        }
    about = f"{size.lines:,} lines of a contract as CSV"
    return [Subject("export", about, [by_copy, by_us], [by_us.ratio_to(by_copy)], facts)]


def _lines(contract: str, first: int, count: int) -> Iterator[dict[str, str]]:
    for number in phones(count, f"050{first:08d}"):
        passwords = {"line_password": token_hex(6), "addon_password": token_hex(6)}
        yield LINE | passwords | {"contract_code": contract, "phone_number": number}


def _copy(system: ContractsSystem, contract: str, into: io.BytesIO) -> None:
    connection = system.engine.raw_connection()
    try:
        cursor: Any = connection.cursor()
        cursor.copy_expert(cursor.mogrify(COPY_LINES, [contract]).decode(), into)
    finally:
        connection.close()


def _emptied(file: io.BytesIO) -> None:
    file.seek(0)
    file.truncate()


def _rows(file: io.BytesIO) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.getvalue().decode(), newline="")))
