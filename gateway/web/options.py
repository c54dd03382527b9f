"""オプション of SIMs by their names, which the SIM service sets."""

from collections.abc import Iterable

from flask import g
from flask_babel import gettext as _

from gateway import language, rpc
from gateway.auth import current_account


def shown(codes: Iterable[str]) -> str:
    """The names in the reader's language, or that there are none."""
    known = _known()
    names = [known.get(code, {}).get(language.current(), code) for code in codes]
    return " ".join(names) or _("オプションなし")


def _known() -> dict[str, dict[str, str]]:
    """Asked for once a request; staff may not ask, and see the codes."""
    if "option_names" not in g:
        account = current_account()
        may_ask = account is not None and "console_viewer" in account.roles
        g.option_names = rpc.call("sim.order_choices", kind="OP")["options"] if may_ask else {}
    found: dict[str, dict[str, str]] = g.option_names
    return found
