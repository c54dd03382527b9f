"""The guidance of セルフケアパスワード変更, whose input page is the one of every account."""

from flask import Blueprint

from gateway.account import render
from gateway.auth import access

blueprint = Blueprint("selfcare_own_password", __name__, url_prefix="/selfcare/password")


@blueprint.get("")
@access("selfcare")
def guidance() -> str:
    return render("selfcare/own_password_guidance.html")
