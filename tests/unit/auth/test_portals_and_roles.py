"""Who may enter which portal, and with which roles."""

import pytest

from services.auth.portals import Kind, Portal, admits, asks_for_code, kind_of
from services.auth.roles import granted, is_role_of

ALL_FAMILIES = frozenset({"ip_phone", "mobile_choice", "free_voice", "data_sim"})
SELFCARE_PORTALS = [Portal.IP_PHONE, Portal.MOBILE_CHOICE, Portal.FREE_VOICE]


@pytest.mark.parametrize("portal", SELFCARE_PORTALS)
def test_a_selfcare_portal_admits_customers_with_a_contract_of_its_family(portal: Portal) -> None:
    assert admits(portal, Kind.SELFCARE, frozenset({portal.value}))
    assert admits(portal, Kind.SELFCARE, ALL_FAMILIES)
    assert not admits(portal, Kind.SELFCARE, ALL_FAMILIES - {portal.value})
    assert not admits(portal, Kind.SELFCARE, frozenset())


@pytest.mark.parametrize("portal", list(Portal))
@pytest.mark.parametrize("kind", list(Kind))
def test_no_portal_admits_another_kind_of_account(portal: Portal, kind: Kind) -> None:
    assert admits(portal, kind, ALL_FAMILIES) == (kind_of(portal) is kind)


@pytest.mark.parametrize(("portal", "kind"), [(Portal.CONSOLE, Kind.CONSOLE), (Portal.STAFF, Kind.STAFF)])
def test_console_and_staff_need_no_contract(portal: Portal, kind: Kind) -> None:
    assert admits(portal, kind, frozenset())


def test_exactly_the_selfcare_portals_ask_for_a_code() -> None:
    assert [portal for portal in Portal if asks_for_code(portal)] == SELFCARE_PORTALS


@pytest.mark.parametrize(
    ("kind", "role", "roles"),
    [
        (Kind.SELFCARE, "", {"selfcare"}),
        (Kind.CONSOLE, "viewer", {"console_viewer"}),
        (Kind.CONSOLE, "operator", {"console_viewer", "console_operator"}),
        (Kind.CONSOLE, "administrator", {"console_viewer", "console_operator", "console_administrator"}),
        (Kind.STAFF, "support", {"staff_support"}),
        (Kind.STAFF, "operations", {"staff_support", "staff_operations"}),
        (Kind.STAFF, "administrator", {"staff_support", "staff_operations", "staff_administrator"}),
    ],
)
def test_a_role_brings_the_lower_ones(kind: Kind, role: str, roles: set[str]) -> None:
    assert is_role_of(kind, role)
    assert granted(kind, role) == roles


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (Kind.SELFCARE, "viewer"),
        (Kind.CONSOLE, ""),
        (Kind.CONSOLE, "support"),
        (Kind.STAFF, "viewer"),
        (Kind.STAFF, "Administrator"),
    ],
)
def test_a_role_of_another_kind_is_none(kind: Kind, role: str) -> None:
    assert not is_role_of(kind, role)
