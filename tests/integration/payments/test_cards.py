"""Registering a card (クレジットカード情報登録・変更): the service, and the sandbox's provider."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chassis import clock, errors
from tests.harness import until
from tests.integration.payments.cards_system import (
    AMEX,
    DECLINED,
    DINERS,
    DISCOVER,
    JCB,
    MASTERCARD,
    OTHER_DEBIT,
    RAKUTEN_DEBIT,
    SURUGA_DEBIT,
    VISA,
    CardSystem,
    Holder,
    new_key,
)


@pytest.mark.parametrize(
    ("number", "brand"),
    [(JCB, "jcb"), (VISA, "visa"), (MASTERCARD, "mastercard"), (AMEX, "amex"), (DINERS, "diners")],
    ids=["jcb", "visa", "mastercard", "amex", "diners"],
)
def test_s2_05_each_of_the_five_brands_is_registered(holder: Holder, number: str, brand: str) -> None:
    answer = holder.register(number)
    assert answer["state"] == "registered"
    expected = {"brand": brand, "last4": number[-4:], "exp_month": 12, "exp_year": 2040}
    assert answer["card"] == expected
    card = holder.card
    assert card.pop("registered_at")
    assert card == expected


def test_s2_05_another_brand_is_refused(holder: Holder) -> None:
    error = holder.refused(DISCOVER)
    assert (error.code, error.status) == ("card.brand", 422)
    assert holder.card is None


@pytest.mark.parametrize("number", [RAKUTEN_DEBIT, SURUGA_DEBIT], ids=["rakuten", "suruga"])
def test_s2_06_debit_cards_of_the_two_banks_are_registered(holder: Holder, number: str) -> None:
    assert holder.register(number)["state"] == "registered"


def test_s2_06_another_debit_card_is_refused_and_the_former_card_pays_on(holder: Holder) -> None:
    holder.register(JCB)
    assert holder.refused(OTHER_DEBIT).code == "card.debit"
    assert holder.card["brand"] == "jcb"
    assert holder.audited()[-1] == ("card.refused", "visa", "card.debit")


def test_s2_03_a_card_is_valid_until_the_end_of_its_last_month(cards: CardSystem, holder: Holder) -> None:
    now = clock.in_japan(cards.outside.now())
    expiry = {"exp_month": str(now.month), "exp_year": str(now.year)}
    this_month = cards.outside.token(JCB, **expiry)
    expired_later = cards.outside.token(VISA, **expiry)
    assert holder.register_token(this_month)["state"] == "registered"
    cards.outside.clock(
        now=(now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=1).isoformat()
    )
    with pytest.raises(errors.Invalid, match=r"card\.unusable"):
        holder.register_token(expired_later)
    assert holder.card["brand"] == "jcb"


def test_s2_07_a_look_at_the_card_stores_nothing(cards: CardSystem, holder: Holder) -> None:
    token = cards.outside.token(JCB)
    assert holder.call("preview_card", payment_method=token) == {
        "brand": "jcb",
        "last4": "0505",
        "exp_month": 12,
        "exp_year": 2040,
    }
    assert holder.card is None
    assert holder.registrations() == []
    assert cards.outside.ask(f"/payment_methods/{token}")["customer"] is None


@pytest.mark.parametrize(
    "number",
    [
        DECLINED,
        "4000000000009995",
        "4000000000009987",
        "4000000000009979",
        "4000000000000069",
        "4000000000000127",
        "4000000000000119",
    ],
    ids=["generic", "funds", "lost", "stolen", "expired", "code", "processing"],
)
def test_s2_09_every_refusal_of_the_issuer_looks_the_same_and_the_former_card_pays_on(
    cards: CardSystem, holder: Holder, number: str
) -> None:
    holder.register(JCB)
    error = holder.refused(number)
    assert (error.code, error.status, error.details) == ("card.unusable", 422, {})
    assert holder.card["brand"] == "jcb"
    assert holder.audited()[-1] == ("card.refused", "visa", "card.unusable")
    assert len(attached(cards, holder)) == 1


def test_s2_10_the_same_card_again_changes_nothing(cards: CardSystem, holder: Holder) -> None:
    holder.register(JCB)
    before = holder.card
    error = holder.refused(JCB)
    assert (error.code, error.status) == ("card.already_registered", 409)
    assert holder.card == before
    assert len(attached(cards, holder)) == 1
    assert [kind for kind, _ in holder.told()] == ["payments.card_registered"]


def test_s2_10_a_renewed_card_with_the_same_number_is_another_one(holder: Holder) -> None:
    holder.register(JCB)
    assert holder.register(JCB, exp_year="42")["state"] == "registered"
    assert holder.card["exp_year"] == 2042


def test_the_former_card_pays_until_the_new_one_does_and_is_forgotten_then(
    cards: CardSystem, holder: Holder
) -> None:
    former = cards.outside.token(JCB)
    holder.register_token(former)
    latter = cards.outside.token(MASTERCARD)
    holder.register_token(latter)
    assert holder.card["brand"] == "mastercard"
    until(lambda: cards.outside.ask(f"/payment_methods/{former}")["customer"] is None)
    assert attached(cards, holder) == [latter]
    states = cards.rows(
        "SELECT brand, state FROM cards WHERE customer_code = :c ORDER BY id", c=holder.customer
    )
    assert [tuple(row) for row in states] == [("jcb", "replaced"), ("mastercard", "active")]
    until(lambda: cards.rows("SELECT 1 FROM card_detachments") == [])
    assert holder.audited() == [("card.registered", "jcb", "done"), ("card.registered", "mastercard", "done")]


def test_a_spent_token_registers_nothing(cards: CardSystem, holder: Holder) -> None:
    token = cards.outside.token(JCB)
    holder.register_token(token)
    holder.register(VISA)
    with pytest.raises(errors.Invalid, match=r"card\.token"):
        holder.register_token(token)
    assert holder.card["brand"] == "visa"


def test_a_token_of_another_customer_shows_and_registers_nothing(cards: CardSystem, holder: Holder) -> None:
    token = cards.outside.token(JCB)
    cards.holder().register_token(token)
    for method in ("preview_card", "register_card"):
        more: dict[str, Any] = (
            {"idempotency_key": new_key(), "return_to": "http://x/"} if method == "register_card" else {}
        )
        with pytest.raises(errors.Invalid, match=r"card\.token"):
            holder.call(method, payment_method=token, **more)
    assert holder.card is None


@pytest.mark.parametrize("token", ["pm_unknown", "4242424242424242", "pm_x/../customers", ""])
def test_what_is_no_token_is_refused(holder: Holder, token: str) -> None:
    with pytest.raises(errors.Invalid):
        holder.call("preview_card", payment_method=token)
    with pytest.raises(errors.Invalid):
        holder.register_token(token)


def test_events_and_the_trail_tell_no_more_than_the_brand(holder: Holder) -> None:
    holder.register(JCB)
    holder.call("remove_card")
    (kind, registered), (other, removed) = holder.told()
    assert (kind, other) == ("payments.card_registered", "payments.card_removed")
    assert registered.keys() == {"customer_code", "brand", "registered_at"}
    assert removed.keys() == {"customer_code", "removed_at"}
    assert [action for action, _, _ in holder.audited()] == ["card.registered", "card.removed"]
    assert "0505" not in json.dumps(holder.told())


def test_a_card_is_removed_and_forgotten_by_the_provider(cards: CardSystem, holder: Holder) -> None:
    token = cards.outside.token(JCB)
    holder.register_token(token)
    holder.call("remove_card")
    assert holder.card is None
    until(lambda: cards.outside.ask(f"/payment_methods/{token}")["customer"] is None)
    with pytest.raises(errors.NotFound, match=r"card\.none"):
        holder.call("remove_card")
    assert holder.register(JCB)["state"] == "registered", "a removed card can be registered again"


def test_a_card_stays_while_a_charge_depends_on_it(cards: CardSystem, holder: Holder) -> None:
    holder.register(JCB)
    today = clock.in_japan(cards.outside.now()).date()
    cards.charge(holder.customer, today.isoformat())
    charges = "SELECT 1 FROM charges WHERE customer_code = :c"
    until(lambda: cards.rows(charges, c=holder.customer))
    month_after_next = (today.replace(day=1) + timedelta(days=64)).replace(day=1)
    with pytest.raises(errors.Conflict, match=r"card\.needed") as refusal:
        holder.call("remove_card")
    assert refusal.value.details == {"until": month_after_next.isoformat()}
    assert holder.card is not None
    cards.outside.clock(now=f"{month_after_next}T00:00:30+09:00")
    holder.call("remove_card")
    assert holder.card is None


def test_a_customer_sees_and_removes_no_card_of_another(cards: CardSystem, holder: Holder) -> None:
    holder.register(JCB)
    other = cards.holder()
    assert other.card is None
    with pytest.raises(errors.NotFound, match=r"card\.none"):
        other.call("remove_card")
    registration = holder.registrations()[0].id
    with pytest.raises(errors.NotFound, match=r"card\.registration_unknown"):
        other.call("complete_card_registration", registration_id=str(registration))


@pytest.mark.parametrize("method", ["card_form", "register_card", "remove_card"])
def test_changes_ask_for_a_fresh_proof(cards: CardSystem, holder: Holder, method: str) -> None:
    old = cards.token(holder.customer, authenticated_at=cards.outside.now() - timedelta(minutes=11))
    with pytest.raises(errors.Forbidden, match=r"proof\.required"):
        cards.client.call(f"payments.{method}", timeout=10, context=old)


def attached(cards: CardSystem, holder: Holder) -> list[str]:
    """What the provider keeps for the customer."""
    rows = cards.rows(
        "SELECT provider_id FROM provider_customers WHERE customer_code = :c", c=holder.customer
    )
    found = cards.outside.ask(f"/payment_methods?customer={rows[0].provider_id}")
    return [one["id"] for one in found["data"]]
