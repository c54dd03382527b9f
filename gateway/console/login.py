"""Login to the console."""

from flask import Blueprint
from werkzeug.wrappers import Response

from gateway.auth import access
from gateway.web import idlogin

blueprint = Blueprint("console_login", __name__, url_prefix="/console")


@blueprint.route("/login", methods=["GET", "POST"])
@access("public")
def enter() -> Response | tuple[str, int]:
    return idlogin.show("console", "console/login.html")


@blueprint.route("/login/password", methods=["GET", "POST"])
@access("public")
def choose_password() -> Response | tuple[str, int]:
    return idlogin.choose_password("console")
