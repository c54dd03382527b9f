"""Swagger UI for the description, from a package: nothing is loaded from elsewhere."""

from importlib.resources import files

from apiflask import APIBlueprint
from flask import Response, render_template, send_from_directory

from gateway.auth import access

blueprint = APIBlueprint("api_docs", __name__, enable_openapi=False, template_folder="templates")

_ASSETS = str(files("flask_swagger_ui") / "dist")


@blueprint.get("/docs")
@access("public")
def show() -> str:
    """The description as a page to read and try."""
    return render_template("api_docs.html")


@blueprint.get("/docs/<path:name>")
@access("public")
def static(name: str) -> Response:
    """Swagger UI's own files."""
    return send_from_directory(_ASSETS, name, max_age=86_400)
