"""Who may ask, and that nobody sees what is another customer's, not even a caller on the bus itself."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis import clock
from chassis.errors import Forbidden, Invalid, KaisenError, NotFound, Unauthenticated
from tests.integration.contracts.system import ContractsSystem, phones

OF_ONE_CONTRACT = ("get_contract", "list_lines", "export_lines")


def answer(contracts: ContractsSystem, method: str, token: str | None, **arguments: Any) -> Any:
    return contracts.client.call(f"contracts.{method}", timeout=10, context=token, **arguments)


@pytest.fixture(scope="module")
def owned(contracts: ContractsSystem) -> tuple[str, str]:
    """(customer, contract) with a line."""
    customer = contracts.new_customer()
    contract = contracts.new_contract(customer)
    contracts.new_lines(contract, phones(1))
    return customer, contract


@pytest.mark.parametrize("method", OF_ONE_CONTRACT)
def test_s1_15_a_foreign_contract_is_exactly_like_a_missing_one(
    contracts: ContractsSystem, owned: tuple[str, str], method: str
) -> None:
    customer, contract = owned
    stranger = contracts.new_customer()

    def refusal(code: str) -> dict[str, Any]:
        with pytest.raises(NotFound) as refused:
            contracts.call(method, stranger, contract_code=code)
        return {"code": refused.value.code, "details": refused.value.details}

    assert refusal(contract) == refusal("K-none") == {"code": "contract.unknown", "details": {}}
    assert contracts.call(method, customer, contract_code=contract)


def test_s1_15_another_customers_contracts_are_not_listed(
    contracts: ContractsSystem, owned: tuple[str, str]
) -> None:
    stranger = contracts.new_customer()
    own = contracts.new_contract(stranger)
    listed = contracts.call("list_contracts", stranger)["items"]
    assert [item["contract_code"] for item in listed] == [own]


@pytest.mark.parametrize("method", OF_ONE_CONTRACT)
def test_s1_15_a_caller_without_a_customer_sees_nothing(
    contracts: ContractsSystem, owned: tuple[str, str], method: str
) -> None:
    with pytest.raises(NotFound):
        contracts.call(method, None, contract_code=owned[1])
    assert contracts.call("list_contracts", None) == {"items": []}


def test_s1_15_a_customer_named_in_the_request_is_not_believed(
    contracts: ContractsSystem, owned: tuple[str, str]
) -> None:
    token = contracts.token(customer=contracts.new_customer())
    for extra in ({"customer": owned[0]}, {"caller": {"customer": owned[0]}}):
        with pytest.raises(Invalid) as refused:
            answer(contracts, "get_contract", token, contract_code=owned[1], **extra)
        assert refused.value.code == "request.invalid"


def test_s1_15_a_cursor_of_another_contract_opens_nothing(
    contracts: ContractsSystem, owned: tuple[str, str]
) -> None:
    customer, contract = owned
    stranger = contracts.new_customer()
    busy = contracts.new_contract(stranger)
    contracts.new_lines(busy, phones(21))
    cursor = contracts.call("list_lines", stranger, contract_code=busy)["next_cursor"]
    with pytest.raises(NotFound):
        contracts.call("list_lines", stranger, contract_code=contract, cursor=cursor)
    assert contracts.call("list_lines", customer, contract_code=contract, cursor=cursor)["items"] == []


@pytest.mark.parametrize("code", ["K\x001", "\ud800"])
def test_a_code_that_no_database_can_hold_is_refused(
    contracts: ContractsSystem, owned: tuple[str, str], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        contracts.call("get_contract", owned[0], contract_code=code)
    assert refused.value.code == "request.invalid"


METHODS = ("list_contracts", *OF_ONE_CONTRACT, "import_csv")


def refused(contracts: ContractsSystem, method: str, token: str | None) -> KaisenError:
    with pytest.raises(KaisenError) as error:
        answer(contracts, method, token)
    return error.value


@pytest.mark.parametrize("method", METHODS)
def test_a_missing_context_is_refused(contracts: ContractsSystem, method: str) -> None:
    assert isinstance(refused(contracts, method, None), Unauthenticated)


@pytest.mark.parametrize("method", METHODS)
def test_a_tampered_context_is_refused(
    contracts: ContractsSystem, owned: tuple[str, str], method: str
) -> None:
    head, body, signature = contracts.token(customer="C0").split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims |= {"customer": owned[0], "roles": ["selfcare", "staff_operations"]}
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    for token in (f"{head}.{forged}.{signature}", f"{head}.{forged}.", "rubbish", ""):
        error = refused(contracts, method, token)
        assert isinstance(error, Unauthenticated)
        assert error.code == "context.invalid"


def resigned(contracts: ContractsSystem, key: OKPKey, **claims: Any) -> str:
    """A genuine context with other claims, signed with `key`."""
    token = jwt.decode(contracts.staff(), contracts.signing_key, algorithms=["Ed25519"])
    return jwt.encode({"alg": "Ed25519", "kid": "test"}, token.claims | claims, key, algorithms=["Ed25519"])


@pytest.mark.parametrize("method", METHODS)
def test_an_expired_context_is_refused(contracts: ContractsSystem, method: str) -> None:
    past = int((clock.wall() - timedelta(minutes=2)).timestamp())
    error = refused(contracts, method, resigned(contracts, contracts.signing_key, exp=past))
    assert isinstance(error, Unauthenticated)


@pytest.mark.parametrize("method", METHODS)
def test_a_context_signed_with_another_key_is_refused(contracts: ContractsSystem, method: str) -> None:
    other = OKPKey.generate_key("Ed25519", {"kid": "test"})
    assert isinstance(refused(contracts, method, resigned(contracts, other)), Unauthenticated)


@pytest.mark.parametrize(
    "roles",
    [
        frozenset(),
        frozenset({"console_viewer", "console_operator", "console_administrator"}),
        frozenset({"staff_operations"}),
    ],
    ids=["none", "console", "operations-alone"],
)
@pytest.mark.parametrize("method", ["list_contracts", *OF_ONE_CONTRACT])
def test_only_self_care_and_support_inquire(
    contracts: ContractsSystem, owned: tuple[str, str], method: str, roles: frozenset[str]
) -> None:
    error = refused(contracts, method, contracts.token(customer=owned[0], roles=roles))
    assert isinstance(error, Forbidden)
    assert error.code == "role.missing"


SUPPORT = frozenset({"staff_support", "staff_person"})


@pytest.mark.parametrize("method", OF_ONE_CONTRACT)
def test_support_looks_at_any_customers_contract(
    contracts: ContractsSystem, owned: tuple[str, str], method: str
) -> None:
    support = contracts.token(kind="staff", roles=SUPPORT)
    seen = answer(contracts, method, support, contract_code=owned[1])
    assert seen == contracts.call(method, owned[0], contract_code=owned[1])
    with pytest.raises(NotFound):
        answer(contracts, method, support, contract_code="K-none")


def test_support_sees_no_password(contracts: ContractsSystem) -> None:
    contract = contracts.new_contract(contracts.new_customer())
    (phone,) = phones(1)
    contracts.new_lines(contract, [phone], line_password="fVFZ29", addon_password="Qw12er")
    support = contracts.token(kind="staff", roles=SUPPORT)
    for method in ("list_lines", "export_lines"):
        assert "fVFZ29" not in str(answer(contracts, method, support, contract_code=contract))
    for method, asked in {
        "show_passwords": {"phone_number": phone, "answer_key": "{}"},
        "export_lines_in_clear": {"contract_code": contract, "answer_key": "{}"},
    }.items():
        with pytest.raises(Forbidden) as refusal:
            answer(contracts, method, support, **asked)
        assert refusal.value.code == "role.missing"


@pytest.mark.parametrize("method", OF_ONE_CONTRACT)
@pytest.mark.parametrize(
    "claims",
    [
        {"customer": "C-other", "kind": "selfcare", "roles": SUPPORT | {"selfcare"}},
        {"customer": "C-other", "kind": "staff", "roles": SUPPORT},
        {"customer": None, "kind": "selfcare", "roles": SUPPORT | {"selfcare"}},
        {"customer": None, "kind": "staff", "roles": frozenset({"selfcare", "staff_operations"})},
    ],
    ids=["selfcare-with-role", "staff-of-a-customer", "selfcare-without-customer", "staff-without-role"],
)
def test_s1_15_only_staff_without_a_customer_look_beyond_one(
    contracts: ContractsSystem, owned: tuple[str, str], method: str, claims: dict[str, Any]
) -> None:
    """No context of auth is like these; if one were, it would open nothing."""
    with pytest.raises(NotFound):
        answer(contracts, method, contracts.token(**claims), contract_code=owned[1])


@pytest.mark.parametrize(
    "roles",
    [frozenset({"selfcare"}), frozenset({"console_administrator"}), frozenset({"staff_support"})],
)
def test_only_staff_of_operations_import(contracts: ContractsSystem, roles: frozenset[str]) -> None:
    assert isinstance(refused(contracts, "import_csv", contracts.token(roles=roles)), Forbidden)


def test_an_import_in_clear_is_refused(contracts: ContractsSystem) -> None:
    arguments = {"kind": "customers", "mode": "apply", "text": "customer_code,name\r\nC1,x\r\n"}
    with pytest.raises(Invalid) as error:
        answer(contracts, "import_csv", contracts.staff(), **arguments)
    assert error.value.code == "request.unsealable"
