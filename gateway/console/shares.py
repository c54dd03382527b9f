"""The share groups of a customer: the list, and one with its members."""

from flask import Blueprint, render_template
from flask_babel import gettext as _

from gateway import rpc
from gateway.auth import access
from gateway.console.roles import may_order
from gateway.console.share_search import groups_page

blueprint = Blueprint("console_shares", __name__, url_prefix="/console/shares")


@blueprint.get("")
@access("console")
def listing() -> str:
    return groups_page(_("シェアグループ一覧"), None, with_usage=True)


@blueprint.get("/<int:group_id>")
@access("console")
def detail(group_id: int) -> str:
    group = rpc.call("sim.get_group", group_id=group_id)
    return render_template("console/share_group.html", group=group, may_order=may_order())
