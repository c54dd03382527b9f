"""The contract inquiry (ご契約情報照会): guidance first, then the contract with a search of its lines."""

from typing import Any

from flask import Blueprint, render_template

from gateway import rpc
from gateway.auth import access, current_account
from gateway.web import lines
from gateway.web.portals import PORTALS

blueprint = Blueprint("selfcare_contracts", __name__, url_prefix="/selfcare/contracts")

PAGE_SIZE = 20


@blueprint.get("")
@access("selfcare")
def guidance() -> str:
    contracts = rpc.call("contracts.list_contracts")["items"]
    return render_template("selfcare/guidance.html", contracts=contracts, portal=_portal())


@blueprint.get("/<code:contract_code>/lines")
@access("selfcare")
def inquiry(contract_code: str) -> tuple[str, int]:
    """The lines that satisfy all conditions; without any, all lines of the contract."""
    contract = rpc.call("contracts.get_contract", contract_code=contract_code)
    found, status = lines.search(contract_code, PAGE_SIZE)
    return render_template("selfcare/inquiry.html", portal=_portal(), contract=contract, **found), status


def _portal() -> Any:
    account = current_account()
    assert account is not None
    return PORTALS[account.portal]
