"""The JSON API under /api/v1: one blueprint a resource, described by OpenAPI 3.1."""

from apiflask import APIFlask

from gateway.api import (
    account,
    accounts,
    audit,
    auth,
    charges,
    contracts,
    description,
    docs,
    factor_steps,
    factors,
    imports,
    keys,
    line_passwords,
    orders,
    recharges,
    sims,
)

PREFIX = "/api/v1"


def init_app(app: APIFlask) -> None:
    description.init_app(app)
    for resource in (
        auth,
        factor_steps,
        account,
        factors,
        accounts,
        keys,
        audit,
        contracts,
        line_passwords,
        sims,
        recharges,
        orders,
        charges,
        imports,
        docs,
    ):
        app.register_blueprint(resource.blueprint, url_prefix=PREFIX)
