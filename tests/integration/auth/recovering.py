"""What the tests of mail-address recovery share."""

import re
import secrets
from collections.abc import Callable
from typing import Any

from chassis.errors import KaisenError
from tests.harness import until
from tests.integration.auth.system import Person, System, new_token

RIGHT, WRONG = "0441234567", "0441234568"
PORTALS = ("ip_phone", "mobile_choice", "free_voice")


def begin(auth: System, person: Person, portal: str = "ip_phone") -> str:
    """An attempt whose code has been mailed, if the account has an address: mails may overtake each other."""
    address = email_of(auth, person)
    earlier = len(codes(auth, address)) if address else 0
    attempt: str = auth.start_login(portal, person.login_id, person.password)["attempt"]
    until(lambda: not address or len(codes(auth, address)) > earlier)
    return attempt


def new_address() -> str:
    return f"new-{secrets.token_hex(6)}@customer.example"


def codes(auth: System, address: str) -> list[str]:
    """The codes that have come to this address, in order."""
    texts = [letter["text"] for letter in auth.sandbox.letters(address)]
    return [found.group(1) for text in texts if (found := re.search(r" : ([0-9]{6})$", text, re.M))]


def subjects(auth: System, address: str) -> list[str]:
    return [letter["subject"] for letter in auth.sandbox.letters(address)]


def outcome(call: Callable[[], Any]) -> str:
    try:
        call()
    except KaisenError as error:
        return error.code
    return "done"


def email_of(auth: System, person: Person) -> str | None:
    email: str | None = auth.value("SELECT email FROM accounts WHERE login_id = :id", id=person.login_id)
    return email


def wrong_phones(auth: System, person: Person) -> int:
    total: int = auth.value(
        "SELECT sum(wrong_phones) FROM login_attempts a JOIN accounts ON accounts.id = account_id"
        " WHERE login_id = :id",
        id=person.login_id,
    )
    return total


def audited(auth: System, person: Person) -> list[tuple[str, str]]:
    found = auth.value(
        "SELECT array_agg(action || ' ' || result ORDER BY seq) FROM audit WHERE login_id = :id",
        id=person.login_id,
    )
    pairs = [tuple(one.split(" ", 1)) for one in found or []]
    return [pair for pair in pairs if pair[0].startswith(("recovery.", "email."))]


def recover(auth: System, person: Person, portal: str = "ip_phone") -> tuple[str, str]:
    """(address, session) of a completed recovery."""
    address = new_address()
    step = auth.start_recovery(begin(auth, person, portal), address)
    _, token_hash = new_token()
    auth.verify_code(step["attempt"], auth.sandbox.code(address), token_hash)
    return address, token_hash
