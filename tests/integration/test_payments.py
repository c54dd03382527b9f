"""The payments service as a process, with its own database and broker: what it bills, and to whom it tells it."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from joserfc.jwk import OKPKey
from kombu import Connection, Producer
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from chassis import errors
from chassis.client import RpcClient
from chassis.context import Caller, sign
from chassis.events import EXCHANGE
from services.payments.models import Base
from tests.harness import Process, free_port, make_database, until
from tests.servers import VirtualHosts

QUEUE = "payments.bill_recharge"
EVENT = "sim.recharge_completed"


@dataclass(frozen=True)
class Payments:
    """The running service and every way a test looks at it."""

    process: Process
    amqp_uri: str
    database: Engine
    client: RpcClient
    context_key: str = field(repr=False)  # not even in the report of a failed test

    def tell(
        self, event: dict[str, Any], fact: str = EVENT, *, event_id: UUID | None = None, times: int = 1
    ) -> UUID:
        """Publish the event as a relay does; the same message `times` times."""
        event_id = event_id or uuid4()
        with Connection(self.amqp_uri, transport_options={"confirm_publish": True}) as broker:
            producer = Producer(broker.channel(), exchange=EXCHANGE)
            for _ in range(times):
                producer.publish(
                    event,
                    routing_key=fact,
                    message_id=str(event_id),
                    headers={"correlation_id": "told-by-test", "occurred_at": "2024-03-11T04:00:00+00:00"},
                    mandatory=True,
                    delivery_mode=2,
                    serializer="json",
                )
        return event_id

    def token(self, customer: str | None, role: str = "console_viewer", key: str | None = None) -> str:
        caller = Caller(
            subject=str(uuid4()),
            kind=role.partition("_")[0],
            customer=customer,
            roles=frozenset({role}),
            login_id="somebody",
            language="ja",
            correlation_id="asked-by-test",
            authenticated_at=datetime(2024, 3, 11, tzinfo=UTC),
        )
        return sign(caller, key or self.context_key)

    def ask(self, context: str | None, **arguments: Any) -> Any:
        return self.client.call("payments.list_charges", timeout=10, context=context, **arguments)

    def statement(self, customer: str | None, month: str) -> Any:
        return self.ask(self.token(customer), month=month)

    def inbox_state(self, event_id: UUID) -> tuple[str, str | None] | None:
        query = text("SELECT state, error FROM inbox WHERE event_id = :event_id")
        with self.database.connect() as connection:
            row = connection.execute(query, {"event_id": event_id}).one_or_none()
            return (row.state, row.error) if row else None

    def messages_waiting(self) -> int:
        with Connection(self.amqp_uri) as broker:
            waiting: int = broker.default_channel.queue_declare(QUEUE, passive=True).message_count
            return waiting


def key(curve: Literal["Ed25519", "X25519"], kid: str) -> tuple[str, str]:
    """A new key pair as private JWK and public JWK set."""
    pair = OKPKey.generate_key(curve, {"kid": kid}, auto_kid=False)
    return json.dumps(pair.as_dict(private=True)), json.dumps({"keys": [pair.as_dict(private=False)]})


@pytest.fixture(scope="module")
def payments(
    database_server_url: str, virtual_hosts: VirtualHosts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Payments]:
    amqp_uri, database_url = virtual_hosts.new(), make_database(database_server_url, "payments")
    context_key, context_keys = key("Ed25519", "context")
    sealing_key, sealing_keys = key("X25519", "payments")
    port = free_port()
    env = {
        "KAISEN_AMQP_URI": amqp_uri,
        "KAISEN_DATABASE_URL": database_url,
        "KAISEN_CONTEXT_KEYS": context_keys,
        "KAISEN_SEALING_KEY": sealing_key,
        "KAISEN_PROVIDER_SECRET_KEY": "sk_test_unused",
        "KAISEN_PROVIDER_PUBLISHABLE_KEY": "pk_test_unused",
        "KAISEN_HEALTH_PORT": str(port),
    }
    chassis = [sys.executable, "-m", "chassis"]
    process = Process(
        [*chassis, "serve", "services.payments"],
        env=env,
        log=tmp_path_factory.mktemp("payments") / "payments.log",
        ready=f"http://127.0.0.1:{port}/readyz",
    )
    subprocess.run(
        [*chassis, "migrate", "services.payments"], env=process.env, cwd=Path(__file__).parents[2], check=True
    )
    database = create_engine(database_url)
    client = RpcClient(amqp_uri, sealing_keys)
    try:
        with process:
            yield Payments(process, amqp_uri, database, client, context_key)
    finally:
        client.close()
        database.dispose()


@pytest.fixture
def customer() -> str:
    """A customer of the test's own."""
    return f"TC{secrets.token_hex(2)}-00001"


_orders = count(1)


def recharge(customer: str, **changes: Any) -> dict[str, Any]:
    """The fact that a recharge of 3 GB, begun on 11 March 2024, is completed; as sim tells it."""
    return {
        "order_number": f"{customer}-RC24{next(_orders):04}",
        "item": 1,
        "customer_code": customer,
        "sim_serial": "AF0000000001",
        "msisdn": "02010000022",
        "gigabytes": 3,
        "price_yen": 900,
        "start_date": "2024-03-11",
        "completed_at": "2024-03-11T13:04:56+09:00",
    } | changes


def share_month(customer: str, group_id: int, members: int, **changes: Any) -> dict[str, Any]:
    """The fact that a share group has begun April 2024, as sim tells it."""
    return {
        "customer_code": customer,
        "group_id": group_id,
        "group_name": "営業部",
        "month": "2024-04-01",
        "members": members,
        "yen_per_member": 100,
        "begun_at": "2024-04-01T00:00:00+09:00",
    } | changes


_groups = count(1)


def test_s4_23_seven_sims_in_groups_cost_700_yen_a_month_however_often_it_is_told(
    payments: Payments, customer: str
) -> None:
    one, other = next(_groups), next(_groups)
    told = [payments.tell(share_month(customer, one, 4), "sim.share_month_begun", times=2) for _ in range(3)]
    told.append(payments.tell(share_month(customer, other, 3), "sim.share_month_begun"))
    may = share_month(customer, one, 2, month="2024-05-01", begun_at="2024-05-01T00:00:00+09:00")
    told.append(payments.tell(may, "sim.share_month_begun"))
    until(lambda: all(payments.inbox_state(event_id) == ("done", None) for event_id in told))
    statement = payments.statement(customer, "2024-04")
    assert (statement["total_yen"], len(statement["items"])) == (700, 2)
    item = next(item for item in statement["items"] if item["amount_yen"] == 400)
    assert item == {
        "occurred_at": "2024-03-31T15:00:00Z",
        "kind": "share_membership",
        "order_number": None,
        "description_ja": "大規模シェア 4回線×100円(営業部)",
        "description_en": "Share group, 4 lines at 100 yen (営業部)",
        "amount_yen": 400,
    }
    assert payments.statement(customer, "2024-05")["total_yen"] == 200


def test_a_share_month_told_differently_leaves_what_was_billed(payments: Payments, customer: str) -> None:
    event = share_month(customer, next(_groups), 4)
    payments.tell(event, "sim.share_month_begun")
    until(lambda: payments.statement(customer, "2024-04")["items"])
    differing = payments.tell(event | {"members": 5}, "sim.share_month_begun")
    until(lambda: payments.inbox_state(differing) == ("waiting", "Conflict: charge.differs"))
    assert payments.statement(customer, "2024-04")["total_yen"] == 400


def test_s4_35_a_group_recharge_is_charged_once_with_its_order(payments: Payments, customer: str) -> None:
    event = recharge(customer, order_number=f"{customer}-GR240001", group_name="営業部")
    told = [payments.tell(event, "sim.group_recharge_completed", times=2) for _ in range(3)]
    until(lambda: all(payments.inbox_state(event_id) == ("done", None) for event_id in told))
    (item,) = payments.statement(customer, "2024-03")["items"]
    assert (item["order_number"], item["description_ja"], item["amount_yen"]) == (
        f"{customer}-GR240001",
        "リチャージ(大規模シェア) 3GB(営業部)",
        900,
    )


def test_new_cards_are_charged_once_in_the_month_of_their_hand_over(
    payments: Payments, customer: str
) -> None:
    event = {
        "order_number": f"{customer}-NS240001",
        "customer_code": customer,
        "quantity": 3,
        "price_yen": 1500,
        "handed_over_at": "2024-03-31T23:30:00+09:00",
    }
    told = [payments.tell(event, "sim.sims_shipped", times=2) for _ in range(3)]
    until(lambda: all(payments.inbox_state(event_id) == ("done", None) for event_id in told))
    (item,) = payments.statement(customer, "2024-03")["items"]
    assert (item["kind"], item["description_ja"], item["amount_yen"]) == ("shipment", "新規出荷 3枚", 1500)


def test_a_completed_recharge_is_charged_in_the_month_of_its_start(payments: Payments, customer: str) -> None:
    first = recharge(customer)
    # begun in the last minutes of March, completed in April: a charge for March
    last = recharge(
        customer,
        gigabytes=10,
        price_yen=3_000,
        start_date="2024-03-31",
        completed_at="2024-04-01T00:15:00+09:00",
    )
    april = recharge(customer, start_date="2024-04-01", completed_at="2024-03-31T15:00:01Z")
    for event in (april, last, first):
        payments.tell(event)

    until(lambda: payments.statement(customer, "2024-03")["total_yen"] == 3_900)
    assert payments.statement(customer, "2024-03") == {
        "month": "2024-03",
        "items": [
            {
                "occurred_at": "2024-03-11T04:04:56Z",
                "kind": "recharge",
                "order_number": first["order_number"],
                "description_ja": "リチャージ 3GB(02010000022)",
                "description_en": "Recharge 3 GB (02010000022)",
                "amount_yen": 900,
            },
            {
                "occurred_at": "2024-03-31T15:15:00Z",
                "kind": "recharge",
                "order_number": last["order_number"],
                "description_ja": "リチャージ 10GB(02010000022)",
                "description_en": "Recharge 10 GB (02010000022)",
                "amount_yen": 3_000,
            },
        ],
        "total_yen": 3_900,
    }
    april_items = until(lambda: payments.statement(customer, "2024-04")["items"])
    assert [item["order_number"] for item in april_items] == [april["order_number"]]
    assert payments.statement(customer, "2024-02") == {"month": "2024-02", "items": [], "total_yen": 0}


def test_an_item_is_charged_once_however_often_it_is_told(payments: Payments, customer: str) -> None:
    event = recharge(customer)
    told = [payments.tell(event, times=2) for _ in range(10)]  # redelivered, and told anew, all at once
    until(lambda: all(payments.inbox_state(event_id) == ("done", None) for event_id in told))
    payments.process.stop()  # whatever is being worked on ends first, so nothing can follow
    try:
        assert payments.messages_waiting() == 0
    finally:
        payments.process.start()
    assert payments.statement(customer, "2024-03")["total_yen"] == 900


def test_each_item_of_an_order_is_charged(payments: Payments, customer: str) -> None:
    event = recharge(customer)
    payments.tell(event)
    payments.tell(event | {"item": 2, "msisdn": "02010000023"})
    until(lambda: payments.statement(customer, "2024-03")["total_yen"] == 1_800)


def test_what_was_billed_stays_when_it_is_told_differently(payments: Payments, customer: str) -> None:
    event = recharge(customer)
    payments.tell(event)
    until(lambda: payments.statement(customer, "2024-03")["items"])
    differing = payments.tell(event | {"price_yen": 300})
    until(lambda: payments.inbox_state(differing) == ("waiting", "Conflict: charge.differs"))
    assert payments.statement(customer, "2024-03")["total_yen"] == 900


@pytest.mark.parametrize(
    "wrong",
    [
        {"price_yen": -1},
        {"price_yen": 0.5},
        {"price_yen": None},
        {"item": 0},
        {"start_date": "2024-02-30"},
        {"completed_at": "2024-03-11T13:04:56"},
    ],
)
def test_an_event_that_cannot_be_billed_is_kept_for_an_operator_and_holds_up_nobody(
    payments: Payments, customer: str, wrong: dict[str, Any]
) -> None:
    unusable = payments.tell(recharge(customer, **wrong))
    payments.tell(recharge(customer))
    until(lambda: (payments.inbox_state(unusable) or ("",))[0] == "dead")
    until(lambda: payments.statement(customer, "2024-03")["total_yen"] == 900)


def test_a_customer_sees_no_charge_of_another(payments: Payments, customer: str) -> None:
    payments.tell(recharge(customer))
    until(lambda: payments.statement(customer, "2024-03")["items"])
    nothing = {"month": "2024-03", "items": [], "total_yen": 0}
    assert payments.statement("TC0000-00009", "2024-03") == nothing
    assert payments.statement(None, "2024-03") == nothing
    with pytest.raises(errors.Invalid, match=r"request\.invalid"):  # nor by naming the customer
        payments.ask(payments.token("TC0000-00009"), month="2024-03", customer=customer)


def test_nobody_is_answered_without_a_genuine_context(payments: Payments, customer: str) -> None:
    with pytest.raises(errors.Unauthenticated, match=r"context\.missing"):
        payments.ask(None, month="2024-03")
    forged = payments.token(customer, key=key("Ed25519", "context")[0])
    with pytest.raises(errors.Unauthenticated, match=r"context\.invalid"):
        payments.ask(forged, month="2024-03")


@pytest.mark.parametrize("role", ["selfcare", "staff_support", "staff_administrator"])
def test_charges_are_for_console_accounts_alone(payments: Payments, customer: str, role: str) -> None:
    with pytest.raises(errors.Forbidden, match=r"role\.missing"):
        payments.ask(payments.token(customer, role), month="2024-03")


@pytest.mark.parametrize("month", ["2024-13", "2024-3", "2024-03-01", "March", ""])
def test_a_malformed_month_is_refused(payments: Payments, customer: str, month: str) -> None:
    with pytest.raises(errors.Invalid, match=r"charges\.month"):
        payments.statement(customer, month)


@pytest.mark.parametrize("arguments", [{}, {"month": None}, {"month": 202403}])
def test_a_month_must_be_given(payments: Payments, customer: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(errors.Invalid, match=r"request\.invalid") as refusal:
        payments.ask(payments.token(customer), **arguments)
    assert [problem["pointer"] for problem in refusal.value.details["errors"]] == ["month"]


@pytest.mark.parametrize(
    "change", ["UPDATE charges SET amount_yen = 0", "DELETE FROM charges", "TRUNCATE charges"]
)
def test_the_database_itself_refuses_to_change_a_charge(payments: Payments, change: str) -> None:
    with payments.database.connect() as connection, pytest.raises(DBAPIError, match="never changed"):
        connection.execute(text(change))


def test_the_migrations_make_what_the_models_describe(payments: Payments) -> None:
    ours = {"include_name": lambda name, kind, _parents: kind != "table" or name in Base.metadata.tables}
    with payments.database.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=ours), Base.metadata) == []
