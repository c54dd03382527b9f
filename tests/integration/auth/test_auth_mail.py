"""Outgoing mail: not lost while the relay is down, not sent twice, not readable while it waits."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.harness import free_port, make_database, until
from tests.integration.auth.system import System
from tests.servers import VirtualHosts


def waiting(auth: System) -> int:
    count: int = auth.value("SELECT count(*) FROM outgoing_mail")
    return count


def test_a_sent_mail_is_deleted(auth: System) -> None:
    person = auth.new_person()
    auth.start_login("ip_phone", person.login_id, person.password)
    auth.sandbox.letter(person.email)
    until(lambda: waiting(auth) == 0)


def test_a_mail_waits_for_the_relay_and_arrives_later(auth: System) -> None:
    person = auth.new_person()
    auth.sandbox.process.stop()
    try:
        attempt = auth.start_login("ip_phone", person.login_id, person.password)["attempt"]
        until(lambda: len(auth.log_lines(event="mail delayed", reason="ConnectionRefusedError")) >= 2)
    finally:
        auth.sandbox.process.start()
    code = auth.sandbox.code(person.email)
    auth.verify_code(attempt, code)
    until(lambda: waiting(auth) == 0)
    assert len(auth.sandbox.letters(person.email)) == 1


def test_a_waiting_mail_cannot_be_read_in_the_database(auth: System) -> None:
    person = auth.new_person()
    auth.sandbox.process.stop()
    try:
        auth.start_login("ip_phone", person.login_id, person.password)
        stored = auth.value("SELECT string_agg(CAST(m AS text), ' ') FROM outgoing_mail m")
    finally:
        auth.sandbox.process.start()
    code = auth.sandbox.code(person.email)
    assert person.email not in stored
    assert code not in stored
    assert "認証コード" not in stored


def test_several_replicas_send_each_mail_once(auth: System) -> None:
    people = [auth.new_person() for _ in range(12)]
    replica = auth.make_service(free_port())
    with replica, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda person: auth.start_login("ip_phone", person.login_id, person.password), people))
        for person in people:
            auth.sandbox.letter(person.email)
        until(lambda: waiting(auth) == 0)
    assert [len(auth.sandbox.letters(person.email)) for person in people] == [1] * len(people)


@pytest.fixture
def impatient(
    tmp_path: Path, virtual_hosts: VirtualHosts, database_server_url: str, request: pytest.FixtureRequest
) -> Iterator[System]:
    """A service of its own, with the settings that the test names, which soon gives up waiting."""
    database = make_database(database_server_url, "auth_impatient")
    system = System(tmp_path, virtual_hosts.new(), database, KAISEN_SMTP_TIMEOUT_SECONDS="1", **request.param)
    try:
        system.start()
        yield system
    finally:
        system.stop()


@pytest.mark.parametrize("impatient", [{"KAISEN_MAIL_GIVE_UP_HOURS": str(1 / 3600)}], indirect=True)
def test_a_mail_is_given_up_in_the_end(impatient: System) -> None:
    person = impatient.new_person()
    impatient.sandbox.process.stop()
    impatient.start_login("ip_phone", person.login_id, person.password)
    (line,) = until(lambda: impatient.log_lines(event="mail given up"), 20)
    assert line["reason"] == "ConnectionRefusedError"
    assert waiting(impatient) == 0
    assert person.email not in impatient.service.output()


@pytest.mark.parametrize("impatient", [{}], indirect=True)
def test_a_mail_survives_a_crash_in_the_middle_of_sending(impatient: System) -> None:
    person = impatient.new_person()
    impatient.sandbox.process.stop()
    with silent_relay(impatient.sandbox.smtp_port) as connected:
        attempt = impatient.start_login("ip_phone", person.login_id, person.password)["attempt"]
        until(connected.is_set)
        impatient.service.kill()
    impatient.sandbox.process.start()
    impatient.service.start()
    impatient.verify_code(attempt, impatient.sandbox.code(person.email))


@pytest.mark.parametrize("impatient", [{}], indirect=True)
def test_a_login_does_not_wait_for_a_silent_relay(impatient: System) -> None:
    people = [impatient.new_person() for _ in range(3)]
    impatient.sandbox.process.stop()
    with silent_relay(impatient.sandbox.smtp_port) as connected:
        for person in people:
            assert impatient.start_login("ip_phone", person.login_id, person.password)["next"] == "code"
        until(connected.is_set)
        until(lambda: impatient.log_lines(event="mail delayed"))
    impatient.sandbox.process.start()
    for person in people:
        impatient.sandbox.letter(person.email)


@contextmanager
def silent_relay(port: int) -> Iterator[threading.Event]:
    """Something that takes connections and never says a word; the event says that it has been called."""
    connected = threading.Event()
    calls: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", port))

    def take() -> None:
        with suppress(OSError):
            while True:
                calls.append(listener.accept()[0])
                connected.set()

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield connected
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for call in calls:
            call.close()
