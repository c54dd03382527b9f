"""Rules are pure modules: they know no framework and no clock, so that a table of cases can prove them.

Every module that stands directly in a service's package is such a rule module, except those named here.
"""

from functools import cache

import grimp
import pytest

from tests.architecture import source
from tests.harness import ROOT

# What every service has for its surroundings, and what one service has besides.
AROUND = {
    "__init__",
    "consumed",
    "events",
    "imports",
    "models",
    "permissions",
    "providers",
    "service",
    "settings",
    "store",
    "usecases",
}
BESIDES = {
    "services.auth.hashing",  # hashes in threads, away from the event loop
    "services.auth.staff_account",  # a command
    "services.contracts.reencrypt",  # a command
    "services.sim.reencrypt",  # a command
    # the work at the carrier, and what follows from it for stored SIMs
    "services.sim.execution",
    "services.sim.jobs",
    "services.sim.locking",
    "services.sim.progress",
    "services.sim.replacing",
    "services.sim.restrictions",
    "services.sim.scheduler",
    "services.sim.settlement",
    "services.sim.settling",
    "services.sim.watching",
}
FRAMEWORKS = {"alembic", "apiflask", "eventlet", "flask", "kombu", "nameko", "sqlalchemy"}
CLOCK = {"chassis.clock.now", "chassis.clock.today", "chassis.clock.wall"}


def rule_modules() -> list[str]:
    found = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for package in source.services()
        for path in source.files(package.replace(".", "/"))
        if path.parent.parent.name == "services"
        and path.stem not in AROUND
        and not path.stem.endswith("_store")  # a large service has a store for each subject
        and not path.stem.startswith("models_")  # and models
    ]
    assert set(found) >= BESIDES, f"gone, so take it off the list: {BESIDES - set(found)}"
    return [module for module in found if module not in BESIDES]


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("chassis", "services", include_external_packages=True)


@pytest.mark.parametrize("module", rule_modules())
def test_a_rule_knows_no_framework_not_even_through_others(module: str) -> None:
    assert imports().find_upstream_modules(module) & FRAMEWORKS == set()


@pytest.mark.parametrize("module", rule_modules())
def test_a_rule_is_told_the_time(module: str) -> None:
    path = ROOT / f"{module.replace('.', '/')}.py"
    assert [f"{place}: {name}" for place, name in source.names(path) if name in CLOCK] == []


def test_the_rules_that_decide_about_money_and_time_are_among_them() -> None:
    assert {
        "services.auth.codes",
        "services.contracts.reflection",
        "services.contracts.searching",
        "services.sim.numbers",
        "services.sim.pricing",
        "services.sim.timing",
    } <= set(rule_modules())
