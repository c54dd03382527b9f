"""The JSON API under /api/v1: one blueprint a resource, described by OpenAPI 3.1."""

from apiflask import APIFlask

from gateway.api import (
    account,
    accounts,
    activations,
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
    desk,
    docs,
    factor_steps,
    factors,
    imports,
    keys,
    line_passwords,
    mail_settings,
    mobile_masters,
    numbers,
    orders,
    pairs,
    rejections,
    share_groups,
    shipments,
    sims,
    sims_usage,
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
        sims_usage,
        share_groups,
        orders,
        shipments,
        mail_settings,
        desk,
        activations,
        card,
        charges,
        imports,
        docs,
    ):
        app.register_blueprint(resource.blueprint, url_prefix=PREFIX)
