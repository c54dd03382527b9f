"""The sandbox's web side: the parts together, and one shape for every error."""

import logging

from flask import Flask, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox import carrier, clock, faults, mail, operations, pages, provider, smdp, switch
from sandbox.inputs import Refusal
from sandbox.network import Network
from sandbox.store import Store

log = logging.getLogger(__name__)


def create_app(
    store: Store, moved_clock: clock.Clock, mailbox: mail.Mailbox, carrier_latency: float
) -> Flask:
    """`carrier_latency` in seconds is what the carrier network takes for a request that changes something."""
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = 10_000_000
    ordered = faults.Faults(store)
    actions = (*operations.ACTIONS, *smdp.ACTIONS, *switch.ACTIONS, *provider.ACTIONS)
    app.register_blueprint(clock.blueprint(moved_clock))
    app.register_blueprint(mail.blueprint(mailbox))
    app.register_blueprint(faults.blueprint(ordered, actions))
    app.register_blueprint(carrier.blueprint(Network(store, moved_clock), ordered, carrier_latency))
    app.register_blueprint(smdp.blueprint(smdp.Profiles(store, moved_clock), ordered))
    app.register_blueprint(switch.blueprint(switch.Switch(store, moved_clock), ordered))
    app.register_blueprint(provider.blueprint(provider.Provider(store, moved_clock), ordered))
    app.register_blueprint(pages.blueprint(moved_clock, mailbox))

    @app.get("/")
    def root() -> ResponseReturnValue:
        return redirect(url_for("pages.index"))

    @app.get("/livez")
    def livez() -> ResponseReturnValue:
        with store.transaction() as db:
            db.execute("SELECT 1")
        return {"status": "alive"}

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> ResponseReturnValue:
        return {"status": error.status, "code": error.code, "detail": error.detail}, error.status

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        response = error.get_response()
        if error.code is None or error.code < 400:
            return response
        body = {"status": error.code, "code": f"http.{error.code}", "detail": error.description}
        # Kept from the original answer: Allow of 405.
        kept = [(name, value) for name, value in response.headers if name == "Allow"]
        return body, error.code, kept

    @app.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        log.exception("a request failed")
        return {"status": 500, "code": "internal", "detail": "The sandbox failed; its log says why."}, 500

    return app
