"""The payment provider: the paths of Stripe's API that the product uses, the page of the strong authentication, and
the script that takes cards from the browser. https://docs.stripe.com/api

Browsers send card data to `/v1/payment_methods` alone, with the publishable key in the form. Nothing of a request's
body is ever logged.
"""

import json
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import (
    Blueprint,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_from_directory,
)
from flask.typing import ResponseReturnValue

from sandbox.clock import stamp
from sandbox.faults import Fault, Faults
from sandbox.provider_cards import CardData, ProviderError, declined
from sandbox.provider_objects import Object, Provider, request_hash
from sandbox.texts import TEXTS

ACTIONS = (
    "create_payment_method",
    "retrieve_payment_method",
    "attach_payment_method",
    "detach_payment_method",
    "create_customer",
    "create_setup_intent",
    "confirm_setup_intent",
    "retrieve_setup_intent",
)
_METADATA = "metadata["
REQUESTS = "SELECT at, action, key, status, fault FROM provider_requests ORDER BY id"


class Requests:
    """What every request goes through: key, faults on order, answers kept by their idempotency key, a log line."""

    def __init__(self, provider: Provider, faults: Faults) -> None:
        self._store, self._clock, self._faults = provider.store, provider.clock, faults

    def answer(self, action: str, work: Callable[[], Object]) -> Response:
        fault = self._faults.spend({"action": action}, False)
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        if fault is not None and fault.kind == "delay":
            time.sleep(fault.seconds)
        status, body, replayed = self._carry_out(action, work, key, fault)
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO provider_requests (at, action, key, status, fault) VALUES (?, ?, ?, ?, ?)",
                (stamp(self._clock.now()), action, key, status, fault and fault.kind),
            )
        if fault is not None and fault.kind == "timeout":
            time.sleep(fault.seconds)
        if fault is not None and fault.kind == "drop_after":
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        response = jsonify(body)
        response.status_code = status
        if replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    def _carry_out(
        self, action: str, work: Callable[[], Object], key: str | None, fault: Fault | None
    ) -> tuple[int, Object, bool]:
        try:
            if action != "create_payment_method":
                _demand_secret_key()
            if fault is not None and fault.kind == "error":
                raise ProviderError(503, "api_error", "The provider is out of order (a fault on order).")
            if fault is not None and fault.kind == "reject":
                raise declined("card_declined", "generic_decline")
            if key is None:
                return 200, work(), False
            kept = self._begin(key)
        except ProviderError as error:
            return error.status, {"error": error.body}, False
        if kept is not None:
            return kept[0], kept[1], True
        try:
            status, body = 200, work()
        except ProviderError as error:
            status, body = error.status, {"error": error.body}
        except BaseException:
            self._forget(key)
            raise
        # An answer to a request that could not be begun is not kept, as with the real provider.
        if status in (200, 402):
            self._keep(key, status, body)
        else:
            self._forget(key)
        return status, body, False

    def _begin(self, key: str) -> tuple[int, Object] | None:
        """The answer that was kept for the key; else the key is taken."""
        digest = request_hash(request.path, request.form.to_dict())
        with self._store.transaction() as db:
            row = db.execute("SELECT * FROM provider_answers WHERE key = ?", (key,)).fetchone()
            if row is None:
                db.execute("INSERT INTO provider_answers (key, request_hash) VALUES (?, ?)", (key, digest))
                return None
        if row["request_hash"] != digest:
            raise ProviderError(
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used with the same parameters.",
            )
        if row["status"] is None:
            raise ProviderError(
                409,
                "invalid_request_error",
                "There is currently another in-progress request using this Idempotent Key.",
                code="idempotency_key_in_use",
            )
        return row["status"], json.loads(row["body"])

    def _keep(self, key: str, status: int, body: Object) -> None:
        with self._store.transaction() as db:
            values = (status, json.dumps(body), key)
            db.execute("UPDATE provider_answers SET status = ?, body = ? WHERE key = ?", values)

    def _forget(self, key: str) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM provider_answers WHERE key = ?", (key,))


def blueprint(provider: Provider, faults: Faults) -> Blueprint:
    routes = Blueprint("provider", __name__, url_prefix="/stripe")
    requests = Requests(provider, faults)

    @routes.post("/v1/payment_methods")
    def create_payment_method() -> ResponseReturnValue:
        response = requests.answer("create_payment_method", lambda: _take_card(provider))
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    @routes.get("/v1/payment_methods/<id>")
    def retrieve_payment_method(id: str) -> ResponseReturnValue:
        return requests.answer("retrieve_payment_method", lambda: provider.retrieve("payment_method", id))

    @routes.get("/v1/payment_methods")
    def list_payment_methods() -> ResponseReturnValue:
        customer = request.args.get("customer", "")
        return requests.answer("retrieve_payment_method", lambda: provider.payment_methods_of(customer))

    @routes.post("/v1/payment_methods/<id>/attach")
    def attach_payment_method(id: str) -> ResponseReturnValue:
        customer = request.form.get("customer", "")
        return requests.answer("attach_payment_method", lambda: provider.attach(id, customer))

    @routes.post("/v1/payment_methods/<id>/detach")
    def detach_payment_method(id: str) -> ResponseReturnValue:
        return requests.answer("detach_payment_method", lambda: provider.detach(id))

    @routes.post("/v1/customers")
    def create_customer() -> ResponseReturnValue:
        return requests.answer("create_customer", lambda: provider.create_customer(_metadata()))

    @routes.post("/v1/setup_intents")
    def create_setup_intent() -> ResponseReturnValue:
        return requests.answer("create_setup_intent", lambda: provider.create_setup_intent(_wish()))

    @routes.post("/v1/setup_intents/<id>/confirm")
    def confirm_setup_intent(id: str) -> ResponseReturnValue:
        return requests.answer("confirm_setup_intent", lambda: provider.confirm(id, _wish()))

    @routes.get("/v1/setup_intents/<id>")
    def retrieve_setup_intent(id: str) -> ResponseReturnValue:
        return requests.answer("retrieve_setup_intent", lambda: provider.retrieve("setup_intent", id))

    @routes.route("/authenticate/<id>", methods=["GET", "POST"])
    def authenticate(id: str) -> ResponseReturnValue:
        """The page on which the card's issuer asks who is there, and the way back."""
        intent = provider.retrieve("setup_intent", id)
        if request.args.get("client_secret") != intent["client_secret"]:
            raise ProviderError(404, "invalid_request_error", "No such page.")
        action = intent["next_action"]
        if request.method == "GET" or action is None:
            language = request.accept_languages.best_match(TEXTS, default="ja") or "ja"
            waits = action is not None
            return render_template("authenticate.html", language=language, t=TEXTS[language], waits=waits)
        intent = provider.authenticate(id, "pass" in request.form)
        back = action["redirect_to_url"]["return_url"]
        query = urlencode(
            {
                "setup_intent": id,
                "setup_intent_client_secret": intent["client_secret"],
                "redirect_status": "succeeded" if intent["status"] == "succeeded" else "failed",
            }
        )
        return redirect(f"{back}{'&' if urlsplit(back).query else '?'}{query}", 303)

    @routes.get("/sandbox.js")
    def script() -> ResponseReturnValue:
        return send_from_directory(f"{routes.root_path}/static", "provider.js", mimetype="text/javascript")

    @routes.get("/requests")
    def log() -> ResponseReturnValue:
        with provider.store.transaction() as db:
            return jsonify([dict(row) for row in db.execute(REQUESTS)])

    @routes.errorhandler(ProviderError)
    def refused(error: ProviderError) -> ResponseReturnValue:
        return make_response(jsonify({"error": error.body}), error.status)

    return routes


def _take_card(provider: Provider) -> Object:
    form = request.form
    if not form.get("key", "").startswith("pk_"):
        raise ProviderError(401, "invalid_request_error", "You did not provide a publishable API key.")
    if form.get("type") != "card":
        raise ProviderError(400, "invalid_request_error", "Send type=card.", param="type")
    card = CardData(*(form.get(f"card[{name}]", "") for name in ("number", "exp_month", "exp_year", "cvc")))
    return provider.create_payment_method(card, request.host_url)


def _demand_secret_key() -> None:
    authorization = request.authorization
    token = authorization.token if authorization is not None and authorization.type == "bearer" else None
    if not (token or "").startswith("sk_"):
        raise ProviderError(401, "invalid_request_error", "Invalid API Key provided.")


def _metadata() -> dict[str, str]:
    return {
        name.removeprefix(_METADATA).rstrip("]"): value
        for name, value in request.form.items()
        if name.startswith(_METADATA)
    }


def _wish() -> dict[str, Any]:
    form = request.form
    wish: dict[str, Any] = {
        name: form.get(name) for name in ("customer", "payment_method", "return_url", "usage")
    }
    return wish | {"confirm": form.get("confirm") == "true", "metadata": _metadata()}
