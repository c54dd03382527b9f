"""Outgoing mail: not lost while the relay is down, not sent twice, not readable while it waits."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from tests.harness import free_port, until
from tests.integration.auth.system import System


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


def test_a_mail_is_given_up_in_the_end(start_system: Callable[..., System]) -> None:
    auth = start_system(KAISEN_MAIL_GIVE_UP_HOURS=str(1 / 3600))
    person = auth.new_person()
    auth.sandbox.process.stop()
    auth.start_login("ip_phone", person.login_id, person.password)
    (line,) = until(lambda: auth.log_lines(event="mail given up"), 20)
    assert line["reason"] == "ConnectionRefusedError"
    assert waiting(auth) == 0
    assert person.email not in auth.service.output()


def test_a_silent_relay_holds_up_no_login_and_a_crash_loses_no_mail(
    start_system: Callable[..., System],
) -> None:
    auth = start_system(KAISEN_SMTP_TIMEOUT_SECONDS="1")
    people = [auth.new_person() for _ in range(3)]
    auth.sandbox.process.stop()
    with silent_relay(auth.sandbox.smtp_port) as connected:
        attempts = [
            auth.start_login("ip_phone", person.login_id, person.password)["attempt"] for person in people
        ]
        until(lambda: auth.log_lines(event="mail delayed"))
        connected.clear()
        until(connected.is_set)
        auth.service.kill()
    auth.sandbox.process.start()
    auth.service.start()
    for attempt, person in zip(attempts, people, strict=True):
        auth.verify_code(attempt, auth.sandbox.code(person.email))


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
