"""The SM-DP+, which has the profiles of eSIMs ready for download: the ES2+ functions that operators call, and a device.

GSMA SGP.22 v2.2, 5.3. A profile is known from its first order on; before, it is taken to be in stock. A repeated order
is answered like the first. Nothing that belongs to an activation code is ever logged.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from sqlite3 import Connection
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.clock import Clock, stamp
from sandbox.faults import Faults, held
from sandbox.inputs import Refusal, choice, digits, json_object, mapping, text
from sandbox.store import Store

PROTOCOL = "gsma/rsp/v2.2.0"
UNAVAILABLE = (503, "smdp.unavailable", "The SM-DP+ is out of order (a fault on order): try again.")


@dataclass(frozen=True)
class Profile:
    """`state` is available, linked, confirmed, released, downloaded or unavailable (SGP.22, 3.1.6)."""

    iccid: str
    state: str = "available"
    eid: str = ""
    matching_id: str = field(default="", repr=False)


class Failed(Exception):
    """A status code of SGP.22, 5.2.6: what it is about, and why."""

    def __init__(self, subject: str, reason: str, message: str) -> None:
        super().__init__(f"{subject}/{reason}")
        self.data = {"subjectCode": subject, "reasonCode": reason, "message": message}


Body = dict[str, Any]


def download_order(profile: Profile, body: Body) -> Profile:
    eid = digits(body, "eid", (32,))
    if profile.state != "available" and profile.eid == eid:
        return profile
    if profile.state != "available":
        raise Failed("8.2.1", "3.3", "The profile is not available.")
    return replace(profile, state="linked", eid=eid)


def confirm_order(profile: Profile, body: Body) -> Profile:
    eid, matching_id = digits(body, "eid", (32,)), text(body, "matchingId")
    if not profile.eid:
        raise Failed("8.2.1", "3.3", "The profile is not ordered.")
    if profile.eid != eid:
        raise Failed("8.1.1", "3.10", "The profile is ordered for another EID.")
    if profile.matching_id not in ("", matching_id):
        raise Failed("8.2.6", "3.10", "The profile has another MatchingID.")
    released = body.get("releaseFlag") is True
    state = (
        profile.state
        if profile.state not in ("linked", "confirmed")
        else "released"
        if released
        else "confirmed"
    )
    return replace(profile, state=state, matching_id=matching_id)


def release_profile(profile: Profile, _body: Body) -> Profile:
    if profile.state not in ("confirmed", "released"):
        raise Failed("8.2.1", "3.5", "The profile cannot be released in its state.")
    return replace(profile, state="released")


def cancel_order(profile: Profile, body: Body) -> Profile:
    final = choice(body, "finalProfileStatusIndicator", ("Available", "Unavailable"))
    if not profile.eid:
        return profile
    if profile.eid != digits(body, "eid", (32,)):
        raise Failed("8.2.1", "3.10", "The profile is ordered for another EID.")
    if profile.state == "downloaded":
        raise Failed("8.2.1", "3.3", "The profile has been downloaded.")
    return Profile(profile.iccid, final.lower())


FUNCTIONS: Mapping[str, tuple[str, Callable[[Profile, Body], Profile]]] = {
    "downloadOrder": ("download_order", download_order),
    "confirmOrder": ("confirm_order", confirm_order),
    "releaseProfile": ("release_profile", release_profile),
    "cancelOrder": ("cancel_order", cancel_order),
}
ACTIONS = tuple(action for action, _ in FUNCTIONS.values())


class Profiles:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def change(
        self, action: str, iccid: str, work: Callable[[Profile], Profile], fault: str | None
    ) -> Profile:
        """The profile after `work`. A repetition changes nothing, and is never rejected by a fault."""
        answer: Profile | Failed
        with self._store.transaction() as db:
            profile = _find(db, iccid) or Profile(iccid)
            try:
                answer = work(profile)
                outcome = "repeated" if answer == profile else "done"
                if fault == "reject" and answer != profile:
                    raise Failed("8.2.1", "1.2", "The SM-DP+ rejects this for good (a fault on order).")
                other = _match(db, answer.matching_id)
                if other is not None and other.iccid != iccid:
                    raise Failed("8.2.6", "3.3", "Another profile has this MatchingID.")
                db.execute(
                    "INSERT OR REPLACE INTO smdp_profiles (iccid, state, eid, matching_id) VALUES (?, ?, ?, ?)",
                    (answer.iccid, answer.state, answer.eid, answer.matching_id),
                )
            except Failed as failed:
                outcome, answer = str(failed), failed
            self._log(db, action, iccid, outcome, fault)
        if isinstance(answer, Failed):
            raise answer
        return answer

    def refuse(self, action: str, iccid: str, fault: str) -> Refusal:
        refusal = Refusal(*UNAVAILABLE)
        with self._store.transaction() as db:
            self._log(db, action, iccid, refusal.code, fault)
        return refusal

    def download(self, eid: str, activation_code: str) -> Profile:
        """What a device does with its EID and the activation code that somebody gave it."""
        matching_id = activation_code.rsplit("$", 1)[-1]
        with self._store.transaction() as db:
            profile = _match(db, matching_id)
            if not activation_code.startswith("LPA:1$") or profile is None:
                raise Refusal(404, "smdp.unknown", "No profile has this activation code: order one first.")
            if profile.eid != eid:
                raise Refusal(409, "smdp.other_eid", "The profile is for another device: use its own.")
            if profile.state != "released":
                raise Refusal(409, "smdp.not_released", f"The profile is {profile.state}: order another one.")
            db.execute("UPDATE smdp_profiles SET state = 'downloaded' WHERE iccid = ?", (profile.iccid,))
        return replace(profile, state="downloaded")

    def listed(self, iccid: str | None) -> list[Profile]:
        with self._store.transaction() as db:
            rows = db.execute("SELECT * FROM smdp_profiles WHERE ifnull(?, iccid) = iccid", (iccid,))
            return [Profile(**dict(row)) for row in rows]

    def requests(self, iccid: str | None) -> list[dict[str, Any]]:
        """Every call as it came, oldest first: `outcome` is "done", "repeated", or the code of the refusal."""
        with self._store.transaction() as db:
            rows = db.execute(
                "SELECT at, action, iccid, outcome, fault FROM smdp_requests"
                " WHERE ifnull(?, iccid) = iccid ORDER BY id",
                (iccid,),
            )
            return [dict(row) for row in rows]

    def _log(self, db: Connection, action: str, iccid: str, outcome: str, fault: str | None) -> None:
        db.execute(
            "INSERT INTO smdp_requests (at, action, iccid, outcome, fault) VALUES (?, ?, ?, ?, ?)",
            (stamp(self._clock.now()), action, iccid, outcome, fault),
        )


def _find(db: Connection, iccid: str) -> Profile | None:
    row = db.execute("SELECT * FROM smdp_profiles WHERE iccid = ?", (iccid,)).fetchone()
    return None if row is None else Profile(**dict(row))


def _match(db: Connection, matching_id: str) -> Profile | None:
    query = "SELECT * FROM smdp_profiles WHERE matching_id = ? AND matching_id <> ''"
    row = db.execute(query, (matching_id,)).fetchone()
    return None if row is None else Profile(**dict(row))


def blueprint(profiles: Profiles, faults: Faults) -> Blueprint:
    routes = Blueprint("smdp", __name__)

    @routes.post("/gsma/rsp2/es2plus/<function>")
    def es2plus(function: str) -> ResponseReturnValue:
        if function not in FUNCTIONS:
            raise Refusal(404, "smdp.function", f"Call one of {', '.join(FUNCTIONS)}.")
        action, work = FUNCTIONS[function]
        body = _read()
        iccid = digits(body, "iccid", (19, 20))
        fault = faults.spend({"action": action, "iccid": iccid}, False)
        kind = None if fault is None else fault.kind
        if kind == "error":
            raise profiles.refuse(action, iccid, "error")
        with held(fault):
            try:
                profile = profiles.change(action, iccid, lambda before: work(before, body), kind)
            except Failed as failed:
                return _answer({"status": "Failed", "statusCodeData": failed.data})
            found = {"downloadOrder": {"iccid": iccid}}
            if function == "confirmOrder":
                found[function] = {"eid": profile.eid, "matchingId": profile.matching_id}
            return _answer({"status": "Executed-Success"}, **found.get(function, {}))

    @routes.post("/sandbox/smdp/downloads")
    def download() -> ResponseReturnValue:
        body = json_object()
        return _public(profiles.download(digits(body, "eid", (32,)), text(body, "activation_code")))

    @routes.get("/sandbox/smdp/profiles")
    def listed() -> ResponseReturnValue:
        return jsonify([_public(each) for each in profiles.listed(request.args.get("iccid"))])

    @routes.get("/sandbox/smdp/requests")
    def requests() -> ResponseReturnValue:
        return jsonify(profiles.requests(request.args.get("iccid")))

    return routes


def _read() -> Body:
    if not request.headers.get("X-Admin-Protocol", "").startswith("gsma/rsp/v2."):
        raise Refusal(400, "smdp.protocol", f"Send the header X-Admin-Protocol: {PROTOCOL}.")
    body = json_object()
    header = mapping(body, "header")
    text(header, "functionRequesterIdentifier")
    text(header, "functionCallIdentifier")
    return body


def _answer(status: dict[str, Any], **found: str) -> Response:
    answer = jsonify({"header": {"functionExecutionStatus": status}, **found})
    answer.headers["X-Admin-Protocol"] = PROTOCOL
    return answer


def _public(profile: Profile) -> dict[str, str]:
    """Without what makes the activation code."""
    shown = asdict(profile)
    del shown["matching_id"]
    return shown
