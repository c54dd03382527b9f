"""A card that is typed in at the browser is found at the payment provider's door and nowhere else."""

import json
import random
import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from sandbox.provider_cards import check_digit_fits
from tests.e2e.cards import DECLINED, come_in, new_holder, type_card
from tests.e2e.system import EmbeddedSystem
from tests.e2e.test_canaries import everything_logged, everything_stored, listening_to, mails
from tests.harness import until
from tests.servers import VirtualHosts

FORM = "/selfcare/card/form"


def new_number() -> str:
    """A number of an American Express card that nobody has."""
    start = "37" + "".join(random.choices("0123456789", k=12))
    return next(start + digit for digit in "0123456789" if check_digit_fits(start + digit))


def found(secret: str, haystack: str) -> bool:
    return re.search(rf"(?<![0-9A-Za-z.]){secret}(?![0-9A-Za-z.])", haystack) is not None


def files_of(system: EmbeddedSystem) -> list[tuple[str, bytes]]:
    """All files that the product and its stand-ins have written, but for PostgreSQL's own."""
    folders = [system.state / name for name in ("logs", "sandbox")]
    return [
        (str(path), path.read_bytes()) for folder in folders for path in folder.rglob("*") if path.is_file()
    ]


def test_s2_11_no_table_log_file_message_or_mail_holds_number_or_code(
    served_system: EmbeddedSystem, virtual_hosts: VirtualHosts, browser: Browser
) -> None:
    holder = new_holder(served_system)
    before = everything_stored(served_system) + everything_logged(served_system)
    code = next(code for code in random.sample(range(1000, 10000), 9000) if not found(str(code), before))
    number, security_code = new_number(), str(code)
    spaced = f"{number[:4]} {number[4:10]} {number[10:]}"
    page = browser.new_context(locale="ja-JP").new_page()
    with listening_to(served_system, virtual_hosts) as bus:
        come_in(page, holder, FORM)
        type_card(page, number[:-1], code=security_code)  # a digit short: the page itself refuses it
        page.get_by_test_id("submit").click()
        expect(page.get_by_test_id("card-summary")).to_be_visible()
        type_card(page, DECLINED)
        page.get_by_test_id("submit").click()
        page.get_by_test_id("register").click()
        expect(page.get_by_test_id("error-summary")).to_be_visible()
        type_card(page, number, code=security_code)
        page.get_by_test_id("submit").click()
        page.get_by_test_id("register").click()
        expect(page.get_by_test_id("done")).to_be_visible()
        shown = []
        for path in ("/selfcare/card", "/selfcare/menu", "/selfcare/card/remove"):
            page.goto(f"{served_system.url}{path}")
            shown.append(page.content())
        until(lambda: any("payments.get_card" in one for one in bus.read()))
        messages = bus.read()
    assert number[-4:] in shown[0], "its holder sees the last four digits"
    assert any("payments.register_card" in one for one in messages)
    staff = served_system.client("staff-admin")
    trail = json.dumps(staff.get("/audit", action="card.registered", limit=100))
    everything = {
        "tables": everything_stored(served_system),
        "logs": everything_logged(served_system),
        "messages": "\n".join(messages),
        "mails": json.dumps(mails(served_system)),
        "pages": "\n".join(shown),
        "audit trail": trail,
    }
    for secret in (number, spaced, number[:-1], security_code, DECLINED):
        assert [where for where, what in everything.items() if found(secret, what)] == [], secret
    kept = files_of(served_system)
    assert len(kept) > 2
    for path, content in kept:
        for secret in (number, number[:-1], spaced, DECLINED):
            assert secret.encode() not in content, Path(path).name
