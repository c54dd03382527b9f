"""Whose contracts a caller may look at."""

from enum import Enum, auto

from chassis.context import Caller
from services.contracts.permissions import LOOK_AFTER


class Anybody(Enum):
    """Not one customer but all of them; a missing customer is something else, and owns nothing."""

    ANYBODY = auto()


Whose = str | Anybody | None


def whose(caller: Caller) -> Whose:
    """The caller's own customer; everybody for staff. A caller who belongs to a customer never gets further than it,
    whatever the roles.
    """
    if caller.customer is None and caller.kind == "staff" and caller.roles & LOOK_AFTER:
        return Anybody.ANYBODY
    return caller.customer
