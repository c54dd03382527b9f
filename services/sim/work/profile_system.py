"""The SM-DP+ as the scheduler asks it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import eventlet

from chassis.database import UnitOfWork
from chassis.operations import NoAnswer, Rejected
from chassis.sealing import FieldCipher
from services.sim import activation_code, esim_store
from services.sim.adapters.carrier import SKIPPED, Operation, Outcome
from services.sim.adapters.smdp import Smdp
from services.sim.settings import Settings

ORDER = "order_profile"
CANCEL = "cancel_profile"


class ProfileSystem:
    """Orders and cancels profiles: params eid and iccid. Operations stand in the table of jobs, so the matching ID is
    in none of them: it is looked up for the call alone.

    Every call has its effect once, so that nothing is asked before it is sent again.
    """

    def __init__(self, uow: Callable[[], UnitOfWork], smdp: Smdp, settings: Settings) -> None:
        self._uow = uow
        self._smdp = smdp
        self._cipher = FieldCipher(settings.field_keys)
        self._at_once = settings.carrier_concurrency

    def admitted(self, wanted: int) -> int:
        """All: a silent SM-DP+ holds up nothing but its own work."""
        return wanted

    def perform(self, operations: Sequence[Operation], *, ask_first: bool) -> list[Outcome]:
        with self._uow() as uow:
            stored = esim_store.matching_ids(uow.session, [each.params["iccid"] for each in operations])
        pool = eventlet.GreenPool(self._at_once)
        return list(pool.imap(partial(self._perform, stored), operations))

    def _perform(self, stored: Mapping[str, str], operation: Operation) -> Outcome:
        if not self._smdp.admitted(1):
            return Outcome(operation.id, "unknown", SKIPPED)
        try:
            self._call(stored, operation)
        except NoAnswer as error:
            return Outcome(operation.id, "unknown", str(error))
        except Rejected as error:
            return Outcome(operation.id, "rejected", str(error))
        return Outcome(operation.id, "done")

    def _call(self, stored: Mapping[str, str], operation: Operation) -> None:
        eid, iccid = operation.params["eid"], operation.params["iccid"]
        if operation.action == CANCEL:
            self._smdp.cancel(eid, iccid)
            return
        if iccid not in stored:
            raise Rejected("profile withdrawn")
        try:
            matching_id = activation_code.decrypt(self._cipher, iccid, stored[iccid])
        except ValueError:  # the key may come back, by a corrected setting
            raise NoAnswer("no key to open the matching ID") from None
        self._smdp.order(eid, iccid, matching_id)
