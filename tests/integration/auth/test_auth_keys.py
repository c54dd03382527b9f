"""API keys: who may make them, what they say, how long they work, and that all refusals look alike."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from chassis import clock
from chassis.context import Caller, verify
from chassis.errors import Forbidden, Invalid, KaisenError, NotFound, Unauthenticated
from services.auth.permissions import ANY
from services.auth.service import Service
from tests.harness import until
from tests.integration.auth.system import BROWSER, Person, System, minutes


def in_days(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


def new_secret() -> tuple[str, str]:
    """A key, as the gateway makes it, and its hash."""
    secret = f"kaisen_{secrets.token_urlsafe(32)}"
    return secret, hashlib.sha256(secret.encode()).hexdigest()


class Administrator:
    """Somebody who has just logged in and makes keys."""

    def __init__(self, auth: System, person: Person) -> None:
        self.auth = auth
        self.person = person
        self.session = auth.log_in(person, "console")

    def call(self, method: str, **arguments: Any) -> Any:
        context = self.auth.resolve(self.session)["context"]
        return self.auth.client.call(f"auth.{method}", timeout=10, context=context, **arguments)

    def create(self, **changes: Any) -> tuple[dict[str, Any], str]:
        """(item, hash) of a new key."""
        secret, key_hash = new_secret()
        wanted = {
            "name": "配送システム",
            "role": "viewer",
            "expires_on": in_days(30),
            "key_hash": key_hash,
            "hint": secret[-4:],
        }
        return self.call("create_key", **wanted | changes), key_hash

    def listed(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.call("list_keys")["items"]
        return items


@pytest.fixture
def administrator(auth: System) -> Administrator:
    return Administrator(auth, auth.new_person("console", "administrator"))


def resolve(auth: System, key_hash: str) -> Any:
    return auth.client.call(
        "auth.resolve_key",
        timeout=10,
        key_hash=key_hash,
        language="en",
        client_ip=BROWSER["client_ip"],
    )


def caller(auth: System, key_hash: str) -> Caller:
    return verify(resolve(auth, key_hash)["context"], auth.context_keys)


def assert_refused(auth: System, key_hash: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        resolve(auth, key_hash)
    assert (refusal.value.code, refusal.value.details) == ("session.unknown", {})


def refusal(call: Callable[[], Any]) -> tuple[type[KaisenError], str]:
    with pytest.raises(KaisenError) as refused:
        call()
    return type(refused.value), refused.value.code


def test_a_new_key_is_listed_with_what_its_owner_needs_to_know(
    auth: System, administrator: Administrator
) -> None:
    made, _ = administrator.create(name=" 配送システム ", role="operator", expires_on=in_days(1))
    assert administrator.listed() == [made]
    assert abs(datetime.fromisoformat(made["created_at"]) - clock.wall()) < minutes(1)
    assert UUID(made["id"])
    assert made == {
        "id": made["id"],
        "name": "配送システム",
        "role": "operator",
        "hint": made["hint"],
        "state": "active",
        "created_by": administrator.person.login_id,
        "created_at": made["created_at"],
        "expires_on": in_days(1),
        "last_used_at": None,
        "revoked_at": None,
    }
    listed = administrator.call("list_keys")
    assert (listed["earliest"], listed["latest"]) == (in_days(1), in_days(366))
    newer, _ = administrator.create()
    assert [one["id"] for one in administrator.listed()] == [newer["id"], made["id"]]


def test_only_the_hash_of_a_key_is_stored(auth: System, administrator: Administrator) -> None:
    secret, key_hash = new_secret()
    made, _ = administrator.create(key_hash=key_hash, hint=secret[-4:])
    row = auth.value("SELECT row_to_json(k)::text FROM api_keys k WHERE id = :id", id=made["id"])
    assert key_hash in row
    assert secret[-4:] in row
    assert secret not in row
    assert secret[-8:] not in row


@pytest.mark.parametrize(
    ("role", "roles"),
    [("viewer", {"console_viewer"}), ("operator", {"console_viewer", "console_operator"})],
)
def test_a_key_says_who_it_is(auth: System, administrator: Administrator, role: str, roles: set[str]) -> None:
    made, key_hash = administrator.create(role=role)
    said = caller(auth, key_hash)
    assert said == Caller(
        subject=made["id"],
        kind="key",
        customer=administrator.person.customer_code,
        roles=frozenset(roles),
        login_id="key:配送システム",
        language="en",
        correlation_id=said.correlation_id,
        authenticated_at=datetime(1970, 1, 1, tzinfo=UTC),
        session="",
        client_ip=BROWSER["client_ip"],
    )
    account = resolve(auth, key_hash)["account"]
    ends_at = datetime.fromisoformat(account.pop("expires_at"))
    assert clock.in_japan(ends_at) == datetime.combine(
        clock.today() + timedelta(days=31), datetime.min.time(), clock.JAPAN
    )
    assert account == {
        "login_id": "key:配送システム",
        "kind": "console",
        "portal": "console",
        "customer_code": administrator.person.customer_code,
        "customer_name": "港 太郎",
        "roles": sorted(roles),
        "language": "en",
    }


def test_a_key_works_through_its_last_day_in_japan(auth: System, administrator: Administrator) -> None:
    made, key_hash = administrator.create(expires_on=in_days(2))
    end = datetime.combine(clock.today() + timedelta(days=3), datetime.min.time(), clock.JAPAN)
    with auth.sandbox.clock_at(end - minutes(1)):
        assert caller(auth, key_hash).subject == made["id"]
    with auth.sandbox.clock_at(end):
        assert_refused(auth, key_hash)
        later = Administrator(auth, administrator.person)
        assert [one["state"] for one in later.listed()] == ["expired"]


@pytest.mark.parametrize("days", [1, 366])
def test_the_first_and_the_last_day_that_may_be_chosen(administrator: Administrator, days: int) -> None:
    assert administrator.create(expires_on=in_days(days))[0]["expires_on"] == in_days(days)


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_day_out_of_range_names_the_range(administrator: Administrator, days: int) -> None:
    with pytest.raises(Invalid) as refused:
        administrator.create(expires_on=in_days(days))
    assert (refused.value.code, refused.value.details) == (
        "key.expiry",
        {"earliest": in_days(1), "latest": in_days(366)},
    )
    assert administrator.listed() == []


def test_the_longest_life_is_a_setting(start_system: Callable[..., System]) -> None:
    auth = start_system(KAISEN_API_KEY_LONGEST_DAYS="7")
    administrator = Administrator(auth, auth.new_person("console", "administrator"))
    assert administrator.create(expires_on=in_days(7))
    assert refusal(lambda: administrator.create(expires_on=in_days(8))) == (Invalid, "key.expiry")


@pytest.mark.parametrize("role", ["administrator", "console_viewer", "support", ""])
def test_a_key_never_administers(administrator: Administrator, role: str) -> None:
    assert refusal(lambda: administrator.create(role=role)) == (Invalid, "key.role")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "a" * 61},
        {"name": "two\nlines"},
        {"expires_on": "soon"},
        {"key_hash": f"kaisen_{secrets.token_urlsafe(32)}"},  # the secret itself is not taken
        {"hint": "abcde"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_malformed_arguments(administrator: Administrator, wrong: dict[str, str]) -> None:
    assert refusal(lambda: administrator.create(**wrong)) == (Invalid, "request.invalid")
    assert administrator.listed() == []


def test_a_revoked_key_is_refused_at_once_and_stays_listed(
    auth: System, administrator: Administrator
) -> None:
    made, key_hash = administrator.create()
    _, other_hash = administrator.create()
    assert caller(auth, key_hash)
    revoked = administrator.call("revoke_key", key_id=made["id"])
    assert revoked["state"] == "revoked"
    assert_refused(auth, key_hash)
    assert caller(auth, other_hash)
    assert revoked in administrator.listed()


def test_revoking_twice_changes_nothing(auth: System, administrator: Administrator) -> None:
    made, _ = administrator.create()
    first = administrator.call("revoke_key", key_id=made["id"])
    assert administrator.call("revoke_key", key_id=made["id"]) == first
    records = "SELECT count(*) FROM audit WHERE action = 'key.revoked' AND details->>'id' = :id"
    assert auth.value(records, id=made["id"]) == 1


def test_another_customers_key_is_unknown(auth: System, administrator: Administrator) -> None:
    made, key_hash = administrator.create()
    other = Administrator(auth, auth.new_person("console", "administrator"))
    assert other.listed() == []
    for key_id in (made["id"], str(uuid4()), "A1"):
        with pytest.raises(NotFound, match=r"key\.unknown"):
            other.call("revoke_key", key_id=key_id)
    assert caller(auth, key_hash)


def test_unknown_expired_and_revoked_keys_look_the_same(auth: System, administrator: Administrator) -> None:
    revoked, revoked_hash = administrator.create()
    administrator.call("revoke_key", key_id=revoked["id"])
    expired, expired_hash = administrator.create()
    auth.execute("UPDATE api_keys SET expires_at = now() WHERE id = :id", id=expired["id"])
    for key_hash in (revoked_hash, expired_hash, new_secret()[1], administrator.session):
        assert_refused(auth, key_hash)


def test_a_key_is_no_session(auth: System, administrator: Administrator) -> None:
    _, key_hash = administrator.create()
    with pytest.raises(Unauthenticated, match=r"session\.unknown"):
        auth.resolve(key_hash)
    auth.end_session(key_hash)
    assert caller(auth, key_hash), "logging out ends no key"


@pytest.mark.parametrize("method", ["create_key", "list_keys", "revoke_key"])
@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_only_administrators_deal_with_keys(auth: System, role: str, method: str) -> None:
    somebody = Administrator(auth, auth.new_person("console", role))
    assert refusal(lambda: somebody.call(method)) == (Forbidden, "role.missing")


def test_a_new_key_asks_for_a_fresh_proof(auth: System, administrator: Administrator) -> None:
    made, _ = administrator.create()
    with auth.sandbox.clock_at(clock.wall() + minutes(11)):
        assert refusal(administrator.create) == (Forbidden, "proof.required")
        assert administrator.call("revoke_key", key_id=made["id"])["state"] == "revoked", "never held up"


def test_a_key_cannot_do_what_concerns_a_person(auth: System, administrator: Administrator) -> None:
    """Passwords, sessions and factors belong to people: whatever their methods are, a key has none of their roles."""
    roles = caller(auth, administrator.create(role="operator")[1]).roles
    asked = 0
    for name in dir(Service):
        method = getattr(Service, name)
        if getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, None) and getattr(method, "roles", None):
            assert not method.roles & roles, name
            asked += 1
    assert asked > 3
    assert not ANY & roles
    assert ANY & auth.caller(administrator.session).roles


def test_the_last_use_is_noted_once_a_minute(auth: System, administrator: Administrator) -> None:
    made, key_hash = administrator.create()

    def noted() -> datetime | None:
        found: datetime | None = auth.value("SELECT last_used_at FROM api_keys WHERE id = :id", id=made["id"])
        return found

    assert noted() is None
    assert caller(auth, key_hash)
    first = noted()
    assert first is not None
    with auth.sandbox.clock_at(first + timedelta(seconds=40)):
        assert caller(auth, key_hash)
        assert noted() == first
    with auth.sandbox.clock_at(first + timedelta(seconds=61)):
        assert caller(auth, key_hash)
        second = noted()
        assert second is not None
        assert second >= first + timedelta(seconds=61)
    assert datetime.fromisoformat(administrator.listed()[0]["last_used_at"]) == second


def test_making_and_revoking_are_audited(auth: System, administrator: Administrator) -> None:
    made, _ = administrator.create(role="operator")
    administrator.call("revoke_key", key_id=made["id"])
    rows = auth.value(
        "SELECT json_agg(json_build_array(action, login_id, customer_code, target, result, details) ORDER BY seq)"
        " FROM audit WHERE details->>'id' = :id",
        id=made["id"],
    )
    person = administrator.person
    details = {
        "id": made["id"],
        "hint": made["hint"],
        "role": "operator",
        "expires_on": made["expires_on"],
    }
    assert rows == [
        [action, person.login_id, person.customer_code, "配送システム", "done", details]
        for action in ("key.created", "key.revoked")
    ]


def test_a_new_key_is_told_by_mail(auth: System, administrator: Administrator) -> None:
    administrator.create(name="在庫連携")
    until(
        lambda: [
            one for one in auth.sandbox.letters(administrator.person.email) if "在庫連携" in one["text"]
        ],
        15,
        "no mail about the key",
    )
