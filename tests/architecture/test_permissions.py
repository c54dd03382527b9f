"""Every method on the bus states who may call it."""

from typing import Any

import pytest
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from chassis.inbox import EventHandler
from chassis.jobs import Job
from chassis.rpc import PUBLIC, GuardedRpc
from tests.architecture import source

ROLES = {
    "selfcare",
    *(f"console_{role}" for role in ("viewer", "operator", "administrator")),
    *(f"staff_{role}" for role in ("support", "operations", "administrator")),
}
# Open to callers whom nobody has authenticated yet. A new name here is a decision about security.
OPEN = {"auth.start_login", "auth.verify_code", "auth.resolve", "auth.end_session"}


def entrypoints(package: str) -> list[tuple[str, Any, Any]]:
    """(name on the bus, method, entrypoint) of everything that starts work in the service."""
    service = source.service_class(package)
    return [
        (f"{service.name}.{name}", method, entrypoint)
        for name in dir(service)
        for method in [getattr(service, name)]
        for entrypoint in getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, ())
    ]


@pytest.mark.parametrize("package", source.services())
def test_every_entrypoint_is_guarded(package: str) -> None:
    found = entrypoints(package)
    assert found, f"{package} offers nothing"
    unguarded = [name for name, _, one in found if not isinstance(one, GuardedRpc | EventHandler | Job)]
    assert unguarded == []


@pytest.mark.parametrize("package", source.services())
def test_every_method_states_known_roles(package: str) -> None:
    for name, method, entrypoint in entrypoints(package):
        if isinstance(entrypoint, GuardedRpc):
            assert method.roles <= ROLES, f"{name}: {set(method.roles) - ROLES} is no role"


def test_only_the_steps_of_a_login_are_open_to_everybody() -> None:
    public = {
        name
        for package in source.services()
        for name, method, entrypoint in entrypoints(package)
        if isinstance(entrypoint, GuardedRpc) and method.roles == PUBLIC
    }
    assert public == OPEN
