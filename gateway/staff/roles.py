"""What the signed-in member of the staff may do, so that pages do not offer what would only be refused."""

from chassis.errors import Forbidden
from gateway.auth import current_account


def may_operate() -> bool:
    account = current_account()
    return account is not None and "staff_operations" in account.roles


def demand_operations() -> None:
    """Raises Forbidden("role.missing") for who may only look."""
    if not may_operate():
        raise Forbidden("role.missing")
