"""A registration is carried out once, whatever happens: races, crashes, silence, authentication, cards tried out."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chassis import errors
from tests.harness import until
from tests.integration.payments.cards_system import (
    AUTHENTICATE,
    DECLINED,
    JCB,
    MASTERCARD,
    RETURN_TO,
    TIMEOUT_SECONDS,
    VISA,
    CardSystem,
    Holder,
    new_key,
)


def at_once(*calls: Any) -> list[Any]:
    """The answers, or refusals' codes, to calls made at the same time."""

    def outcome(call: Any) -> Any:
        try:
            return call()["state"]
        except errors.KaisenError as error:
            return error.code

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(outcome, calls))


def test_the_same_application_many_times_at_once_registers_once(cards: CardSystem, holder: Holder) -> None:
    token, key = cards.outside.token(JCB), new_key()
    found = at_once(*[lambda: holder.register_token(token, key)] * 8)
    assert "registered" in found
    assert set(found) <= {"registered", "card.in_progress"}
    assert holder.register_token(token, key)["state"] == "registered", "and again later: the same answer"
    assert len(holder.registrations()) == 1
    assert [kind for kind, _ in holder.told()] == ["payments.card_registered"]
    assert holder.card["brand"] == "jcb"


def test_different_cards_at_once_leave_one_card(cards: CardSystem, holder: Holder) -> None:
    tokens = [cards.outside.token(number) for number in (JCB, VISA, MASTERCARD)]
    found = at_once(*[lambda token=token: holder.register_token(token) for token in tokens])
    assert set(found) <= {"registered", "card.in_progress", "card.over"}
    assert found.count("registered") >= 1
    active = "SELECT 1 FROM cards WHERE customer_code = :c AND state = 'active'"
    assert len(cards.rows(active, c=holder.customer)) == 1


def test_a_key_names_one_application(cards: CardSystem, holder: Holder) -> None:
    key = new_key()
    holder.register_token(cards.outside.token(JCB), key)
    with pytest.raises(errors.Invalid, match=r"idempotency\.mismatch"):
        holder.register_token(cards.outside.token(VISA), key)
    assert holder.card["brand"] == "jcb"


def test_a_refused_application_sent_again_is_refused_without_asking_anybody(
    cards: CardSystem, holder: Holder
) -> None:
    token, key = cards.outside.token(DECLINED), new_key()
    for _ in range(3):
        with pytest.raises(errors.Invalid, match=r"card\.unusable"):
            holder.register_token(token, key)
    assert len(holder.registrations()) == 1


@pytest.mark.parametrize(
    ("action", "kind", "more"),
    [
        ("create_setup_intent", "error", {}),
        ("retrieve_payment_method", "error", {}),
        ("create_customer", "error", {}),
        ("create_setup_intent", "delay", {"seconds": TIMEOUT_SECONDS + 1}),
        ("create_setup_intent", "timeout", {"seconds": TIMEOUT_SECONDS + 1}),
        ("create_setup_intent", "drop_after", {}),
    ],
    ids=["down", "down-before", "down-first", "slow", "silent-after", "dropped-after"],
)
def test_a_provider_that_does_not_answer_changes_nothing_and_the_same_application_can_be_sent_again(
    cards: CardSystem, holder: Holder, action: str, kind: str, more: dict[str, Any]
) -> None:
    token, key = cards.outside.token(MASTERCARD), new_key()
    cards.outside.fault(action, kind, **more)
    with pytest.raises(errors.Unavailable, match=r"card\.provider_unavailable"):
        holder.register_token(token, key)
    assert holder.call("get_card") == {"card": None}
    answer = until(lambda: holder.register_token(token, key), ignore=errors.KaisenError)
    assert answer["state"] == "registered"
    assert holder.card["brand"] == "mastercard"
    registration = holder.registrations()[0].id
    effects = [
        one
        for one in cards.outside.requests("create_setup_intent")
        if one["key"] == f"kaisen-registration-{registration}" and one["status"] == 200
    ]
    assert effects, "sent under the registration's own key"
    assert [kind for kind, _ in holder.told()] == ["payments.card_registered"]


def test_a_provider_that_is_down_leaves_the_former_card(cards: CardSystem, holder: Holder) -> None:
    holder.register(JCB)
    token = cards.outside.token(VISA)
    cards.outside.fault("retrieve_payment_method", "error")
    with pytest.raises(errors.Unavailable, match=r"card\.provider_unavailable"):
        holder.register_token(token)
    assert holder.card["brand"] == "jcb"
    cards.outside.fault("retrieve_payment_method", "error")
    with pytest.raises(errors.Unavailable, match=r"card\.provider_unavailable"):
        holder.call("preview_card", payment_method=token)


def test_a_crash_in_the_middle_is_gone_on_with(cards: CardSystem, holder: Holder) -> None:
    """The process dies after the provider has set the card up; the lease runs out, and the same application goes on."""
    token, key = cards.outside.token(JCB), new_key()
    cards.outside.fault("create_setup_intent", "drop_after")
    with pytest.raises(errors.Unavailable):
        holder.register_token(token, key)
    lease = "UPDATE card_registrations SET lease_until = clock_timestamp() + interval '{}' WHERE customer_code = :c"
    cards.execute(lease.format("1 minute"), c=holder.customer)
    for again in (key, new_key()):
        with pytest.raises(errors.Conflict, match=r"card\.in_progress"):
            holder.register_token(token, again)
    cards.execute(lease.format("-1 second"), c=holder.customer)
    assert holder.register_token(token, key)["state"] == "registered"


def test_another_application_takes_the_place_of_an_open_one(cards: CardSystem, holder: Holder) -> None:
    token = cards.outside.token(AUTHENTICATE)
    waiting = holder.register_token(token)
    assert waiting["state"] == "action_required"
    holder.register(JCB)
    cards.outside.authenticate(waiting["authentication_url"], "pass")
    with pytest.raises(errors.Conflict, match=r"card\.over"):
        holder.call("complete_card_registration", registration_id=waiting["registration_id"])
    assert holder.card["brand"] == "jcb"


def test_the_holder_authenticates_and_comes_back(cards: CardSystem, holder: Holder) -> None:
    holder.register(JCB)
    token, key = cards.outside.token(AUTHENTICATE), new_key()
    waiting = holder.register_token(token, key)
    id = waiting["registration_id"]
    assert waiting["state"] == "action_required"
    assert holder.card["brand"] == "jcb", "the former card pays meanwhile"
    assert holder.register_token(token, key) == waiting, "sent again: the same answer"
    assert holder.call("complete_card_registration", registration_id=id) == waiting, "came back too early"
    back = cards.outside.authenticate(waiting["authentication_url"], "pass")
    assert back.startswith(f"{RETURN_TO}{id}?")
    found = at_once(*[lambda: holder.call("complete_card_registration", registration_id=id)] * 6)
    assert set(found) <= {"registered", "card.in_progress"}
    assert holder.call("complete_card_registration", registration_id=id)["state"] == "registered"
    assert holder.card["last4"] == AUTHENTICATE[-4:]
    assert len(holder.told()) == 2


@pytest.mark.parametrize(
    ("number", "button"),
    [(AUTHENTICATE, "fail"), ("4000008400001629", "pass")],
    ids=["not-the-holder", "declined-afterwards"],
)
def test_s2_09_a_failed_authentication_is_a_refusal_like_any_other(
    cards: CardSystem, holder: Holder, number: str, button: str
) -> None:
    holder.register(JCB)
    waiting = holder.register(number)
    cards.outside.authenticate(waiting["authentication_url"], button)
    for _ in range(2):
        with pytest.raises(errors.Invalid, match=r"card\.unusable"):
            holder.call("complete_card_registration", registration_id=waiting["registration_id"])
    assert holder.card["brand"] == "jcb"


def test_cards_cannot_be_tried_out(cards: CardSystem, holder: Holder) -> None:
    for _ in range(5):
        assert holder.refused(DECLINED).code == "card.unusable"
    good = cards.outside.token(JCB)
    error = holder.refused(DECLINED)
    assert (error.code, error.status) == ("card.held", 429)
    assert 3500 < error.details["retry_after"] <= 3600
    for call in (
        lambda: holder.register_token(good),
        lambda: holder.call("preview_card", payment_method=good),
    ):
        with pytest.raises(errors.TooMany, match=r"card\.held"):
            call()
    assert len(holder.registrations()) == 5
    cards.outside.clock(now=error.details["until"])
    assert holder.register(JCB)["state"] == "registered"
    other = cards.holder()
    assert other.register(JCB)["state"] == "registered", "nobody else is held up"


def test_s2_10_other_refusals_do_not_count_as_tries(holder: Holder) -> None:
    holder.register(JCB)
    for _ in range(6):
        assert holder.refused(JCB).code == "card.already_registered"


def test_tries_at_once_are_counted_one_by_one(cards: CardSystem, holder: Holder) -> None:
    tokens = [cards.outside.token(DECLINED) for _ in range(12)]
    for _ in range(3):
        at_once(*[lambda token=token: holder.register_token(token) for token in tokens])
    until(lambda: holder.refused(DECLINED).code == "card.held")
    assert len([one for one in holder.registrations() if one.state == "refused"]) == 5


def test_a_registration_that_nobody_comes_back_to_ends(cards: CardSystem, holder: Holder) -> None:
    """What the job does every ten minutes, seen through the same function on the service's own database."""
    from sqlalchemy.orm import sessionmaker

    from chassis.database import UnitOfWork
    from services.payments.usecases.forgetting_cards import abandon_stale

    token = cards.outside.token(AUTHENTICATE)
    holder.register_token(token)
    cards.execute(
        "UPDATE card_registrations SET started_at = started_at - interval '25 hours' WHERE customer_code = :c",
        c=holder.customer,
    )
    with UnitOfWork(sessionmaker(cards.database)) as uow:
        abandon_stale(uow)
    assert [one.state for one in holder.registrations()] == ["abandoned"]
    until(lambda: cards.rows("SELECT 1 FROM card_detachments") == [])


def test_a_card_that_the_provider_does_not_forget_yet_is_tried_again(
    cards: CardSystem, holder: Holder
) -> None:
    former = cards.outside.token(JCB)
    holder.register_token(former)
    cards.outside.fault("detach_payment_method", "error")
    holder.register(VISA)
    until(lambda: [one for one in cards.outside.requests("detach_payment_method") if one["status"] == 503])
    cards.execute("UPDATE card_detachments SET next_attempt_at = clock_timestamp()")
    until(lambda: cards.outside.ask(f"/payment_methods/{former}")["customer"] is None)
