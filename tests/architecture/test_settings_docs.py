"""docs/settings.md lists the settings that there are, with the defaults that they have."""

import json
import re
from datetime import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from chassis.settings import CommonSettings
from chassis.settings import Settings as ServiceSettings
from embedded.settings import Settings as EmbeddedSettings
from gateway.settings import Settings as GatewaySettings
from services.auth.settings import Settings as AuthSettings
from services.contracts.settings import Settings as ContractsSettings
from services.payments.settings import Settings as PaymentsSettings
from services.sim.settings import Settings as SimSettings
from tests.architecture import source
from tests.harness import ROOT

DOCUMENT = ROOT / "docs" / "settings.md"

# Heading of the section, the class whose own settings it lists, and what the section begins with.
COMPONENTS: dict[str, tuple[type[BaseSettings], str]] = {
    "Every component": (CommonSettings, "The gateway and the four services."),
    "Every service": (ServiceSettings, "auth, contracts, payments and sim."),
    "auth": (AuthSettings, "Accounts, logins, sessions, API keys, the audit trail."),
    "contracts": (ContractsSettings, "Customers, contracts, lines and their passwords."),
    "payments": (PaymentsSettings, "Cards and the payment provider (Stripe, or the sandbox in its place)."),
    "sim": (SimSettings, "SIMs, data use and orders."),
    "gateway": (GatewaySettings, "Pages and API."),
    "`make run`": (EmbeddedSettings, "All parts in one process. It makes the keys of its parts by itself."),
}


def own_fields(cls: type[BaseSettings]) -> dict[str, FieldInfo]:
    """The settings that the class adds to those of its bases."""
    inherited = {name for base in cls.__mro__[1:] for name in getattr(base, "model_fields", {})}
    return {name: one for name, one in cls.model_fields.items() if name not in inherited}


def shown(field: FieldInfo) -> str:
    """The default as the document writes it."""
    if field.is_required():
        return "required"
    default: Any = field.get_default(call_default_factory=True)
    match default:
        case None:
            return "unset"
        case "":
            return "empty"
        case bool():
            return f"`{str(default).lower()}`"
        case frozenset():
            return f"`{json.dumps(sorted(default), ensure_ascii=False)}`"
        case dict() | list():
            return f"`{json.dumps(default, ensure_ascii=False)}`"
        case time():
            return f"`{default:%H:%M}`"
        case str() | int() | float() | Path():
            return f"`{default}`"
    raise AssertionError(f"no way to write {default!r}")


def sections() -> dict[str, dict[str, str]]:
    """The tables of the document: section to setting to default."""
    found: dict[str, dict[str, str]] = {}
    table: dict[str, str] = {}
    for line in DOCUMENT.read_text().splitlines():
        if heading := re.fullmatch(r"## (.+)", line):
            table = found.setdefault(heading[1], {})
        elif row := re.match(r"\| `([a-z0-9_]+)` \| (.+?) \| .+ \|", line):
            assert row[1] not in table, row[1]
            table[row[1]] = row[2]
    return found


@pytest.mark.parametrize("section", COMPONENTS)
def test_the_table_is_what_the_code_says(section: str) -> None:
    cls, _ = COMPONENTS[section]
    assert sections()[section] == {name: shown(field) for name, field in own_fields(cls).items()}


def test_every_settings_class_has_its_section() -> None:
    services = [import_module(f"{package}.settings").Settings for package in source.services()]
    listed = {cls for cls, _ in COMPONENTS.values()}
    assert set(services) <= listed
    assert COMPONENTS.keys() <= sections().keys()
