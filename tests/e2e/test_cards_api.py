"""The card over the JSON API: everything but the card itself, which goes to the provider."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.e2e.cards import AUTHENTICATE, DECLINED, JCB, VISA, Holder, fault, new_holder, token
from tests.e2e.system import Client, EmbeddedSystem
from tests.harness import until


@pytest.fixture(scope="module")
def holder(embedded_system: EmbeddedSystem) -> Holder:
    return new_holder(embedded_system)


@pytest.fixture
def me(holder: Holder) -> Client:
    return holder.client()


def register(client: Client, payment_method: str, key: str, status: int = 201) -> Any:
    headers = {"Idempotency-Key": key}
    return client.post("/card", {"payment_method": payment_method}, status, headers=headers)


def test_s2_08_s2_09_s2_10_set_up_register_look_and_remove(holder: Holder, me: Client) -> None:
    system = holder.system
    setup = me.get("/card/setup")
    assert (setup["mode"], urlsplit(setup["url"]).port) == ("sandbox", urlsplit(system.sandbox_url).port)
    assert me.get("/card") == {"card": None}
    first = token(system, JCB)
    facts = {"brand": "jcb", "last4": "0505", "exp_month": 12, "exp_year": 2040}
    assert me.post("/card/preview", {"payment_method": first}) == facts
    assert me.get("/card") == {"card": None}
    answer = register(me, first, "one")
    assert (answer["state"], answer["card"]) == ("registered", facts)
    assert register(me, first, "one") == answer, "the same key repeats the answer"
    assert me.get("/card")["card"].items() >= facts.items()
    assert register(me, token(system, JCB), "two", 409)["code"] == "card.already_registered"
    refused = register(me, token(system, DECLINED), "three", 422)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("card.unusable", "/payment_method")
    assert me.get("/card")["card"]["last4"] == "0505", "the former card pays on"
    assert me.send("DELETE", "/card").status_code == 204
    assert me.send("DELETE", "/card").status_code == 404


def test_the_holder_authenticates_in_between(holder: Holder, me: Client) -> None:
    answer = register(me, token(holder.system, AUTHENTICATE), "authenticate")
    assert answer["state"] == "action_required"
    path = f"/card/registrations/{answer['registration_id']}/completion"
    assert me.post(path, None)["state"] == "action_required"
    done = requests.post(answer["authentication_url"], {"pass": "yes"}, allow_redirects=False, timeout=10)
    assert (
        urlsplit(done.headers["Location"]).path == f"/selfcare/card/registrations/{answer['registration_id']}"
    )
    assert me.post(path, None)["state"] == "registered"
    assert me.get("/card")["card"]["last4"] == AUTHENTICATE[-4:]


def test_an_application_needs_a_key_of_its_own(holder: Holder, me: Client) -> None:
    one, other = token(holder.system, VISA), token(holder.system, JCB)
    missing = me.send("POST", "/card", json={"payment_method": one})
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency.missing")
    register(me, one, "mine")
    assert register(me, other, "mine", 422)["code"] == "idempotency.mismatch"


@pytest.mark.parametrize("wrong", ["4242424242424242", "tok_visa", "pm_", ""])
def test_only_tokens_are_taken(me: Client, wrong: str) -> None:
    answer = me.send("POST", "/card", json={"payment_method": wrong}, headers={"Idempotency-Key": "w"})
    assert answer.status_code == 422
    assert wrong not in answer.text or not wrong.isdigit()


def test_there_is_no_field_for_a_card(me: Client) -> None:
    body = {"payment_method": "pm_x", "number": JCB}
    answer = me.send("POST", "/card/preview", json=body)
    assert answer.json()["errors"][0]["code"] == "type.extra_forbidden"
    assert JCB not in answer.text


def test_a_provider_that_is_down_is_our_trouble_and_not_the_holders(holder: Holder, me: Client) -> None:
    good = token(holder.system, JCB)
    fault(holder.system, "create_setup_intent", "error")
    assert register(me, good, "down", 503)["code"] == "card.provider_unavailable"
    assert register(me, good, "down")["state"] == "registered"


def test_tries_are_limited_and_the_end_of_the_pause_is_told(embedded_system: EmbeddedSystem) -> None:
    holder = new_holder(embedded_system)
    me = holder.client()
    for number in range(5):
        register(me, token(embedded_system, DECLINED), f"try {number}".replace(" ", "-"), 422)
    headers = {"Idempotency-Key": "held"}
    body = {"payment_method": token(embedded_system, JCB)}
    answer = me.send("POST", "/card", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (429, "card.held")
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert "until" in answer.json()["details"]


def test_the_trail_of_the_operator_tells_of_cards_without_a_digit(holder: Holder, me: Client) -> None:
    register(me, token(holder.system, "5555555555554444"), "for-the-trail")
    staff = holder.system.client("staff-admin")

    def told() -> Any:
        items = staff.get("/audit", action="card.registered", limit=100)["items"]
        return [
            one for one in items if one["customer_code"] == holder.customer and one["target"] == "mastercard"
        ]

    (record,) = until(told)
    assert record["result"] == "done"
    assert "4444" not in str(record["details"])
