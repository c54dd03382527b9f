"""The staff's start page."""

from flask import Blueprint, render_template

from gateway.auth import access

blueprint = Blueprint("staff_start", __name__, url_prefix="/staff")


@blueprint.get("/")
@access("staff")
def show() -> str:
    return render_template("staff/start.html")
