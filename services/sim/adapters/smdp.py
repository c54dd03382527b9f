"""The SM-DP+, which keeps the profiles of eSIMs ready for download: the ES2+ interface of GSMA SGP.22 v2.2, 5.3.

Profiles come from our own stock, so that we name their ICCIDs, and the MatchingID is ours too: every call can be
repeated, and has its effect once. An activation code opens the profile to whoever has it; it is in no log.
"""

import re
import secrets
from typing import Any, Protocol
from uuid import uuid4

from nameko.extensions import DependencyProvider

from chassis.operations import Calls, NoAnswer, Rejected, code_of

_PROTOCOL = "gsma/rsp/v2.2.0"
_MATCHING_ID = re.compile(r"[0-9A-Z-]+")
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: a code may have to be typed in
_TRANSIENT = ("4.", "5.")  # reason codes of a processing or transport error; SGP.22, 5.2.6


class Smdp(Protocol):
    def admitted(self, wanted: int) -> int:
        """How many of `wanted` calls may be begun now."""

    def order(self, eid: str, iccid: str, matching_id: str) -> str:
        """Have the profile ready for download by that eUICC; the activation code, "LPA:1$address$matching_id".

        The same call again has no further effect. Raises chassis.operations.NoAnswer or Rejected.
        """

    def cancel(self, eid: str, iccid: str) -> None:
        """Take the order of a profile that has not been downloaded back; the profile is in stock again.

        The same call again has no further effect. Raises chassis.operations.NoAnswer or Rejected.
        """


def new_matching_id() -> str:
    """One that nobody can guess: 125 bits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(25))


class HttpSmdp:
    """`address` is the one that devices download from; `requester` our object identifier."""

    def __init__(self, url: str, address: str, requester: str, timeout: float, connections: int) -> None:
        self._url = f"{url.rstrip('/')}/gsma/rsp2/es2plus"
        self._address = address
        self._requester = requester
        self._calls = Calls(timeout, connections)

    def admitted(self, wanted: int) -> int:
        return self._calls.admitted(wanted)

    def order(self, eid: str, iccid: str, matching_id: str) -> str:
        if _MATCHING_ID.fullmatch(matching_id) is None:
            raise ValueError("a MatchingID consists of capital letters, digits and hyphens")
        self._call("downloadOrder", eid=eid, iccid=iccid)
        answer = self._call("confirmOrder", eid=eid, iccid=iccid, matchingId=matching_id, releaseFlag=True)
        if answer.get("matchingId") != matching_id:
            raise NoAnswer("another MatchingID")
        return f"LPA:1${self._address}${matching_id}"

    def cancel(self, eid: str, iccid: str) -> None:
        self._call("cancelOrder", eid=eid, iccid=iccid, finalProfileStatusIndicator="Available")

    def _call(self, function: str, **arguments: Any) -> dict[str, Any]:
        header = {"functionRequesterIdentifier": self._requester, "functionCallIdentifier": uuid4().hex}
        answer = self._calls.send(
            "POST",
            f"{self._url}/{function}",
            json={"header": header, **arguments},
            headers={"X-Admin-Protocol": _PROTOCOL},
        )
        if not answer.ok:  # the function itself fails with 200: here nothing has understood it
            raise NoAnswer(code_of(answer))
        try:
            body: dict[str, Any] = answer.json()
            executed = body["header"]["functionExecutionStatus"]
            if executed["status"] in ("Executed-Success", "Executed-WithWarning"):
                return body
            data = executed["statusCodeData"]
            code, reason = f"{data['subjectCode']}/{data['reasonCode']}", str(data["reasonCode"])
        except (ValueError, KeyError, TypeError) as error:
            raise NoAnswer("unreadable answer") from error
        if executed["status"] != "Failed" or reason.startswith(_TRANSIENT):
            raise NoAnswer(code)
        raise Rejected(code)


class SmdpProvider(DependencyProvider):
    """`smdp = SmdpProvider()` gives the service the one Smdp of its process."""

    def setup(self) -> None:
        settings = self.container.config["settings"]
        self._smdp = HttpSmdp(
            settings.smdp_url,
            settings.smdp_address,
            settings.smdp_requester,
            settings.smdp_timeout_seconds,
            settings.carrier_concurrency,
        )

    def get_dependency(self, _worker_ctx: Any) -> Smdp:
        return self._smdp
