"""What to offer to whom. The services decide again; pages only spare people a way that ends in a refusal."""

from chassis.errors import Forbidden
from gateway.auth import current_account


def may_order() -> bool:
    """Whether the account may place and cancel orders."""
    account = current_account()
    return account is not None and "console_operator" in account.roles


def demand_order_role() -> None:
    """Raise Forbidden("role.missing") for an account that may only look."""
    if not may_order():
        raise Forbidden("role.missing")
