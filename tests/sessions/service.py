from datetime import timedelta
from typing import Any

from chassis import clock
from chassis.context import Caller, sign
from chassis.rpc import PUBLIC, rpc
from chassis.service import SettingsProvider


class Service:
    name = "auth"

    settings = SettingsProvider()

    @rpc(PUBLIC)
    def resolve(self, caller: Caller, *, session_hash: str, language: str, client_ip: str) -> dict[str, Any]:
        now, customer, roles = clock.wall(), self.settings.customer, frozenset({"selfcare"})
        known = Caller("1", "selfcare", customer, roles, "anybody", "ja", caller.correlation_id, now)
        account = {
            "login_id": "anybody",
            "kind": "selfcare",
            "portal": "ip_phone",
            "customer_code": customer,
            "customer_name": "anybody",
            "roles": list(roles),
            "expires_at": (now + timedelta(hours=1)).isoformat(),
            "language": "ja",
        }
        return {"account": account, "context": sign(known, self.settings.context_signing_key)}
