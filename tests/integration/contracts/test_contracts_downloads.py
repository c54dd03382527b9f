"""The lines as a file through the gateway under gunicorn: large ones, several at once, given up and broken off."""

import csv
import io
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.harness import Process, until
from tests.integration.contracts.choices import mobiles
from tests.integration.contracts.portal import Portal, portal
from tests.integration.contracts.system import LINE, ContractsSystem, unique

LINES = 200_000
PART = 10_000


@dataclass(frozen=True)
class Large:
    """A customer with a contract of many lines, at the gateway."""

    system: ContractsSystem
    gateway: Portal
    contract: str

    @property
    def path(self) -> str:
        return f"/contracts/{self.contract}/lines.csv"

    def calls(self) -> int:
        """Parts that the service has been asked for."""
        return self.system.process.output().count('"contracts.export_lines"')

    def said(self, event: str) -> int:
        return self.gateway.gateway.output().count(f'"event": "{event}"')


@pytest.fixture(scope="module")
def large(contracts: ContractsSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Large]:
    customer = contracts.new_customer()
    contract = contracts.new_contract(customer)
    contracts.change_rows(
        "INSERT INTO lines (contract_id, number, phone_number, account_id, start_date, channels)"
        " SELECT contracts.id, i, '058' || lpad(i::text, 8, '0'), 'account' || i, '2024-04-01', 2"
        " FROM contracts, generate_series(1, :lines) i WHERE code = :code",
        lines=LINES,
        code=contract,
    )
    folder: Path = tmp_path_factory.mktemp("portal")
    with portal(contracts, customer, folder, KAISEN_WEB_THREADS="6", KAISEN_RPC_TIMEOUT="5") as gateway:
        yield Large(contracts, gateway, contract)


def peak(process: Process) -> int:
    """MiB of memory that gunicorn's worker, or a service, has had at most."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    status = Path(f"/proc/{children[0] if children else process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def test_s1_14_a_large_file_is_whole_and_takes_constant_memory(large: Large) -> None:
    rows = 0
    assert large.gateway.session.get(f"{large.gateway.url}/api/v1/contracts", timeout=30).ok
    before = peak(large.gateway.gateway), peak(large.system.process)
    held = io.BytesIO()
    for piece in large.gateway.pieces(large.path):
        held.write(piece)
    text = held.getvalue().decode("utf-8-sig")
    for rows, row in enumerate(csv.reader(io.StringIO(text, newline=""))):
        if rows:
            assert row[:3] == [str(rows), f"058{rows:08d}", f"account{rows}"]
    assert rows == LINES
    after = peak(large.gateway.gateway), peak(large.system.process)
    assert len(text) > 14_000_000
    for grown in (now - then for now, then in zip(after, before, strict=True)):
        assert grown < 14, "less than the file itself"


def test_others_are_answered_while_downloads_run(large: Large) -> None:
    with ExitStack() as running:
        for _ in range(2):
            pieces = large.gateway.pieces(large.path)
            running.callback(pieces.close)
            next(pieces)
        started = time.monotonic()
        answer = requests.get(
            f"{large.gateway.url}/api/v1/contracts/{large.contract}",
            headers={"Authorization": "Bearer anybody"},
            timeout=10,
        )
        assert answer.json()["issued"] == LINES
        assert time.monotonic() - started < 5


def test_half_of_the_threads_are_kept_from_downloads(large: Large) -> None:
    with ExitStack() as running:
        for _ in range(3):
            answer = running.enter_context(large.gateway.get(large.path))
            assert answer.status_code == 200
        refused = large.gateway.get(large.path)
        assert (refused.status_code, refused.json()["code"]) == (429, "download.busy")
        assert int(refused.headers["Retry-After"]) > 0

    def starts_again() -> bool:
        with large.gateway.get(large.path) as answer:
            return answer.status_code == 200

    until(starts_again, timeout=20)


def test_a_download_that_is_given_up_is_not_carried_on(large: Large) -> None:
    before, given_up = large.calls(), large.said("download given up")
    pieces = large.gateway.pieces(large.path)
    next(pieces)
    pieces.close()
    until(lambda: large.said("download given up") == given_up + 1, timeout=20)
    assert large.calls() - before < LINES // PART / 2


def test_a_service_that_goes_away_breaks_the_file_off(large: Large) -> None:
    """A client can tell the part from the whole."""
    pieces = large.gateway.pieces(large.path)
    next(pieces)
    large.system.process.stop()
    try:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            for _ in pieces:
                pass
    finally:
        large.system.process.start()
    [line] = [
        json.loads(line)
        for line in large.gateway.gateway.output().splitlines()
        if '"event": "download broken off"' in line
    ]
    assert line["file"] == f"lines_{large.contract}"


def test_the_file_is_what_its_reader_chose(contracts: ContractsSystem, large: Large) -> None:
    code = unique("K")
    customer = contracts.sql("SELECT customer_code FROM contracts WHERE code = :code", code=large.contract)
    contract = {"contract_code": code, "customer_code": customer[0][0], "project_name": "本社"}
    block = {"family": "ip_phone", "service_type": "ip_phone", "service_name": "IP電話", "sip_proxy": ""}
    contracts.store(
        "contracts", contract | block | {"sip_domain": "", "call_plan": "", "display_plan": "basic"}
    )
    [mobile] = mobiles(1)
    contracts.new_lines(code, ["0312345678"], mobile_number=mobile)

    def file(**query: str) -> list[list[str]]:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        content = b"".join(large.gateway.pieces(f"/contracts/{code}/lines.csv?{asked}"))
        encoding = "cp932" if query.get("encoding") == "cp932" else "utf-8-sig"
        return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))

    titles = ["No", "電話番号", "サービス開始日", "サービス終了日", "モバイルチョイス"]
    start = LINE["start_date"]
    assert file() == [titles, ["1", "0312345678", start, "", mobile]]
    sheet = [titles, ["1", '="0312345678"', start, "", f'="{mobile}"']]
    assert file(cells="spreadsheet") == file(cells="spreadsheet", encoding="cp932") == sheet
    assert file(status="in_service", start_from="2030-01-01") == [titles]
