"""The activation code of an eSIM, for the customer who ordered it."""

from typing import Any

from chassis import sealing
from chassis.errors import Conflict, NotFound
from chassis.sealing import FieldCipher
from services.sim import esim_store
from services.sim.activation_code import activation_code, decrypt
from services.sim.events import Audited
from services.sim.kinds.base import Desk
from services.sim.usecases.ordering import find_order


def show(desk: Desk, number: str, answer_key: str) -> dict[str, Any]:
    """`{"sealed": …}`: for the caller's one-time key, the activation code with its two parts, and whose it is.

    Raises NotFound("order.unknown"), for another customer's as well, NotFound("activation.none") for an order that is
    not for an eSIM, and Conflict("activation.not_ready", status=…).
    """
    order = find_order(desk, number)
    if order.terms.get("sim_type") != "esim":
        raise NotFound("activation.none")
    profile = esim_store.of_order(desk.session, order)
    if profile is None or profile.state != "ready" or profile.matching_id is None:
        raise Conflict("activation.not_ready", status=order.status)
    matching_id = decrypt(FieldCipher(desk.settings.field_keys), profile.iccid, profile.matching_id)
    shown = {
        "activation_code": activation_code(profile.smdp_address, matching_id),
        "smdp_address": profile.smdp_address,
        "matching_id": matching_id,
        "iccid": profile.iccid,
        "eid": profile.eid,
        "msisdn": order.items[0].msisdn,
    }
    answer = {"sealed": sealing.seal_answer(shown, answer_key)}
    desk.uow.emit(Audited.by(desk.caller, "activation.shown", number, {"iccid": profile.iccid}))
    desk.uow.commit()
    return answer
