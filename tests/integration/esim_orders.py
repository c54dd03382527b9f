"""Reissues as eSIMs, as tests order and watch them."""

from itertools import count
from typing import Any

import requests

from chassis import sealing
from tests.harness import until
from tests.integration.sim_system import Customer, SimSystem

MAIL = "taro@tenant.example"
_NUMBERS = count(1)


def eid(number: int = 1) -> str:
    """A valid EID: 30 digits and two that check them."""
    digits = f"8904903212345123451234567{number:05}"
    return f"{digits}{98 - int(digits) * 100 % 97:02}"


def stock(system: SimSystem, profiles: int = 1) -> list[str]:
    """The ICCIDs of new profiles in the stock."""
    iccids = [f"898104{next(_NUMBERS):013}" for _ in range(profiles)]
    system.change(
        "INSERT INTO sim_stock (serial, sim_type, sim_size, state, added_at)"
        " SELECT iccid, 'esim', '', 'free', now() FROM unnest(CAST(:iccids AS text[])) AS iccid",
        iccids=iccids,
    )
    return iccids


def new_sim(system: SimSystem, customer: Customer, service_type: str = "mobile_choice", **more: Any) -> str:
    """The serial of a SIM that eSIMs can replace."""
    serial = customer.new_sim(**more)
    system.change(
        "UPDATE sims SET service_type = :type WHERE serial = :serial", type=service_type, serial=serial
    )
    return serial


def wish(serial: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "SR",
        "sim_type": "esim",
        "sim_serial": serial,
        "contact_name": "山田太郎",
        "contact_mail": MAIL,
        "reason": "other",
        "eid": eid(),
    } | more


def new_serial(customer: Customer, number: str) -> str:
    """The ICCID that an order has got, once it has one."""
    found: list[str] = []

    def known() -> bool:
        found[:] = [item["details"].get("new_serial", "") for item in customer.order(number)["items"]]
        return bool(found[0])

    until(known)
    return found[0]


def activation(customer: Customer, number: str, **more: Any) -> dict[str, str]:
    public, private = sealing.one_time_key()
    answer = customer.call("show_activation", number=number, answer_key=public, **more)
    shown: dict[str, str] = sealing.unseal(answer["sealed"], private)
    return shown


def download(system: SimSystem, code: str, device: str = eid()) -> requests.Response:
    """What a device does with the code."""
    return requests.post(
        f"{system.sandbox.url}/sandbox/smdp/downloads",
        json={"eid": device, "activation_code": code},
        timeout=10,
    )


def profile_state(system: SimSystem, iccid: str) -> str | None:
    """What the SM-DP+ has made of a profile; None if it has not heard of it."""
    url = f"{system.sandbox.url}/sandbox/smdp/profiles"
    found = requests.get(url, params={"iccid": iccid}, timeout=10).json()
    return found[0]["state"] if found else None


def calls(system: SimSystem, iccid: str, outcome: str = "done") -> list[str]:
    """The functions of the SM-DP+ that ended like this, oldest first."""
    url = f"{system.sandbox.url}/sandbox/smdp/requests"
    found = requests.get(url, params={"iccid": iccid}, timeout=10).json()
    return [each["action"] for each in found if each["outcome"] == outcome]


def stock_state(system: SimSystem, iccid: str) -> str:
    (row,) = system.rows("SELECT state FROM sim_stock WHERE serial = :iccid", iccid=iccid)
    return str(row.state)


def mailed(system: SimSystem, number: str) -> list[dict[str, Any]]:
    """The facts from which mails to the contact of an order are made."""
    rows = system.rows(
        "SELECT payload FROM outbox WHERE type = 'sim.profile_ready' AND payload ->> 'order_number' = :number",
        number=number,
    )
    return [row.payload for row in rows]
