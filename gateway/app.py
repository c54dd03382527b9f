"""The application: `create_app` puts the parts together."""

from apiflask import APIFlask
from werkzeug.middleware.proxy_fix import ProxyFix

from chassis.client import RpcClient
from gateway import api, correlation, csrf, errors, headers, health, language, pages, uploads
from gateway.auth import access
from gateway.converters import CodeConverter
from gateway.cookies import FormSession
from gateway.settings import Settings


def create_app(settings: Settings, rpc_client: RpcClient | None = None) -> APIFlask:
    """The WSGI application; without `rpc_client` it connects by itself at the first call."""
    app = APIFlask(
        "gateway",
        title="Kaisen API",
        version="1",
        docs_path=None,
        openapi_blueprint_url_prefix=api.PREFIX,
        json_errors=False,
    )
    app.config["KAISEN"] = settings
    app.config["SECRET_KEY"] = settings.secret_key
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.session_interface = FormSession()
    app.extensions["kaisen_rpc"] = rpc_client or RpcClient(settings.amqp_uri, settings.sealing_keys)
    app.url_map.converters["code"] = CodeConverter
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    # The order of the hooks matters: an id before anything can fail, the size limit before a form is read for its
    # token.
    correlation.init_app(app)
    language.init_app(app)
    errors.init_app(app)
    uploads.init_app(app)
    csrf.init_app(app)
    headers.init_app(app)

    app.register_blueprint(health.blueprint)
    api.init_app(app)
    pages.register(app)
    _open_library_routes(app)
    return app


def _open_library_routes(app: APIFlask) -> None:
    """Files and the API description, whose views are the libraries' own, are for everybody."""
    for endpoint, view in app.view_functions.items():
        if endpoint.rpartition(".")[2] in ("static", "spec"):
            app.view_functions[endpoint] = access("public")(view)
