"""Pages of one's own account, the same for all kinds of account within the frame of each."""

from typing import Any

from flask import render_template

from gateway.auth import Account, current_account
from gateway.web.portals import PORTALS


def own_account() -> Account:
    """The account of a request that has passed `access`."""
    account = current_account()
    assert account is not None
    return account


def render(template: str, **values: Any) -> str:
    """A page in the frame of the account's kind; self-care has one a portal."""
    return render_template(template, portal=PORTALS.get(own_account().portal), **values)
