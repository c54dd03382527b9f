"""The contracts that the pages of Mobile Choice 050 are about."""

from typing import Any

from gateway import rpc


def mobile_contracts() -> list[dict[str, Any]]:
    """The customer's contracts of Mobile Choice 050, as the contract inquiry describes them."""
    contracts = rpc.call("contracts.list_contracts")["items"]
    return [contract for contract in contracts if contract["family"] == "mobile_choice"]
