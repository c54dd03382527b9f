"""A customer with SIMs of a test's own."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kaisen.api import Api
from tests.e2e.members import logged_in, new_member
from tests.e2e.system import Client, EmbeddedSystem

_COLUMNS = (
    "sim_serial,customer_code,project_name,msisdn,sim_type,sim_size,plan,status,activated_on,service_type"
)


@dataclass
class Fleet:
    """`serials` are those of its SIMs; the numbers are made of the same digits."""

    member: dict[str, str]
    console: Client
    serials: Sequence[str]

    def number(self, serial: str) -> str:
        """The telephone number of the SIM, hyphenated."""
        digits = f"020{serial[-8:]}"
        return f"{digits[:3]}-{digits[3:7]}-{digits[7:]}"


def new_fleet(
    system: EmbeddedSystem, folder: Path, statuses: Sequence[str], role: str = "administrator"
) -> Fleet:
    """A new customer with a SIM for each status; serials are in this order."""
    member = new_member(system, folder, role)
    console = logged_in(system, member)
    code = console.get("/auth/session")["customer_code"]
    prefix = f"GG{secrets.randbelow(10**8):08}"
    serials = [f"{prefix}{position:04}" for position in range(len(statuses))]
    rows = [
        f"{serial},{code},案件A,020{serial[-8:]},card,nano,500MB,{status},2026-01-15,"
        f"{'mobile_choice' if position % 10 == 9 else 'data'}"
        for position, (serial, status) in enumerate(zip(serials, statuses, strict=True))
    ]
    file = folder / "sims.csv"
    file.write_text("\n".join([_COLUMNS, *rows, ""]))
    staff = system.credentials("staff-admin")
    api = Api(system.url)
    api.login(staff["login_id"], staff["password"])
    report = api.import_file("sims", file, "apply")
    assert report["applied"], report
    api.logout()
    return Fleet(member, console, serials)
