"""Which new passwords are taken."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chassis.errors import Unauthenticated
from services.auth.passwords import Cost, argon2id
from tests.integration.auth.choosing import audited, fresh, refused
from tests.integration.auth.system import Person, System


def rules(auth: System, token_hash: str) -> Any:
    return auth.client.call("auth.password_rules", timeout=10, context=auth.resolve(token_hash)["context"])


@contextmanager
def with_a_factor(auth: System, person: Person) -> Iterator[None]:
    auth.execute(
        "INSERT INTO factors (id, account_id, kind, name, secret, sign_count, created_at, confirmed_at)"
        " SELECT gen_random_uuid(), id, 'totp', 'x', 'x', 0, now(), now() FROM accounts WHERE login_id = :id",
        id=person.login_id,
    )
    yield
    auth.execute(
        "DELETE FROM factors USING accounts a WHERE a.id = account_id AND login_id = :id", id=person.login_id
    )


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ("k4Vq8Zt", [{"code": "password.too_short", "minimum": 8}]),
        ("x" * 129, [{"code": "password.too_long", "maximum": 128}]),
        ("iloveyou1", [{"code": "password.common"}]),
        ("Princess", [{"code": "password.common"}]),
        ("dragon", [{"code": "password.too_short", "minimum": 8}, {"code": "password.common"}]),
        ("xK7 {login_id} q9", [{"code": "password.personal"}]),
        ("わたしは港 太郎です", [{"code": "password.personal"}]),
        ("ミナト通信のセルフケア", [{"code": "password.personal"}]),
        ("minato telecom phone", [{"code": "password.personal"}]),
        ("P@ssw0rd12345678", [{"code": "password.weak"}]),
        ("{password}", [{"code": "password.reused", "count": 5}]),
    ],
)
def test_each_reason_of_a_refusal(auth: System, new: str, expected: list[dict[str, Any]]) -> None:
    person = auth.new_person()
    token_hash = auth.log_in(person)
    typed = new.format(login_id=person.login_id, password=person.password)
    assert refused(auth, token_hash, person.password, typed) == expected
    assert audited(auth, person, "password.refused") == [expected[0]["code"]]
    assert auth.start_login("ip_phone", person.login_id, person.password)["next"] == "code"


def test_the_local_part_of_the_address_is_personal(auth: System) -> None:
    person = auth.new_person(email="taro.yamada@customer.example")
    found = refused(auth, auth.log_in(person), person.password, "xK7 Taro.Yamada q9")
    assert found == [{"code": "password.personal"}]


@pytest.mark.parametrize(
    "new",
    [
        "k4Vq8Zt2",
        "  spaces, at both ends ",
        "🦊 jumps over 🐶 twice",
        "あさひに におう やまざくら",
        "x9K-" * 32,
    ],
)
def test_any_characters_up_to_128_are_taken(auth: System, new: str) -> None:
    person = auth.new_person()
    chosen = new if len(new) < 128 else secrets.token_urlsafe(128)[:128]
    auth.change_password(auth.log_in(person), person.password, chosen)
    assert auth.start_login("ip_phone", person.login_id, chosen)["next"] == "code"


def test_the_same_password_from_another_keyboard(auth: System) -> None:
    person = auth.new_person()
    auth.change_password(auth.log_in(person), person.password, "ｋ４Ｖｑ８Ｚｔ２ がぎぐ")
    for typed in ("k4Vq8Zt2 がぎぐ", "k4Vq8Zt2 か\u3099き\u3099く\u3099"):
        assert auth.start_login("ip_phone", person.login_id, typed)["next"] == "code"
    with pytest.raises(Unauthenticated, match=r"login\.refused"):
        auth.start_login("ip_phone", person.login_id, "k4vq8zt2 がぎぐ")


def test_a_password_alone_is_longer_than_one_beside_something(auth: System) -> None:
    person = auth.new_person("console", "viewer")
    token_hash = auth.log_in(person, "console")
    assert rules(auth, token_hash) == {"minimum": 15, "maximum": 128, "history": 5}
    new = "k4Vq8Zt2mWx7Lp"
    assert refused(auth, token_hash, person.password, new) == [{"code": "password.too_short", "minimum": 15}]
    auth.change_password(token_hash, person.password, f"{new}3")
    with with_a_factor(auth, person):
        assert rules(auth, token_hash)["minimum"] == 8
        auth.change_password(token_hash, f"{new}3", "k4Vq8Zt2")


def test_a_password_beside_a_factor_to_come(auth: System) -> None:
    person = auth.new_person("console", "viewer")
    token_hash = auth.log_in(person, "console")
    auth.execute(
        "UPDATE customers SET factors_required = true WHERE customer_code = :code", code=person.customer_code
    )
    assert rules(auth, token_hash)["minimum"] == 8


def test_the_last_five_are_not_taken_again(auth: System) -> None:
    person = auth.new_person()
    token_hash = auth.log_in(person)
    used = [person.password]
    for _ in range(5):
        used.append(fresh())
        auth.change_password(token_hash, used[-2], used[-1])
    for former in used[1:]:
        assert refused(auth, token_hash, used[-1], former) == [{"code": "password.reused", "count": 5}]
    auth.change_password(token_hash, used[-1], used[0])
    kept = auth.value(
        "SELECT count(*) FROM former_passwords JOIN accounts a ON a.id = account_id WHERE login_id = :id",
        id=person.login_id,
    )
    assert kept == 5


def test_a_history_can_be_none(start_system: Callable[..., System]) -> None:
    auth = start_system(KAISEN_PASSWORD_HISTORY="0")
    person = auth.new_person("console", "viewer")
    token_hash = auth.log_in(person, "console")
    new = fresh()
    auth.change_password(token_hash, person.password, new)
    assert refused(auth, token_hash, new, new) == [{"code": "password.reused", "count": 1}]
    auth.change_password(token_hash, new, person.password)
    assert auth.value("SELECT count(*) FROM former_passwords") == 0


def test_a_hash_that_was_renewed_is_the_same_password(auth: System) -> None:
    person = auth.new_person()
    token_hash = auth.log_in(person)
    new = fresh()
    auth.change_password(token_hash, person.password, new)
    cheap = argon2id(Cost(memory_kib=1024, passes=1)).hash(new)
    statement = "UPDATE accounts SET password_hash = :hash WHERE login_id = :id"
    auth.execute(statement, hash=cheap, id=person.login_id)
    auth.start_login("ip_phone", person.login_id, new)
    for former in (person.password, new):
        assert refused(auth, token_hash, new, former) == [{"code": "password.reused", "count": 5}]
