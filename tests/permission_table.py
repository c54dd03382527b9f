"""The permission table of docs/permissions.md, as data for the tests that hold the product to it."""

from dataclasses import dataclass

from tests.harness import ROOT

DOCUMENT = ROOT / "docs" / "permissions.md"

# The columns: who calls, and the roles in their call context.
CONSOLE = ("console_viewer", "console_operator", "console_administrator")
STAFF = ("staff_support", "staff_operations", "staff_administrator")
COLUMNS: dict[str, frozenset[str]] = {
    "nobody": frozenset(),
    "self-care": frozenset({"selfcare"}),
    "viewer": frozenset({*CONSOLE[:1], "console_person"}),
    "operator": frozenset({*CONSOLE[:2], "console_person"}),
    "administrator": frozenset({*CONSOLE, "console_person"}),
    "key: viewer": frozenset(CONSOLE[:1]),
    "key: operator": frozenset(CONSOLE[:2]),
    "support": frozenset({*STAFF[:1], "staff_person"}),
    "operations": frozenset({*STAFF[:2], "staff_person"}),
    "staff administrator": frozenset({*STAFF, "staff_person"}),
}
KEYS = frozenset({"key: viewer", "key: operator"})

# What the column "at least" may say, and the roles that it stands for: one of them is enough. Empty: everybody.
LEAST: dict[str, frozenset[str]] = {
    "everybody": frozenset(),
    "anybody known": frozenset({"selfcare", "console_viewer", "staff_support"}),
    "any person": frozenset({"selfcare", "console_person", "staff_person"}),
    "person of console or staff": frozenset({"console_person", "staff_person"}),
    "self-care": frozenset({"selfcare"}),
    "viewer": frozenset({"console_viewer"}),
    "operator": frozenset({"console_operator"}),
    "administrator": frozenset({"console_administrator"}),
    "support": frozenset({"staff_support"}),
    "operations": frozenset({"staff_operations"}),
    "staff administrator": frozenset({"staff_administrator"}),
    "administrator of either": frozenset({"console_administrator", "staff_administrator"}),
    "administrator or support": frozenset({"console_administrator", "staff_support"}),
    "self-care or support": frozenset({"selfcare", "staff_support"}),
}
_FRESH = ", fresh"


@dataclass(frozen=True)
class Row:
    """`name` is a method on the bus (`sim.list_sims`) or a route (`GET /console/sims`)."""

    name: str
    least: str
    fresh: bool
    allowed: frozenset[str]

    @property
    def roles(self) -> frozenset[str]:
        return LEAST[self.least]

    @property
    def is_route(self) -> bool:
        return " " in self.name

    @property
    def is_page(self) -> bool:
        return self.is_route and not self.name.partition(" ")[2].startswith("/api/")


def allowed_by(roles: frozenset[str]) -> frozenset[str]:
    """The columns that have one of these roles; without roles, all."""
    return frozenset(column for column, has in COLUMNS.items() if not roles or has & roles)


def rows() -> list[Row]:
    """Every row of every table in the document."""
    found = []
    for number, line in enumerate(DOCUMENT.read_text().splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("| `"):
            continue
        assert len(cells) == 2 + len(COLUMNS), f"line {number} has {len(cells)} cells"
        name, least, *marks = cells
        assert set(marks) <= {"✓", ""}, f"line {number}: a mark is ✓ or nothing"
        allowed = frozenset(column for column, mark in zip(COLUMNS, marks, strict=True) if mark)
        found.append(Row(name.strip("`"), least.removesuffix(_FRESH), least.endswith(_FRESH), allowed))
    return found


def header() -> str:
    """The line above every table."""
    return "| | at least | " + " | ".join(COLUMNS) + " |"
