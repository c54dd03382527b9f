"""Demo data: written as import files, and loaded at the first start through the API, as staff would do it."""

import argparse
import json
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from chassis.errors import Conflict
from embedded import dataset, files
from kaisen.api import Api, Refused

_STAFF = "staff-admin"
_COPY_SECONDS = 20  # until a service has heard of a customer that another one has just imported


def ensure_staff(state: Path, auth_database_url: str) -> None:
    """Create the first staff account, whose password only `state` knows in clear."""
    path = state / "demo-logins.json"
    if not path.exists():
        staff = {
            "portal": "staff",
            "login_id": _STAFF,
            "password": secrets.token_urlsafe(18),
            "email": "",
            "what": "staff, administrator",
        }
        _keep(path, {"loaded": False, "logins": [staff]})
    known = json.loads(path.read_text())
    if known["loaded"]:
        return
    from services.auth.staff_account import create_staff_account

    with suppress(Conflict):  # an earlier start was cut off after this
        create_staff_account(
            auth_database_url, _STAFF, "administrator", password=known["logins"][-1]["password"]
        )


def load_once(state: Path, url: str) -> list[dict[str, str]]:
    """Import the small data set unless it was done before; the demo logins."""
    path = state / "demo-logins.json"
    known: dict[str, Any] = json.loads(path.read_text())
    if not known["loaded"]:
        folder = state / "demo-data"
        staff = known["logins"][-1]
        if (
            len(known["logins"]) == 1
        ):  # an earlier start may have been cut off with some of the files taken in
            known["logins"] = [*dataset.write("small", folder), staff]
            _keep(path, known)
        load(url, staff, folder)
        for login in known["logins"][:-1]:
            first_login(url, login)
        known["loaded"] = True
        _keep(path, known)
    return known["logins"]  # type: ignore[no-any-return]


def load(url: str, staff: dict[str, str], folder: Path) -> None:
    """Import the files in `folder`, in the order in which they need each other."""
    api = Api(url)
    api.login(staff["login_id"], staff["password"])
    for kind in dataset.FILES:
        for file in sorted(folder.glob(f"{kind}*.csv")):
            _import(api, kind, file)
    api.logout()


def first_login(url: str, login: dict[str, str]) -> None:
    """Give the owner of a console or staff account the `password` of their own, as their first login would."""
    if login["initial_password"] == login["password"]:
        return
    try:
        Api(url).first_login(login["portal"], login["login_id"], login["initial_password"], login["password"])
    except Refused as refusal:
        if refusal.problem.get("code") != "login.refused":
            raise  # else an earlier start was cut off after this


def _import(api: Api, kind: str, file: Path) -> None:
    deadline = time.monotonic() + _COPY_SECONDS
    while True:
        report = api.import_file(kind, file, "apply")
        if report["applied"]:
            return
        unknown_yet = all(error["code"] == "import.unknown_customer" for error in report["errors"])
        if not unknown_yet or time.monotonic() > deadline:
            raise RuntimeError(f"{file.name} was refused: {report['errors'][:3]}")
        time.sleep(0.1)


def _keep(path: Path, value: dict[str, Any]) -> None:
    files.keep(path, json.dumps(value, ensure_ascii=False, indent=2))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m embedded.demo", description="Write import files of invented data."
    )
    parser.add_argument("--size", choices=sorted(dataset.SIZES), default="small")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    for login in dataset.write(options.size, options.out):
        print(f"{login['portal']:<14} {login['login_id']:<20} {login['initial_password']}")
    print(f"files are in {options.out}")


if __name__ == "__main__":
    main()
