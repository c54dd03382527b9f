"""The sandbox's payment provider answers as Stripe's API does."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from chassis import clock
from sandbox.testing import RunningSandbox, running_sandbox

GOOD = {"number": "4242424242424242", "exp_month": "12", "exp_year": "40", "cvc": "123"}


class Stripe:
    def __init__(self, sandbox: RunningSandbox, state: Path) -> None:
        self.url, self.state = sandbox.url, state

    def post(self, path: str, key: str | None = None, **form: str) -> requests.Response:
        headers = {"Authorization": "Bearer sk_test_x"} | ({"Idempotency-Key": key} if key else {})
        return requests.post(f"{self.url}/stripe/v1{path}", data=form, headers=headers, timeout=10)

    def card(self, **changes: str) -> requests.Response:
        """As a browser sends it."""
        fields = {f"card[{name}]": value for name, value in (GOOD | changes).items()}
        form = {"type": "card", "key": "pk_test_x", **fields}
        return requests.post(f"{self.url}/stripe/v1/payment_methods", data=form, timeout=10)

    def intent(self, number: str, **more: str) -> requests.Response:
        customer = self.post("/customers").json()["id"]
        form = {
            "customer": customer,
            "payment_method": self.card(number=number).json()["id"],
            "confirm": "true",
        }
        return self.post("/setup_intents", **{**form, "return_url": "http://back.example/x?y=1", **more})


@pytest.fixture(scope="module")
def stripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stripe]:
    state = tmp_path_factory.mktemp("stripe")
    with running_sandbox(state) as sandbox:
        yield Stripe(sandbox, state)


def error(answer: requests.Response) -> tuple[int, Any, Any]:
    told = answer.json()["error"]
    return answer.status_code, told["type"], told.get("code")


@pytest.mark.parametrize(
    ("number", "brand", "funding"),
    [
        ("4242424242424242", "visa", "credit"),
        ("4000056655665556", "visa", "debit"),
        ("5555555555554444", "mastercard", "credit"),
        ("2223003122003222", "mastercard", "credit"),
        ("5200828282828210", "mastercard", "debit"),
        ("5105105105105100", "mastercard", "prepaid"),
        ("3566002020360505", "jcb", "credit"),
        ("36227206271667", "diners", "credit"),
        ("3056930009020004", "diners", "credit"),
        ("6011111111111117", "discover", "credit"),
        ("6200000000000005", "unionpay", "credit"),
    ],
)
def test_brand_and_funding_by_the_first_digits(stripe: Stripe, number: str, brand: str, funding: str) -> None:
    answer = stripe.card(number=number)
    card = answer.json()["card"]
    assert (card["brand"], card["funding"], card["last4"]) == (brand, funding, number[-4:])
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"number": "42424242"}, "invalid_number"),
        ({"number": "４２４２"}, "invalid_number"),
        ({"exp_month": "13"}, "invalid_expiry_month"),
        ({"exp_year": "20"}, "invalid_expiry_year"),
        ({"exp_year": "x"}, "invalid_expiry_year"),
        ({"cvc": "12"}, "invalid_cvc"),
        ({"number": "378282246310005", "cvc": "123"}, "invalid_cvc"),
    ],
)
def test_wrong_data_have_the_codes_of_the_real_one(
    stripe: Stripe, changes: dict[str, str], code: str
) -> None:
    assert error(stripe.card(**changes)) == (402, "card_error", code)


def test_the_present_month_is_valid(stripe: Stripe) -> None:
    told = requests.get(f"{stripe.url}/sandbox/clock", timeout=10).json()["now"]
    today = clock.in_japan(datetime.fromisoformat(told))
    assert stripe.card(exp_month=str(today.month), exp_year=str(today.year)).ok


def test_the_number_is_forgotten_at_once(stripe: Stripe) -> None:
    number = "4000003921987650"[:-1]
    digits = next(number + d for d in "0123456789" if stripe.card(number=number + d).ok)
    one, other = stripe.card(number=digits).json(), stripe.card(number=digits, exp_year="41").json()
    assert one["card"]["fingerprint"] == other["card"]["fingerprint"]
    assert digits not in json.dumps(one)
    for path in stripe.state.iterdir():
        assert digits.encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize(
    ("number", "code", "decline"),
    [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000009987", "card_declined", "lost_card"),
        ("4000000000009979", "card_declined", "stolen_card"),
        ("4000000000000069", "expired_card", "expired_card"),
        ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
        ("4000000000000119", "processing_error", "processing_error"),
    ],
)
def test_public_test_numbers_are_declined(stripe: Stripe, number: str, code: str, decline: str) -> None:
    answer = stripe.intent(number)
    assert error(answer) == (402, "card_error", code)
    told = answer.json()["error"]
    assert told["decline_code"] == decline
    assert told["setup_intent"]["status"] == "requires_payment_method"
    assert stripe.intent("4242424242424242").json()["status"] == "succeeded"


def test_an_idempotency_key_is_one_request(stripe: Stripe) -> None:
    first = stripe.post("/customers", key="k1", **{"metadata[a]": "b"})
    again = stripe.post("/customers", key="k1", **{"metadata[a]": "b"})
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert error(stripe.post("/customers", key="k1", **{"metadata[a]": "c"})) == (
        400,
        "idempotency_error",
        None,
    )


def test_attaching_detaching_and_listing(stripe: Stripe) -> None:
    customer, method = stripe.post("/customers").json()["id"], stripe.card().json()["id"]
    assert stripe.post(f"/payment_methods/{method}/attach", customer=customer).json()["customer"] == customer
    headers = {"Authorization": "Bearer sk_test_x"}
    address = f"{stripe.url}/stripe/v1/payment_methods"
    listed = requests.get(address, params={"customer": customer}, headers=headers, timeout=10).json()
    assert [one["id"] for one in listed["data"]] == [method]
    assert stripe.post(f"/payment_methods/{method}/detach").json()["customer"] is None
    assert stripe.post(f"/payment_methods/{method}/detach").status_code == 400
    assert stripe.post(f"/payment_methods/{method}/attach", customer=customer).status_code == 400


def test_authentication_leads_back(stripe: Stripe) -> None:
    intent = stripe.intent("4000002760003184").json()
    assert intent["status"] == "requires_action"
    url = intent["next_action"]["redirect_to_url"]["url"]
    assert requests.get(url.replace(intent["client_secret"], "other"), timeout=10).status_code == 404
    answer = requests.post(url, data={"pass": "yes"}, allow_redirects=False, timeout=10)
    assert answer.headers["Location"].startswith("http://back.example/x?y=1&setup_intent=")
    assert "redirect_status=succeeded" in answer.headers["Location"]
    assert requests.get(url, timeout=10).ok, "the page says that it is over"


def test_keys_are_asked_for(stripe: Stripe) -> None:
    assert requests.post(f"{stripe.url}/stripe/v1/customers", timeout=10).status_code == 401
    assert requests.get(f"{stripe.url}/stripe/v1/payment_methods/pm_1", timeout=10).status_code == 401
    answer = requests.post(f"{stripe.url}/stripe/v1/payment_methods", data={"type": "card"}, timeout=10)
    assert answer.status_code == 401
    assert error(stripe.post("/setup_intents/seti_0/confirm")) == (
        404,
        "invalid_request_error",
        "resource_missing",
    )
