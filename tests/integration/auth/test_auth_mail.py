"""Outgoing mail: not lost while the relay is down, not sent twice, not readable while it waits."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from chassis import clock
from chassis.sealing import FieldCipher
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


# TLS and a login at the relay


class Collector:
    """A relay's inbox."""

    def __init__(self) -> None:
        self.senders: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.senders.append(envelope.mail_from)
        return "250 OK"


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """(certificate, key) of a relay at 127.0.0.1 that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = clock.wall()
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(signed.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@contextmanager
def secured_relay(
    tls: str, files: tuple[Path, Path], offered: list[bytes]
) -> Iterator[tuple[int, Collector]]:
    """A relay that takes mail over TLS from kaisen/secret only; `offered` gets the passwords it is told."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        offered.append(data.password)
        is_right = (data.login, data.password) == (b"kaisen", b"secret")
        return AuthResult(success=is_right, handled=False)

    collector, port = Collector(), free_port()
    wanted: dict[str, Any] = {"authenticator": check, "auth_required": True}
    if tls == "starttls":
        wanted |= {"tls_context": context, "require_starttls": True}
    else:
        wanted |= {"ssl_context": context, "auth_require_tls": False}  # which it takes for STARTTLS
    relay = Controller(collector, hostname="127.0.0.1", port=port, **wanted)
    relay.start()
    try:
        yield port, collector
    finally:
        relay.stop()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_relay_with_tls_and_a_login(start_system: Callable[..., System], tmp_path: Path, tls: str) -> None:
    files, offered = certificate(tmp_path, "relay"), list[bytes]()
    with secured_relay(tls, files, offered) as (port, collector):
        auth = start_system(
            KAISEN_SMTP_PORT=str(port),
            KAISEN_SMTP_TLS=tls,
            KAISEN_SMTP_USER="kaisen",
            KAISEN_SMTP_PASSWORD="secret",
            SSL_CERT_FILE=str(files[0]),
        )
        person = auth.new_person()
        auth.start_login("ip_phone", person.login_id, person.password)
        until(lambda: collector.senders == ["no-reply-otp@minato-telecom.example"])
        until(lambda: waiting(auth) == 0)
    assert offered == [b"secret"]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_relay_that_nobody_vouches_for_is_told_nothing(
    start_system: Callable[..., System], tmp_path: Path, tls: str
) -> None:
    trusted, offered = certificate(tmp_path, "relay")[0], list[bytes]()
    with secured_relay(tls, certificate(tmp_path, "stranger"), offered) as (port, collector):
        auth = start_system(
            KAISEN_SMTP_PORT=str(port),
            KAISEN_SMTP_TLS=tls,
            KAISEN_SMTP_USER="kaisen",
            KAISEN_SMTP_PASSWORD="secret",
            SSL_CERT_FILE=str(trusted),
        )
        person = auth.new_person()
        auth.start_login("ip_phone", person.login_id, person.password)
        until(lambda: auth.log_lines(event="mail delayed", reason="SSLCertVerificationError"))
    assert (offered, collector.senders) == ([], [])


def test_a_wrong_login_at_the_relay_delays_the_mail(
    start_system: Callable[..., System], tmp_path: Path
) -> None:
    files, offered = certificate(tmp_path, "relay"), list[bytes]()
    with secured_relay("starttls", files, offered) as (port, collector):
        auth = start_system(
            KAISEN_SMTP_PORT=str(port),
            KAISEN_SMTP_TLS="starttls",
            KAISEN_SMTP_USER="kaisen",
            KAISEN_SMTP_PASSWORD="outdated",
            SSL_CERT_FILE=str(files[0]),
        )
        person = auth.new_person()
        auth.start_login("ip_phone", person.login_id, person.password)
        until(lambda: auth.log_lines(event="mail delayed", reason="SMTPAuthenticationError"))
        assert waiting(auth) == 1
    assert collector.senders == []
    assert "outdated" not in auth.service.output()


def test_a_relay_without_the_tls_that_is_asked_for_gets_no_mail(start_system: Callable[..., System]) -> None:
    auth = start_system(KAISEN_SMTP_TLS="starttls")  # the sandbox's own relay has none
    person = auth.new_person()
    auth.start_login("ip_phone", person.login_id, person.password)
    until(lambda: auth.log_lines(event="mail delayed", reason="SMTPNotSupportedError"))
    assert auth.sandbox.letters(person.email) == []


def test_a_mail_of_an_earlier_release_names_no_sender(auth: System) -> None:
    person = auth.new_person()
    mail_id, now = uuid4(), clock.wall()
    content = json.dumps({"recipient": person.email, "subject": "old", "text": "old"})
    cipher = FieldCipher(auth.service.env["KAISEN_FIELD_KEYS"])
    auth.execute(
        "INSERT INTO outgoing_mail (id, message, correlation_id, tries, created_at, next_try_at)"
        " VALUES (:id, :message, '', 0, :now, :now)",
        id=mail_id,
        message=cipher.encrypt(content, f"outgoing_mail.message:{mail_id}"),
        now=now,
    )
    assert auth.sandbox.letter(person.email)["from"] == "no-reply-otp@minato-telecom.example"
