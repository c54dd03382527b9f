"""The payment provider's objects: customers, payment methods, and setup intents, as Stripe's API has them.

Of a card number stay its keyed fingerprint, the last four digits, what the first digits tell, and how it behaves.
"""

import hashlib
import hmac
import json
import secrets
from sqlite3 import Connection
from typing import Any

from sandbox.clock import Clock
from sandbox.provider_cards import BEHAVIOURS, CardData, ProviderError, check, declined, issue_of
from sandbox.store import Store

Object = dict[str, Any]


class Provider:
    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock

    def create_customer(self, metadata: dict[str, str]) -> Object:
        with self.store.transaction() as db:
            return self._add(db, "cus", "customer", {"metadata": metadata})

    def create_payment_method(self, card: CardData, origin: str) -> Object:
        """`origin` is the address under which the browser reaches this provider."""
        month, year = check(card, self.clock.now())
        issue = issue_of(card.number)
        with self.store.transaction() as db:
            key: bytes = db.execute("SELECT key FROM provider_key").fetchone()["key"]
            facts = {
                "brand": issue.brand,
                "country": "JP",
                "exp_month": month,
                "exp_year": year,
                "fingerprint": hmac.digest(key, card.number.encode(), "sha256").hex()[:16],
                "funding": issue.funding,
                "iin": card.number[:6],
                "issuer": issue.issuer or None,
                "last4": card.number[-4:],
            }
            behaviour = BEHAVIOURS.get(card.number, ("succeed", "", ""))
            body = {"type": "card", "card": facts, "customer": None, "metadata": {}}
            return self._add(db, "pm", "payment_method", body, (*behaviour, origin))

    def retrieve(self, kind: str, id: str) -> Object:
        with self.store.transaction() as db:
            return _load(db, kind, id)[0]

    def payment_methods_of(self, customer: str) -> Object:
        with self.store.transaction() as db:
            _load(db, "customer", customer)
            rows = db.execute(
                "SELECT body FROM provider_objects WHERE id LIKE 'pm/_%' ESCAPE '/' ORDER BY number DESC"
            )
            found = [body for row in rows if (body := json.loads(row["body"]))["customer"] == customer]
        return {"object": "list", "data": found, "has_more": False, "url": "/v1/payment_methods"}

    def attach(self, id: str, customer: str) -> Object:
        with self.store.transaction() as db:
            return _attach(db, id, customer)

    def detach(self, id: str) -> Object:
        with self.store.transaction() as db:
            method, _ = _load(db, "payment_method", id)
            if method["customer"] is None:
                raise _unusable(
                    "The payment method you provided is not attached to a customer so detachment is impossible."
                )
            db.execute(
                "UPDATE provider_objects SET behaviour = ? WHERE id = ?", (json.dumps(["detached"]), id)
            )
            return _save(db, method | {"customer": None})

    def create_setup_intent(self, wish: dict[str, Any]) -> Object:
        """`wish` has customer, payment_method, return_url, usage, metadata, and whether to confirm."""
        with self.store.transaction() as db:
            if wish["customer"]:
                _load(db, "customer", wish["customer"])
            body = {
                "customer": wish["customer"],
                "payment_method": wish["payment_method"],
                "status": "requires_confirmation" if wish["payment_method"] else "requires_payment_method",
                "next_action": None,
                "last_setup_error": None,
                "usage": wish["usage"] or "off_session",
                "payment_method_types": ["card"],
                "metadata": wish["metadata"],
            }
            intent = self._add(db, "seti", "setup_intent", body)
        return self.confirm(intent["id"], wish) if wish["confirm"] else intent

    def confirm(self, id: str, wish: dict[str, Any]) -> Object:
        error: Object | None = None
        with self.store.transaction() as db:
            intent, _ = _load(db, "setup_intent", id)
            if intent["status"] in ("succeeded", "canceled"):
                raise _unusable(
                    f"You cannot confirm this SetupIntent because it has a status of {intent['status']}."
                )
            method_id = wish["payment_method"] or intent["payment_method"]
            method, behaviour = _load(db, "payment_method", method_id or "")
            if behaviour[0] == "detached" or method["customer"] not in (None, intent["customer"]):
                raise _unusable(
                    "The provided PaymentMethod was previously used or detached, and may not be used again."
                )
            intent["payment_method"] = method_id
            if behaviour[0] == "decline":
                error = declined(behaviour[1], behaviour[2], payment_method=method).body
                intent |= {
                    "status": "requires_payment_method",
                    "payment_method": None,
                    "last_setup_error": error,
                }
            elif behaviour[0] == "authenticate":
                url = f"{behaviour[3]}stripe/authenticate/{id}?client_secret={intent['client_secret']}"
                redirection = {"url": url, "return_url": wish["return_url"]}
                intent |= {
                    "status": "requires_action",
                    "next_action": {"type": "redirect_to_url", "redirect_to_url": redirection},
                }
            else:
                intent["status"] = "succeeded"
                _attach(db, method_id, intent["customer"])
            _save(db, intent)
        if error is not None:
            raise ProviderError(402, **{**error, "setup_intent": intent})
        return intent

    def authenticate(self, id: str, passed: bool) -> Object:
        """What the holder has answered on the page of the strong authentication."""
        with self.store.transaction() as db:
            intent, _ = _load(db, "setup_intent", id)
            if intent["status"] != "requires_action":
                return intent
            _, behaviour = _load(db, "payment_method", intent["payment_method"])
            if passed and not behaviour[1]:
                _attach(db, intent["payment_method"], intent["customer"])
                return _save(db, intent | {"status": "succeeded", "next_action": None})
            code = behaviour[1] if passed else "setup_intent_authentication_failure"
            error = declined(code, behaviour[2] if passed else "").body
            over = {"status": "requires_payment_method", "payment_method": None, "next_action": None}
            return _save(db, intent | over | {"last_setup_error": error})

    def _add(
        self, db: Connection, prefix: str, kind: str, body: Object, behaviour: tuple[str, ...] = ()
    ) -> Object:
        id = f"{prefix}_{secrets.token_hex(12)}"
        whole = {
            "id": id,
            "object": kind,
            "created": int(self.clock.now().timestamp()),
            "livemode": False,
            **body,
        }
        if kind == "setup_intent":
            whole["client_secret"] = f"{id}_secret_{secrets.token_hex(12)}"
        db.execute(
            "INSERT INTO provider_objects (id, body, behaviour) VALUES (?, ?, ?)",
            (id, json.dumps(whole), json.dumps(behaviour)),
        )
        return whole


def request_hash(path: str, parameters: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps([path, sorted(parameters.items())]).encode()).hexdigest()


def _attach(db: Connection, id: str, customer: str | None) -> Object:
    method, behaviour = _load(db, "payment_method", id)
    if customer is None:
        return method
    _load(db, "customer", customer)
    if behaviour[0] == "detached" or method["customer"] not in (None, customer):
        raise _unusable("The payment method you provided has already been attached to a customer.")
    return _save(db, method | {"customer": customer})


def _load(db: Connection, kind: str, id: str) -> tuple[Object, list[str]]:
    row = db.execute("SELECT body, behaviour FROM provider_objects WHERE id = ?", (id,)).fetchone()
    body = json.loads(row["body"]) if row is not None else {"object": ""}
    if body["object"] != kind:
        name = kind.replace("_", "")
        raise ProviderError(
            404, "invalid_request_error", f"No such {name}: '{id[:80]}'", code="resource_missing", param=kind
        )
    return body, json.loads(row["behaviour"])


def _save(db: Connection, body: Object) -> Object:
    db.execute("UPDATE provider_objects SET body = ? WHERE id = ?", (json.dumps(body), body["id"]))
    return body


def _unusable(message: str) -> ProviderError:
    return ProviderError(400, "invalid_request_error", message, code="payment_method_unexpected_state")
