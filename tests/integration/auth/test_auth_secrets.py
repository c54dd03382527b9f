"""What must be found nowhere: passwords, codes and tokens, in logs, tables and messages."""

import secrets
from contextlib import suppress

import pytest
from kombu import Connection, Exchange, Queue
from sqlalchemy import inspect

from chassis.errors import KaisenError
from tests.harness import free_port, until
from tests.integration.auth.system import System, new_token


def everything_stored(auth: System) -> str:
    """All rows of all tables, as text."""
    tables = inspect(auth.database).get_table_names()
    return "\n".join(
        str(auth.value(f'SELECT string_agg(CAST(t AS text), chr(10)) FROM "{table}" t'))  # noqa: S608
        for table in tables
    )


def test_no_secret_is_stored_logged_or_readable_on_the_bus(auth: System) -> None:
    with Connection(auth.amqp_uri) as connection:
        spy = Queue("spy", Exchange("nameko-rpc", type="topic"), "auth.*", exclusive=True)
        tapped = spy.bind(connection.default_channel)
        tapped.declare()

        person = auth.new_person()
        mistyped = f"my-password-{new_token()[0]}"
        with suppress(KaisenError):
            auth.start_login("ip_phone", mistyped, mistyped)
        attempt = auth.start_login("ip_phone", person.login_id, person.password)["attempt"]
        stored_while_waiting = everything_stored(auth)
        code = auth.sandbox.code(person.email)
        token, token_hash = new_token()
        auth.verify_code(attempt, code, token_hash)
        auth.resolve(token_hash)
        auth.end_session(token_hash)
        until(lambda: auth.log_lines(event="logout"))

        messages = []
        while message := tapped.get(no_ack=True):
            messages.append(str(message.body) + str(message.headers))

    assert len(messages) >= 6
    for secret in (person.password, token, f": {code}", f'"{code}"'):
        assert secret not in stored_while_waiting + everything_stored(auth)
        assert secret not in auth.service.output()
        assert not any(secret in message for message in messages)
    # the ID of an unknown person may be a password in the wrong field
    assert mistyped not in everything_stored(auth)
    assert mistyped not in auth.service.output()
    # the attempt travels, being worth nothing without its code, but is not kept
    assert attempt not in stored_while_waiting
    assert attempt not in auth.service.output()


def test_every_step_of_a_login_is_logged_with_its_correlation_id(auth: System) -> None:
    person = auth.new_person()
    account = str(auth.value("SELECT id FROM accounts WHERE login_id = :id", id=person.login_id))
    with pytest.raises(KaisenError):
        auth.start_login("ip_phone", person.login_id, "not the password")
    auth.end_session(auth.log_in(person))
    until(lambda: auth.log_lines(event="logout", account=account))
    lines = auth.log_lines(account=account)
    assert [(line["event"], line.get("step"), line.get("outcome")) for line in lines] == [
        ("login", "password", "refused: wrong_password"),
        ("login", "password", "asked for code"),
        ("login", "code", "logged in"),
        ("logout", None, None),
    ]
    assert all(line["correlation_id"] and line["level"] == "info" for line in lines)
    assert all(line["portal"] == "ip_phone" for line in lines[:3])


def test_the_log_of_the_mail_has_the_correlation_id_of_the_login(auth: System) -> None:
    person = auth.new_person()
    auth.start_login("ip_phone", person.login_id, person.password)
    account = str(auth.value("SELECT id FROM accounts WHERE login_id = :id", id=person.login_id))
    (login,) = auth.log_lines(event="login", account=account)
    until(lambda: auth.log_lines(event="mail sent", correlation_id=login["correlation_id"]))


def test_the_service_does_not_start_with_a_weak_pepper(auth: System) -> None:
    weak = secrets.token_urlsafe(8)
    service = auth.make_service(free_port())
    service.env["KAISEN_CODE_PEPPER"] = weak
    with pytest.raises(AssertionError, match="KAISEN_CODE_PEPPER"):
        service.start()
    assert weak not in service.output()
