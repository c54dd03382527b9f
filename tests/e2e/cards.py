"""Holders of cards: a customer of a test's own with an account for the IP phone portal, at its card pages."""

import csv
import io
import secrets
from dataclasses import dataclass
from typing import Any

import requests
from playwright.sync_api import Page

from tests.e2e.pages import PHONE, Person
from tests.e2e.system import Client, System
from tests.harness import until

JCB = "3566002020360505"
VISA = "4242424242424242"
AMEX = "378282246310005"
DINERS = "36227206271667"
DISCOVER = "6011111111111117"
OTHER_DEBIT = "4000056655665556"
RAKUTEN_DEBIT = "4000003921000002"
DECLINED = "4000000000000002"
AUTHENTICATE = "4000002760003184"


@dataclass
class Holder(Person):
    """Nobody else's card is touched by its tests."""

    customer: str = ""


def new_holder(system: System) -> Holder:
    name = secrets.token_hex(5)
    customer, login_id = f"C8{name}", f"C9{name}"
    holder = Holder(
        system, "ip_phone", login_id, secrets.token_urlsafe(12), f"{name}@card.example", customer=customer
    )
    _load(system, "customers", {"customer_code": customer, "name": "カード商店"})
    _load(
        system,
        "contracts",
        {
            "contract_code": f"K{name}",
            "customer_code": customer,
            "project_name": "本社",
            "family": "ip_phone",
            "service_type": "ip_phone",
            "service_name": "IP電話サービス",
            "sip_proxy": "192.0.2.166",
            "sip_domain": "sip.example",
            "call_plan": "3分課金プラン",
            "display_plan": "standard",
        },
    )
    account = {
        "login_id": login_id,
        "kind": "selfcare",
        "customer_code": customer,
        "role": "",
        "email": holder.email,
        "contact_phone": PHONE,
        "initial_password": holder.password,
        "language": "ja",
    }
    _load(system, "accounts", account)
    # admitted to the portal once auth has heard of the contract
    client = Client(system.url)
    until(lambda: client.send("POST", "/auth/login", json=holder.credentials).status_code == 200)
    system.mailed_code(holder.email, 0)  # so that no later login takes it for its own
    return holder


def _load(system: System, kind: str, row: dict[str, str]) -> None:
    """Import a row as staff; again until the service has heard of what it builds on."""
    out = io.StringIO()
    writer = csv.DictWriter(out, row)
    writer.writeheader()
    writer.writerow(row)
    headers = {"Content-Type": "text/csv"}

    def taken() -> bool:
        answer = system.client("staff-admin").send(
            "POST",
            f"/staff/imports/{kind}",
            params={"mode": "apply"},
            data=out.getvalue().encode(),
            headers=headers,
        )
        return answer.ok

    until(taken, 20, f"{kind} were not taken")


def token(system: System, number: str = JCB, **changes: str) -> str:
    """What a browser is given for a card; sent to the provider itself, as a browser does."""
    data = {"number": number, "exp_month": "12", "exp_year": "40", "cvc": "1234" if number == AMEX else "123"}
    answer = requests.post(
        f"{system.sandbox_url}/stripe/v1/payment_methods",
        data={"type": "card", "key": "pk_test_x", **{f"card[{k}]": v for k, v in (data | changes).items()}},
        timeout=10,
    )
    answer.raise_for_status()
    found: str = answer.json()["id"]
    return found


def fault(system: System, action: str, kind: str, **more: Any) -> None:
    body = {"kind": kind, "match": {"action": action}, **more}
    requests.post(f"{system.sandbox_url}/sandbox/faults", json=body, timeout=10).raise_for_status()


def type_card(page: Page, number: str, month: str = "12", year: str = "40", code: str | None = None) -> None:
    """As a person does once the page is there, key by key where it follows the keys."""
    page.wait_for_load_state()
    page.locator("#card_number").fill("")
    page.locator("#card_number").press_sequentially(number)
    page.locator("#expiry_month").fill(month)
    page.locator("#expiry_year").fill(year)
    page.locator("#security_code").fill(code or ("1234" if number == AMEX else "123"))


def come_in(page: Page, holder: Holder, path: str) -> None:
    """Log in by pages, and go to `path`."""
    url = holder.system.url
    page.goto(f"{url}/selfcare/ip_phone/login")
    known = len(holder.system.codes(holder.email))
    page.locator("#login_id").fill(holder.login_id)
    page.locator("#password").fill(holder.password)
    page.get_by_test_id("submit").first.click()
    page.locator("#code").fill(holder.system.mailed_code(holder.email, known))
    page.get_by_test_id("submit").first.click()
    page.get_by_test_id("menu-card").wait_for()
    page.goto(f"{url}{path}")
