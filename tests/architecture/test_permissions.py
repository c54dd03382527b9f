"""Every method on the bus and every route states who may use it, and it is what docs/permissions.md has decided."""

import json
import secrets
from collections import Counter
from typing import Any

import pytest
from apiflask import APIFlask
from joserfc.jwk import KeySet, OKPKey
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from chassis.inbox import EventHandler
from chassis.jobs import Job
from chassis.rpc import GuardedRpc
from gateway.app import create_app
from gateway.settings import Settings
from services.auth.portals import Kind
from services.auth.roles import granted, granted_in_person
from tests.architecture import source
from tests.permission_table import COLUMNS, DOCUMENT, KEYS, LEAST, Row, allowed_by, header, rows


def entrypoints(package: str) -> list[tuple[str, Any, Any]]:
    """(name on the bus, method, entrypoint) of everything that starts work in the service."""
    service = source.service_class(package)
    return [
        (f"{service.name}.{name}", method, entrypoint)
        for name in dir(service)
        for method in [getattr(service, name)]
        for entrypoint in getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, ())
    ]


def methods() -> dict[str, Any]:
    """The methods on the bus by name."""
    return {
        name: method
        for package in source.services()
        for name, method, entrypoint in entrypoints(package)
        if isinstance(entrypoint, GuardedRpc)
    }


@pytest.fixture(scope="module")
def app() -> APIFlask:
    keys = KeySet([OKPKey.generate_key("X25519", {"kid": "auth"})])
    return create_app(
        Settings(
            amqp_uri="pyamqp://127.0.0.1:1/",  # connects at the first call, and there is none
            secret_key=secrets.token_hex(32),
            sealing_keys=json.dumps(keys.as_dict(private=False)),
        )
    )


def routes(app: APIFlask) -> dict[str, str]:
    """The kind of access that each `METHOD rule` states."""
    return {
        f"{method} {rule.rule}": getattr(app.view_functions[rule.endpoint], "access", "none stated")
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


@pytest.mark.parametrize("package", source.services())
def test_every_entrypoint_is_guarded(package: str) -> None:
    found = entrypoints(package)
    assert found, f"{package} offers nothing"
    unguarded = [name for name, _, one in found if not isinstance(one, GuardedRpc | EventHandler | Job)]
    assert unguarded == []


def test_the_columns_have_the_roles_that_auth_grants() -> None:
    granted_by_auth = {
        "nobody": frozenset(),
        "self-care": granted_in_person(Kind.SELFCARE, ""),
        "viewer": granted_in_person(Kind.CONSOLE, "viewer"),
        "operator": granted_in_person(Kind.CONSOLE, "operator"),
        "administrator": granted_in_person(Kind.CONSOLE, "administrator"),
        "key: viewer": granted(Kind.CONSOLE, "viewer"),
        "key: operator": granted(Kind.CONSOLE, "operator"),
        "support": granted_in_person(Kind.STAFF, "support"),
        "operations": granted_in_person(Kind.STAFF, "operations"),
        "staff administrator": granted_in_person(Kind.STAFF, "administrator"),
    }
    assert granted_by_auth == COLUMNS


def test_the_table_lists_every_method_and_every_route_once(app: APIFlask) -> None:
    listed = Counter(row.name for row in rows())
    assert [name for name, times in listed.items() if times > 1] == []
    assert {row.name for row in rows() if not row.is_route} == methods().keys()
    assert {row.name for row in rows() if row.is_route} == routes(app).keys()
    assert header() in DOCUMENT.read_text()


@pytest.mark.parametrize("row", [row for row in rows() if not row.is_route], ids=lambda row: row.name)
def test_the_method_declares_the_roles_of_its_row(row: Row) -> None:
    """With the chassis's own test, that a method refuses callers without its roles, this holds on every service."""
    method = methods()[row.name]
    assert (method.roles, method.fresh) == (row.roles, row.fresh)
    assert allowed_by(method.roles) == row.allowed


@pytest.mark.parametrize("row", [row for row in rows() if row.is_route], ids=lambda row: row.name)
def test_the_marks_of_a_route_agree_with_its_least_role(app: APIFlask, row: Row) -> None:
    expected = allowed_by(row.roles)
    if row.is_page and row.least != "everybody":
        expected -= KEYS  # pages are for people
    assert row.allowed == expected
    assert (routes(app)[row.name] == "public") == (row.least == "everybody")


def test_every_word_for_a_role_is_used() -> None:
    assert LEAST.keys() == {row.least for row in rows()}
