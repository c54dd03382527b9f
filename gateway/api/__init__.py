"""The JSON API under /api/v1: one blueprint a resource, described by OpenAPI 3.1."""

from apiflask import APIFlask

from gateway.api import (
    account,
    accounts,
    applications,
    assignments,
    audit,
    auth,
    bulk,
    call_details,
    card,
    charges,
    contracts,
    csv_file,
    customers,
    description,
    docs,
    factor_steps,
    factors,
    imports,
    keys,
    line_passwords,
    mobile_masters,
    numbers,
    orders,
    pairs,
    recharges,
    rejections,
    sims,
    terminations,
    usage,
)

PREFIX = "/api/v1"


def init_app(app: APIFlask) -> None:
    description.init_app(app)
    csv_file.init_app(app)
    for resource in (
        auth,
        factor_steps,
        account,
        factors,
        accounts,
        keys,
        audit,
        contracts,
        customers,
        line_passwords,
        applications,
        numbers,
        terminations,
        usage,
        call_details,
        pairs,
        mobile_masters,
        assignments,
        rejections,
        bulk,
        sims,
        recharges,
        orders,
        card,
        charges,
        imports,
        docs,
    ):
        app.register_blueprint(resource.blueprint, url_prefix=PREFIX)
