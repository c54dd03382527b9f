"""The JSON API under /api/v1: one blueprint a resource, described by OpenAPI 3.1."""

from apiflask import APIFlask

from gateway.api import auth, charges, contracts, description, docs, imports, orders, recharges, sims

PREFIX = "/api/v1"


def init_app(app: APIFlask) -> None:
    description.init_app(app)
    for resource in (auth, contracts, sims, recharges, orders, charges, imports, docs):
        app.register_blueprint(resource.blueprint, url_prefix=PREFIX)
