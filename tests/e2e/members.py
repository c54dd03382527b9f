"""Customers of a test's own, whose console accounts it may change as it likes."""

import secrets
from pathlib import Path

from embedded.demo import first_login
from kaisen.api import Api
from tests.e2e.system import Client, EmbeddedSystem
from tests.harness import until

_ACCOUNTS = "login_id,kind,customer_code,role,email,contact_phone,initial_password,language"


def new_member(system: EmbeddedSystem, folder: Path, role: str = "administrator") -> dict[str, str]:
    """Portal, login ID and password of the first account of a new customer."""
    code = f"TC{secrets.token_hex(2).upper()}-{secrets.randbelow(100_000):05d}"
    member = {
        "portal": "console",
        "login_id": f"member-{secrets.token_hex(4)}",
        "initial_password": secrets.token_urlsafe(15),
        "password": secrets.token_urlsafe(15),
    }
    row = [member["login_id"], "console", code, role, "", "", member["initial_password"], "ja"]
    customers, accounts = folder / "customers.csv", folder / "accounts.csv"
    customers.write_text(f"customer_code,name\n{code},見本商会\n")
    accounts.write_text(f"{_ACCOUNTS}\n{','.join(row)}\n")
    staff = system.credentials("staff-admin")
    api = Api(system.url)
    api.login(staff["login_id"], staff["password"])
    assert api.import_file("customers", customers, "apply")["applied"]
    until(lambda: api.import_file("accounts", accounts, "apply")["applied"], 20, "the customer stays unknown")
    api.logout()
    first_login(system.url, member)
    return {name: member[name] for name in ("portal", "login_id", "password")}


def logged_in(system: EmbeddedSystem, member: dict[str, str]) -> Client:
    """The member at the API, by password alone."""
    client = Client(system.url)
    client.token = client.post("/auth/login", member)["token"]
    return client
