"""The menu of a portal: what its customer can look up or change."""

from flask import Blueprint, render_template

from gateway.auth import access, current_account
from gateway.web.portals import PORTALS

blueprint = Blueprint("selfcare_menu", __name__, url_prefix="/selfcare")


@blueprint.get("/menu")
@access("selfcare")
def show() -> str:
    account = current_account()
    assert account is not None
    return render_template("selfcare/menu.html", portal=PORTALS[account.portal])
